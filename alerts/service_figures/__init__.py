"""How well calls were answered: counted by centre, team, rule and device model, a month at a time, and kept."""
