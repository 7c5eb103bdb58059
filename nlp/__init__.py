"""Themes and sentiment of staff comments: a library of its own.

`nlp.taxonomy` and `nlp.types` are light. `nlp.pipeline` loads spaCy, ONNX Runtime and the model.
"""

import os

# transformers, also when Presidio imports it, would advise every user to install PyTorch, which is
# not needed to run; and nothing here may ever ask a network for a file.
os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
