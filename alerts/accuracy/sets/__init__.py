"""One file a set of recordings: what it measures of which detectors, found by walking this package.

A module has ``NAME`` (the folder of the set), ``DETECTORS`` (names it measures) and ``measure(folder)``, which takes
the folder that holds the sets and yields rows; a set that is not there yields none.
"""
