"""Pages of administration: everything that is set up, one file an area, and the hub that leads to them."""
