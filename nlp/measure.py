"""What a model folder says of labelled texts: encoder, heads and flags as the pipeline runs them.

Redaction is left out: the labelled texts are published as they are, and were labelled so.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from nlp import artefacts
from nlp.components import certainty, lead, probabilities, sigmoid
from nlp.encoder import Encoder
from nlp.evaluation import Scores, score, stack
from nlp.evaluation.predictions import Predictions
from nlp.flags import flags_of
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS
from nlp.types import NOT_THEMED


def measure(comments: Sequence[LabelledComment], directory: Path | None = None) -> Scores:
    """Scores of a model folder, the newest shipped one by default, on labelled comments."""
    said = predict([comment.text for comment in comments], directory)
    return score(comments, said.factors, said.found, said.stances, said.overall)


def predict(texts: Sequence[str], directory: Path | None = None) -> Predictions:
    """What a model folder, the newest shipped one by default, says of each text.

    Raises ArtefactError when the folder is not exactly what its manifest says.
    """
    artefact = artefacts.verify(directory or artefacts.newest())
    config = {stage["stage"]: stage["config"] for stage in artefact.manifest["components"]}
    encoder = Encoder(artefact.directory, max_tokens=config["encoder"]["max_tokens"])
    encoded = encoder.encode(texts)
    factors, stances, overall = stack(encoded)
    chances = sigmoid(factors, config["factors"]["temperature"])
    limits = np.array([config["factors"]["thresholds"][f] for f in FACTORS], dtype=np.float32)
    is_themed = np.array([NOT_THEMED.isdisjoint(flags_of(text)) for text in texts])
    sentiments = probabilities(overall, config["sentiment"]["overall_temperature"])
    levels = [each.level_logits for each in encoded if each.level_logits is not None]
    return Predictions(
        version=artefact.version,
        factors=chances,
        found=(chances >= limits) & is_themed[:, None],
        stances=probabilities(stances, config["sentiment"]["stance_temperature"]),
        overall=sentiments,
        certainty=np.array(
            [certainty(own, limits) * lead(mood) for own, mood in zip(chances, sentiments, strict=True)],
            dtype=np.float32,
        ),
        levels=probabilities(np.stack(levels), 1.0) if levels else None,
    )


def time_each(texts: Sequence[str], directory: Path | None = None) -> list[float]:
    """Milliseconds that each text takes alone, from the text to its analysis, redaction included."""
    from nlp.pipeline import load

    pipeline = load(directory)
    list(pipeline.analyse(texts[:1]))  # the first pass of anything takes longer
    taken = []
    for text in texts:
        start = perf_counter()
        list(pipeline.analyse([text], batch_size=1))
        taken.append((perf_counter() - start) * 1000)
    return taken
