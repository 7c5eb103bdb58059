"""How fast Learning Pulse is, and how much memory it takes. `make bench` runs all of it."""
