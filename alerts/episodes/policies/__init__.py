"""Escalation policies as data: who is told of an alarm, when, over what, and how long an answer may stand.

`policy` holds what a policy is, `defaults` those that are there without anybody writing one, `checking` what may be
saved, `choosing` which one counts, `who` whom a party is, `due` who is due; all pure. `ways` and `book` read rows.
"""
