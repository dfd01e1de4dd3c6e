"""What people and programs use: HTTP routes and pages, what may be done, who may do it, the live stream.

From the roof down: `app` builds it; `routes/` is HTTP only, `web/` the pages; `services/` holds what may be done;
`visit` is the way to somebody's data: one check, one reading, one line in the audit; `security/` who may do it (one
helper decides who may see a resident); `schemas/` what is said and taken. An import rule keeps the floors apart.
"""
