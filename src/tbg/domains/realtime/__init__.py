"""What browsers see at once."""
