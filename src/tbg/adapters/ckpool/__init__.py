"""ckpool: its log directory, read into the game's streams.

`sharelog` and `poollog` know what the lines mean, `files` how the files behave, `record` what was
read, `collector` how everything is published exactly once, `follow` how it keeps running.
"""
