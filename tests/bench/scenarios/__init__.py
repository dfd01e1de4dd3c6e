"""The scenarios, one file each: ``measure(options, report, folder)`` adds rows."""
