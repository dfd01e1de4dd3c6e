"""Logging in by an OpenID Connect provider: the protocol, without a database and without pages.

`door` begins and ends a login, `provider` knows the provider, `tokens` judges what it signed, `roles` says what its
words on somebody are worth here, `ticket` is what the browser keeps meanwhile.
"""
