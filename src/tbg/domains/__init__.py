"""The rooms. A room calls only rooms on floors below it; README.md holds the floors."""
