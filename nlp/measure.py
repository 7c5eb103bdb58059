"""What a model says of labelled texts: encoder, heads and flags as the pipeline runs them.

Redaction is left out: the labelled texts are published as they are, and were labelled so. Models of
another kind (`hf:FOLDER`) are asked through the whole pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from nlp import artefacts
from nlp.components import certainty, in_order, limits_of, probabilities, sigmoid
from nlp.encoder import Encoder
from nlp.evaluation import Scores, score, stack
from nlp.evaluation.predictions import Predictions
from nlp.flags import flags_of
from nlp.labelled import LabelledComment
from nlp.models import OTHER, resolve
from nlp.pipeline import Pipeline
from nlp.taxonomy import FACTORS, SENTIMENTS
from nlp.types import NOT_THEMED


def measure(comments: Sequence[LabelledComment], directory: Path | None = None) -> Scores:
    """Scores of a model folder, the newest shipped one by default, on labelled comments."""
    said = predict([comment.text for comment in comments], str(directory or ""))
    return score(comments, said.factors, said.found, said.stances, said.overall)


def predict(texts: Sequence[str], model: str = "") -> Predictions:
    """What the model of a name (`nlp.models.resolve`) says of each text.

    Raises ArtefactError when there is no such model or it is not what its manifest says.
    """
    if model.startswith(OTHER):
        return _told_by(resolve(model), texts)
    artefact = artefacts.verify(Path(model) if model else artefacts.newest())
    config = {stage["stage"]: stage["config"] for stage in artefact.manifest["components"]}
    encoder = Encoder(artefact.directory, max_tokens=config["encoder"]["max_tokens"])
    encoded = encoder.encode(texts)
    factors, stances, overall = stack(encoded)
    stances += np.array(config["sentiment"].get("stance_shift", 0), dtype=np.float32)
    chances = sigmoid(factors, config["factors"]["temperature"])
    plain = config["factors"]["thresholds"]
    staff = config["factors"].get("staff_thresholds") or plain
    voices = np.array([each.voice for each in encoded], dtype=np.float32)
    limits = limits_of(in_order(plain), in_order(staff), voices)
    is_themed = np.array([NOT_THEMED.isdisjoint(flags_of(text)) for text in texts])
    sentiments = probabilities(overall, config["sentiment"]["overall_temperature"])
    levels = [each.level_logits for each in encoded if each.level_logits is not None]
    over = chances >= limits
    return Predictions(
        version=artefact.version,
        factors=chances,
        found=over & is_themed[:, None],
        stances=probabilities(stances, config["sentiment"]["stance_temperature"]),
        overall=sentiments,
        certainty=certainty(chances, over, sentiments.max(axis=1)),
        levels=probabilities(np.stack(levels), 1.0) if levels else None,
    )


def _told_by(pipeline: Pipeline, texts: Sequence[str]) -> Predictions:
    """Of sentiments the likeliest one's chance alone is told: those of the others are 0."""
    readings = list(pipeline.analyse(texts))
    stances = np.zeros((len(texts), len(FACTORS), len(SENTIMENTS)), dtype=np.float32)
    overall = np.zeros((len(texts), len(SENTIMENTS)), dtype=np.float32)
    for row, reading in enumerate(readings):
        # Over 0 even from a model that knows no sentiment, so that its answer stands.
        overall[row, SENTIMENTS.index(reading.sentiment)] = max(reading.sentiment_probability, 1e-6)
        for column, own in enumerate(reading.factors):
            chance = max(own.sentiment_probability, 1e-6)
            stances[row, column, SENTIMENTS.index(own.sentiment)] = chance
    return Predictions(
        version=pipeline.model_version,
        factors=np.array([[own.probability for own in r.factors] for r in readings], dtype=np.float32),
        found=np.array([[own.assigned for own in r.factors] for r in readings]),
        stances=stances,
        overall=overall,
        certainty=np.array([reading.certainty for reading in readings], dtype=np.float32),
    )


def time_each(texts: Sequence[str], model: str = "") -> list[float]:
    """Milliseconds that each text takes alone, from the text to its analysis, redaction included."""
    pipeline = resolve(model)
    list(pipeline.analyse(texts[:1]))  # the first pass of anything takes longer
    taken = []
    for text in texts:
        start = perf_counter()
        list(pipeline.analyse([text], batch_size=1))
        taken.append((perf_counter() - start) * 1000)
    return taken
