"""Detectors, one file each, found by walking this package. A detector never imports a sibling."""
