"""Sheets of residents and devices: read as offices write them, judged row by row, written all or not at all."""
