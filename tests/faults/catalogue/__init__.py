"""The faults, a file for each part of the world they happen to; `FAULTS` of each is found by itself."""
