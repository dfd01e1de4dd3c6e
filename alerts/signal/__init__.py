"""Signal processing without state and without input or output: arrays in, arrays out, numpy and scipy only."""
