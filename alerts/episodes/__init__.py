"""Every change of the database that follows a rule: directory, alerts, responses, escalation, the engine's position.

Each function takes an open session and leaves the commit to the caller, so that several changes can be one
transaction. Times are arguments. [ms]
"""
