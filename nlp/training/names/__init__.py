"""Learning to tell names: sentences with names in them, and the weights of `nlp.names_signs`."""
