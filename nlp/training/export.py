"""From a trained network to a model folder: ONNX, int8, thresholds, calibration, manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnx

from nlp import artefacts
from nlp.evaluation import Scores
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
        head_width=config.hidden_size // config.num_attention_heads,
    )
    onnx.save(graph, directory / "model.onnx")
    for name in _TOKENISER_FILES:
        shutil.copyfile(encoder / name, directory / name)


def write_manifest(
    directory: Path,
    *,
    version: str,
    recipe: Recipe,
    data: Mapping[str, str],
    tuned: Mapping[str, Any],
    scores: Mapping[str, Scores],
    teachers: Mapping[str, str],
    layers: Sequence[tuple[int, int]],
) -> None:
    """Name every file, stage and figure. `data` and `teachers` (files of opinions) map file names
    to their SHA-256; `layers` are the network's, with their heads and inner neurons."""
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
                "factors_attention_v2",
                thresholds=tuned["thresholds"],
                staff_thresholds=tuned["staff_thresholds"],
                temperature=temperatures["factors"],
            ),
            _stage(
                "sentiment",
                "sentiment_heads_v2",
                stance_temperature=temperatures["stances"],
                stance_shift=tuned["stance_shift"],
                overall_temperature=temperatures["overall"],
                person_below=tuned["person_below"],
            ),
            _stage("flags", "flags_patterns_v1", concern_threshold=tuned["concern_threshold"]),
        ],
        "factors": [str(factor) for factor in FACTORS],
        "sentiments": [str(sentiment) for sentiment in SENTIMENTS],
        "recipe": asdict(recipe),
        "data": dict(data),
        "teachers": dict(teachers),
        "encoder": {"name": SMALL.name, "package": SMALL.package, "sha256": SMALL.sha256, "layers": layers},
        "share_of_words": tuned["share_of_words"],
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
