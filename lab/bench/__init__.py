"""Measures how fast the game is, compared with other methods on the same machine.

Everything here works on temporary servers and leaves nothing behind.
"""
