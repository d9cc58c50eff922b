"""The services, one file a process, and the wiring."""
