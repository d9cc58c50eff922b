"""The doors, one file a process, and the wiring."""
