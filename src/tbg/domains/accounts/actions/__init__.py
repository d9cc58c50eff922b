"""Changes of users and accounts."""
