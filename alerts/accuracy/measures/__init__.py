"""One file measures one detector: it names `DETECTOR` and defines ``measure(folder) -> Iterator[Row]``.

A set that is not in the folder gives no rows. Nothing here knows another file.
"""
