"""`python -m nlp train`: from labelled comments to a model folder."""

from __future__ import annotations

from pathlib import Path

from nlp import artefacts
from nlp.encoder import Encoder
from nlp.labelled import read_labelled
from nlp.training.export import MAX_TOKENS, to_onnx, tune, write_manifest
from nlp.training.fit import Recipe, fit

LEARNT_FROM = ("comments_train.jsonl", "comments_authored.jsonl")
TUNED_ON = ("comments_dev.jsonl", "comments_authored_dev.jsonl")


def train(
    data: Path, out: Path, *, seed: int, epochs: int, runs: int, resume: bool
) -> None:
    """Train, export, tune and describe. `out` becomes the model folder; its name is the version.

    Raises OSError when a file of `data` is missing and ValueError when `out` holds a model.
    """
    if (out / artefacts.MANIFEST).exists():
        raise ValueError(
            f"{out} holds a model already. Versions never change: name another folder."
        )
    recipe = Recipe(seed=seed, epochs=epochs, runs=runs)
    comments = [comment for name in LEARNT_FROM for comment in read_labelled(data / name)]
    sets = {name: read_labelled(data / name) for name in TUNED_ON}
    out.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = out.parent / f"{out.name}.checkpoint"
    model = fit(comments, recipe, checkpoint=checkpoint, resume=resume)
    to_onnx(model, out)
    tuned, scores = tune(sets, Encoder(out, max_tokens=MAX_TOKENS))
    write_manifest(
        out,
        version=out.name,
        recipe=recipe,
        data={name: artefacts.sha256(data / name) for name in (*LEARNT_FROM, *TUNED_ON)},
        tuned=tuned,
        scores=scores,
    )
    checkpoint.unlink()
    for name, result in scores.items():
        print(
            f"{name}: factors macro {result.macro_f1:.3f} micro {result.micro_f1:.3f}, "
            f"sentiment {result.sentiment_accuracy:.3f}, by factor {result.stance_accuracy:.3f}"
        )
