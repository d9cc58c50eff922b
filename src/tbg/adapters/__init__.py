"""The outside world, behind narrow interfaces."""
