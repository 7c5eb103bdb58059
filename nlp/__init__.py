"""Themes and sentiment of staff comments: a library of its own.

`nlp.taxonomy` and `nlp.types` are light. `nlp.pipeline` loads spaCy, ONNX Runtime and the model.
"""
