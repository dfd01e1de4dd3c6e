"""The vocabulary that every room shares: quantities, observations, identities, topics, wire format, time, errors.

No input or output happens here, and nothing of ours is imported: every other room may depend on this one.
"""
