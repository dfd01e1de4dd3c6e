"""The demo: made-up residents in three centres and four teams, a quiet past, and a looping script of events.

Nobody here is real. Its passwords are printed and well known, so the demo listens on the loopback address only.
"""
