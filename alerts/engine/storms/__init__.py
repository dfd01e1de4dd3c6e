"""Many alarms with one cause: a device that chatters, a rule that fires everywhere, an area that goes dark."""
