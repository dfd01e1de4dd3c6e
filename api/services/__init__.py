"""What may be done. Routes and pages call these and nothing below them.

Every function takes ``(deps, viewer, ...)``, is one transaction, checks the role (`require`) and the residents
(`api.security.visibility`), writes the audit row, and returns plain views that outlive the session.
"""
