"""From the LOG to the time-series store: quality flags, batches, dead letters, and the queries everybody uses.

`worker` is the visible loop; `quality` flags and never alters; `store/` holds the port and its adapters (InfluxDB,
embedded SQLite); `deadletters` keeps what could not be decoded or stored, with its reason, ready to be replayed.
May import the contract and the LOG port, nothing else of ours.
"""
