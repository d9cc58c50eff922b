"""The commands `tbg bench` and `tbg faults`, one file each."""
