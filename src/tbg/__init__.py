"""The Bitcoin Game: solo mining, kept score of."""

__version__ = "0.1.0"
