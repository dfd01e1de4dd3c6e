"""The ways in: each door ends a protocol, asks the directory who speaks, and hands frames to the intake."""
