"""The outbox: messages that must be sent, written in the transaction that made them necessary, about any subject.

Who has something to say (alerts, and whoever comes) writes with `writing`; `notify` alone sends and keeps receipts.
"""
