"""What the clouds' thing models have in common: a device reports named properties and events, in some envelope.

Each cloud's codec knows its envelope and its topics; what a name means is known here, once.
"""
