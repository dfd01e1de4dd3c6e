"""The edge gateway put together: front door, LOG, line to the centre, and what the house sees and hears."""
