"""Codecs, one file per device family, found by walking this package. A codec never imports a sibling."""
