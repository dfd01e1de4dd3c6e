"""From the LOG to the time-series store: quality flags, batches, dead letters, and the queries everybody uses.

`worker` is the visible loop; `batch` makes batches of LOG records; `quality` flags and never alters; `store/` holds
the port and its adapters (InfluxDB, embedded SQLite); `deadletters` keeps what could not be decoded or stored, each a
`letter` with its reason, and `replay` brings it into the store later. May import the contract and the LOG port,
nothing else of ours.
"""
