"""What people and programs use: HTTP routes, security, pages, the live stream, and the dispatcher that notifies.

`app` builds the application; `routes/` is HTTP only, `services/` holds what may be done, `security/` who may do it
(one helper decides who may see a resident); `dispatcher` sends the outbox through `channels/` (one file, one channel);
`web/` serves the pages. May import alerts' model and repository, ingest's query port and the contract.
"""
