"""Measuring: how fast the game is, beside other ways of doing the same on the same machine.

Everything here works on scratch servers of its own and leaves nothing behind.
"""
