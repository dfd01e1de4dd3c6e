"""What a vendor asks of a codec before the first device is sold: try one payload, examine the whole of it."""
