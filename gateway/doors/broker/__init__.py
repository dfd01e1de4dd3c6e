"""The door to a broker that is already there: a subscriber that acknowledges after the LOG."""
