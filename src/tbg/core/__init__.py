"""The foundation: transactions, events, time, errors. Knows nothing about the game."""
