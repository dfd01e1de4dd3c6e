"""Faults: a whole installation of real processes is killed, cut, stalled and fed nonsense, and must keep its promises.

`properties` says what must hold whatever happened, in one place. A fault is one row of a table in `catalogue`. Which
fault comes when is drawn from a seed, which every failure prints: ``python -m tests.faults --seed N`` repeats it.
The product's code knows nothing of this: `launcher` puts the crash points into the processes from outside.
"""
