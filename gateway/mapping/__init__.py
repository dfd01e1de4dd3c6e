"""A device family described in one YAML file instead of Python: where its numbers and events stand, and what they mean.

The file's language is told in ``gateway/mapping/README.md``. A description becomes a codec like any other.
"""
