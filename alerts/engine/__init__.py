"""From windows to findings, without a clock or a database: `engine` is the loop, time an argument."""
