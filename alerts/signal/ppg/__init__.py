"""PPG: pulse waves, rates, and the tracker that follows them."""
