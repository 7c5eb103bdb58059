"""Evaluate the shipped model: the encoder and heads exactly as the pipeline runs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlp import artefacts
from nlp.components import probabilities, sigmoid
from nlp.encoder import Encoder
from nlp.evaluation import Scores, score, stack
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS


def measure(comments: Sequence[LabelledComment], directory: Path | None = None) -> Scores:
    """Scores of a model folder, the newest shipped one by default, on labelled comments.

    Redaction is left out: the labelled texts are published as they are, and their labels were
    given to them so.
    """
    artefact = artefacts.verify(directory or artefacts.newest())
    config = {stage["stage"]: stage["config"] for stage in artefact.manifest["components"]}
    encoder = Encoder(artefact.directory, max_tokens=config["encoder"]["max_tokens"])
    factors, stances, overall = stack(encoder.encode([comment.text for comment in comments]))
    chances = sigmoid(factors, config["factors"]["temperature"])
    limits = np.array([config["factors"]["thresholds"][f] for f in FACTORS], dtype=np.float32)
    return score(
        comments,
        chances,
        chances >= limits,
        probabilities(stances, config["sentiment"]["stance_temperature"]),
        probabilities(overall, config["sentiment"]["overall_temperature"]),
    )
