"""The composition root: settings, the wiring of adapters to ports, and the ``anhu`` command. No logic lives here.

May import every room; no room imports it.
"""
