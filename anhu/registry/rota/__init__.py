"""Who is on call: weekly shifts of a desk or a team, days that are different, leave, swaps; pure in the middle.

`model` holds what a rota is, `duty` says who has it at an instant, `looking` reads it, `on_call` is what others ask.
"""
