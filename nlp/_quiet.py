"""Imported before anything that imports transformers: it would advise to install PyTorch.

PyTorch is not needed to run, and the advice would reach every user of the command line. Nor may
anything here ever ask a network for a file.
"""

import os

os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
