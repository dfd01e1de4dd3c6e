"""From the LOG to an alert that a person answers: windows, detectors, rules, lifecycle, database.

`signal/` is pure numpy and scipy; `detectors/` holds one file per detector, found by walking the package; `kinds` is
the table of alerts; `lifecycle` the table of what may follow what; `engine` the one visible loop from a LOG record to
findings; `model` and `repository` the database. May import the contract, the LOG port and ingest's query port.
"""
