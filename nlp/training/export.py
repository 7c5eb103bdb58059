"""From a trained network to a model folder: ONNX, int8, thresholds, calibration, manifest."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from nlp import artefacts
from nlp.components import probabilities, sigmoid
from nlp.encoder import Encoder, Floats
from nlp.evaluation import Scores, score, stack, truth_of
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS
from nlp.training.fit import Recipe
from nlp.training.model import ENCODER_PACKAGE, ENCODER_SHA256, CommentModel, encoder_directory

#: Tokens of one window at run time; longer comments are read in several.
MAX_TOKENS = 192

#: A factor whose chance is this close to its threshold, or a sentiment less sure than this,
#: needs a person.
BAND = 0.06
UNSURE = 0.45

#: Kept of the encoder's folder: what the tokeniser needs.
_TOKENISER_FILES = ("tokenizer.json", "tokenizer_config.json", "config.json")


def to_onnx(model: CommentModel, directory: Path) -> None:
    """Write the network as int8 ONNX (dynamic, per channel) with the tokeniser beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    full = directory / "full.onnx"
    example = (torch.ones((2, 8), dtype=torch.long), torch.ones((2, 8), dtype=torch.long))
    dynamic = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            example,
            str(full),
            input_names=["input_ids", "attention_mask"],
            output_names=["factor_logits", "stance_logits", "overall_logits", "attention"],
            dynamic_axes={"input_ids": dynamic, "attention_mask": dynamic},
            opset_version=17,
            dynamo=False,
        )
    # Per tensor loses several points: the weights of one layer differ too much in size.
    quantize_dynamic(full, directory / "model.onnx", per_channel=True, weight_type=QuantType.QInt8)
    full.unlink()
    for name in _TOKENISER_FILES:
        shutil.copyfile(encoder_directory() / name, directory / name)


def tune(
    sets: Mapping[str, Sequence[LabelledComment]], encoder: Encoder
) -> tuple[dict[str, Any], dict[str, Scores]]:
    """Temperatures and thresholds from the development sets, and the scores they give there.

    Temperatures: each set weighs the same. Thresholds: each comment does, of either set.
    """
    outputs = {name: stack(encoder.encode([c.text for c in rows])) for name, rows in sets.items()}
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
    return {"temperatures": temperatures, "thresholds": thresholds}, scores


def write_manifest(
    directory: Path,
    *,
    version: str,
    recipe: Recipe,
    data: Mapping[str, str],
    tuned: Mapping[str, Any],
    scores: Mapping[str, Scores],
) -> None:
    """Name every file, stage and figure. `data` maps file names to their SHA-256."""
    temperatures = tuned["temperatures"]
    manifest = {
        "schema": artefacts.SCHEMA,
        "version": version,
        "components": [
            _stage("redaction", "redaction_presidio_v1"),
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
            _stage("flags", "flags_patterns_v1"),
        ],
        "factors": [str(factor) for factor in FACTORS],
        "sentiments": [str(sentiment) for sentiment in SENTIMENTS],
        "recipe": asdict(recipe),
        "data": dict(data),
        "encoder": {"package": ENCODER_PACKAGE, "sha256": ENCODER_SHA256},
        "scores": {name: asdict(result) for name, result in scores.items()},
        "licences": {
            "encoder": "Apache-2.0 (sentence-transformers/all-MiniLM-L6-v2)",
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
