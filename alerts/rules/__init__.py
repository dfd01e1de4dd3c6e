"""What a detector's author imports, and nothing else: windows, triggers, timers, events, limits of a day and a home."""
