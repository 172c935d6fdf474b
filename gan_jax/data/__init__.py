"""Where examples come from, in which order, and what happens to them on the way to a network."""
