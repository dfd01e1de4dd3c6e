"""How well the detectors do on recordings of real people: the production code, streamed, counted.

`run.measure` walks a folder of recordings and returns rows; each module of `measures/` measures one detector on the
sets it understands, and is found by walking that package. `stream` is how anybody runs a detector over an array.
"""
