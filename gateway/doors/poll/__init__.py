"""The door that goes out: asks vendors' clouds what their devices said, where no cloud pushes it."""
