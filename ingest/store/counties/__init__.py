"""One store a county behind the ports of one store: a batch is parted, a question goes where the answer lies."""
