"""The commands of `python -m nlp`: each module adds its own with `add_to`, and does it.

They import what is heavy when they run, so that `--help` answers at once.
"""

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_BAD_ROWS = 3
