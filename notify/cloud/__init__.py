"""Two clouds that send texts and make calls: how requests are signed, what answers mean. No channel here."""
