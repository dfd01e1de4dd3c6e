"""Stand-ins for the world outside: devices, residents' days, recorded signals, faults, and small fake servers.

A simulated device is a real MQTT client of the open topics, so whatever works here works for a vendor. May import the
contract and the codecs; nothing but the composition root and tests imports this room.
"""
