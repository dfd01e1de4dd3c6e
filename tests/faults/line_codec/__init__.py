"""What an installation under test reads as its own folder of codecs."""
