"""An hour of a city at a part of its size, through the whole layout: who lives there, what happens, what is written."""
