"""The platform's tests; a package only so that `tests.services` is ours and not some dependency's."""
