"""A whole city's layout on one machine: every engine and every process of it, real, each to be killed by itself."""
