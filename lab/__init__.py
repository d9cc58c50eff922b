"""Measures the game and breaks it on purpose: the benchmarks and the fault harness.

A package of the repository and not of the wheel: `tbg bench` and `tbg faults` exist only where it
can be imported, that is in a checkout. It may use everything of `tbg`; nothing there imports it.
"""
