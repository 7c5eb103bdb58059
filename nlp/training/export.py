"""From a trained network to a model folder: ONNX, int8, thresholds, calibration, manifest."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from nlp import artefacts
from nlp.components import probabilities, sigmoid
from nlp.concerns import signs_of_harm
from nlp.encoder import Encoder, Floats
from nlp.evaluation import Scores, score, stack, truth_of
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS
from nlp.training.fit import Recipe
from nlp.training.graph import build
from nlp.training.likeness import likeness_of
from nlp.training.model import CommentModel
from nlp.training.pieces import pieces_of
from nlp.training.rounding import roundings_of
from nlp.training.sources import SMALL, TEACHER

#: Tokens of one window at run time; longer comments are read in several.
MAX_TOKENS = 192

#: A factor whose chance is this close to its threshold, or a sentiment less sure than this,
#: needs a person.
BAND = 0.06
UNSURE = 0.45

#: The share of the development sets' comments that wordings and concern head together may flag.
ORDINARY_FLAGGED = 0.025

#: Kept of the encoder's folder: what the tokeniser needs.
_TOKENISER_FILES = ("tokenizer.json", "tokenizer_config.json", "config.json")


def to_onnx(
    model: CommentModel, directory: Path, texts: Sequence[str], encoder: Path, *, floats: bool = False
) -> None:
    """Write the network as ONNX with the tokeniser of folder `encoder` beside it: in 8-bit
    integers, with ranges from `texts`; in floats when asked to."""
    directory.mkdir(parents=True, exist_ok=True)
    config: Any = model.encoder.config
    graph = build(
        {name: tensor.numpy() for name, tensor in model.state_dict().items()},
        None if floats else roundings_of(model, texts, encoder),
        likeness_of(model, pieces_of(texts), encoder),
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
    )
    onnx.save(graph, directory / "model.onnx")
    for name in _TOKENISER_FILES:
        shutil.copyfile(encoder / name, directory / name)


def tune(
    sets: Mapping[str, Sequence[LabelledComment]], encoder: Encoder
) -> tuple[dict[str, Any], dict[str, Scores]]:
    """Temperatures and thresholds from the development sets, and the scores they give there.

    Temperatures: each set weighs the same. Thresholds: each comment does, of either set.
    """
    encoded = {name: encoder.encode([c.text for c in rows]) for name, rows in sets.items()}
    outputs = {name: stack(comments) for name, comments in encoded.items()}
    temperatures = {
        "factors": _best_temperature(sets, outputs, _factor_loss),
        "stances": _best_temperature(sets, outputs, _stance_loss),
        "overall": _best_temperature(sets, outputs, _overall_loss),
    }
    chances = {name: sigmoid(out[0], temperatures["factors"]) for name, out in outputs.items()}
    thresholds = {
        str(factor): _best_threshold(
            [(chances[name][:, i], truth_of(rows)[:, i]) for name, rows in sets.items()]
        )
        for i, factor in enumerate(FACTORS)
    }
    limits = np.array([thresholds[factor] for factor in FACTORS], dtype=np.float32)
    scores = {
        name: score(
            rows,
            chances[name],
            chances[name] >= limits,
            probabilities(outputs[name][1], temperatures["stances"]),
            probabilities(outputs[name][2], temperatures["overall"]),
        )
        for name, rows in sets.items()
    }
    return {
        "temperatures": temperatures,
        "thresholds": thresholds,
        "concern_threshold": _concern_threshold(
            (comment.text, output.concern_logit)
            for name, rows in sets.items()
            for comment, output in zip(rows, encoded[name], strict=True)
        ),
    }, scores


def write_manifest(
    directory: Path,
    *,
    version: str,
    recipe: Recipe,
    data: Mapping[str, str],
    tuned: Mapping[str, Any],
    scores: Mapping[str, Scores],
    teachers: Mapping[str, str],
) -> None:
    """Name every file, stage and figure. `data` and `teachers` (files of opinions) map file names
    to their SHA-256."""
    temperatures = tuned["temperatures"]
    manifest = {
        "schema": artefacts.SCHEMA,
        "version": version,
        "components": [
            _stage("redaction", "redaction_rules_v2"),
            _stage("sentences", "sentences_rule_v1"),
            _stage("encoder", "encoder_onnx_v1", max_tokens=MAX_TOKENS),
            _stage(
                "factors",
                "factors_attention_v1",
                thresholds=tuned["thresholds"],
                temperature=temperatures["factors"],
                band=BAND,
            ),
            _stage(
                "sentiment",
                "sentiment_heads_v1",
                stance_temperature=temperatures["stances"],
                overall_temperature=temperatures["overall"],
                unsure=UNSURE,
            ),
            _stage("flags", "flags_patterns_v1", concern_threshold=tuned["concern_threshold"]),
        ],
        "factors": [str(factor) for factor in FACTORS],
        "sentiments": [str(sentiment) for sentiment in SENTIMENTS],
        "recipe": asdict(recipe),
        "data": dict(data),
        "teachers": dict(teachers),
        "encoder": {"name": SMALL.name, "package": SMALL.package, "sha256": SMALL.sha256},
        "scores": {name: asdict(result) for name, result in scores.items()},
        "licences": {
            "encoder": f"{SMALL.licence} ({SMALL.name})",
            "teacher": f"{TEACHER.licence} ({TEACHER.name})",
            "weights": "the project's own; sources of the training text: docs/model-card.md",
        },
        "files": {
            path.name: artefacts.sha256(path)
            for path in sorted(directory.iterdir())
            if path.name != artefacts.MANIFEST
        },
    }
    (directory / artefacts.MANIFEST).write_text(
        json.dumps(manifest, indent=1) + "\n", encoding="utf-8"
    )


def _stage(stage: str, factory: str, **config: object) -> dict[str, object]:
    return {"stage": stage, "factory": factory, "config": config}


def _best_threshold(parts: Sequence[tuple[Floats, Any]]) -> float:
    chances = np.concatenate([part[0] for part in parts])
    truth = np.concatenate([part[1] for part in parts])
    grid = np.arange(0.2, 0.75, 0.01)
    values = np.array([_f1(truth, chances >= limit) for limit in grid])
    # The middle of a smoothed peak holds better on other text than the peak itself.
    smooth = np.convolve(np.pad(values, 3, mode="edge"), np.ones(7) / 7, mode="valid")
    return round(float(grid[int(smooth.argmax())]), 2)


def _concern_threshold(comments: Iterable[tuple[str, float | None]]) -> float:
    """The head's chance from which it flags: the lowest with which it and the wordings together
    flag no more than ORDINARY_FLAGGED of the comments, most of which are ordinary.

    `comments` are texts with the head's logits. What a wording flags counts as sure to be flagged:
    the more the wordings take of the share, the less is left to the head.
    """
    chances = sorted(
        (
            1.0 if any(signs_of_harm(text)) else float(sigmoid(np.array(logit), 1.0))
            for text, logit in comments
        ),
        reverse=True,
    )
    first_left_alone = chances[int(ORDINARY_FLAGGED * len(chances))]
    return math.floor(first_left_alone * 1000 + 1) / 1000


def _f1(truth: Any, found: Any) -> float:
    hits = (truth & found).sum()
    return float(2 * hits / max(1, truth.sum() + found.sum()))


def _best_temperature(sets: Mapping[str, Any], outputs: Mapping[str, Any], loss: Any) -> float:
    grid = np.arange(0.5, 3.01, 0.05)
    losses = [sum(loss(rows, outputs[name], t) for name, rows in sets.items()) for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 2)


def _factor_loss(rows: Sequence[LabelledComment], out: Any, temperature: float) -> float:
    chances = np.clip(sigmoid(out[0], temperature), 1e-6, 1 - 1e-6)
    return float(-np.log(np.where(truth_of(rows), chances, 1 - chances)).mean())


def _stance_loss(rows: Sequence[LabelledComment], out: Any, temperature: float) -> float:
    chances = probabilities(out[1], temperature)
    return float(
        -np.mean(
            [
                np.log(chances[i, FACTORS.index(f), SENTIMENTS.index(s)] + 1e-9)
                for i, row in enumerate(rows)
                for f, s in row.factor_sentiment.items()
            ]
        )
    )


def _overall_loss(rows: Sequence[LabelledComment], out: Any, temperature: float) -> float:
    chances = probabilities(out[2], temperature)
    return float(
        -np.mean(
            [np.log(chances[i, SENTIMENTS.index(r.sentiment)] + 1e-9) for i, r in enumerate(rows)]
        )
    )
