"""What may be done. Routes and pages call these and nothing below them.

A function that takes ``(deps, viewer, ...)`` is whole: it checks the role and the residents, writes the audit row, and
returns plain views that outlive the session. A look is one visit (`api.visit`); a change is one transaction, with
`require`, `api.security.visibility` and the audit in it.

A function ``something_of(visit)`` is a part of a look: a page opens one visit and asks for several. It trusts the
visit: a `ResidentVisit` or an `AlertVisit` is had only by who may see whom it is about.
"""
