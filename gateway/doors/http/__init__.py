"""The HTTP push front door: vendors' clouds push what their devices said, and hear 200 once it is on disk."""
