"""The foundation: transactions, events, time, errors. Knows no word of the game."""
