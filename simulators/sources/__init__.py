"""Where stories come from: recordings of real people, synthetic days, and scripted emergencies."""
