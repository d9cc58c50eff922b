"""What can be done in this room."""
