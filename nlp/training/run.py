"""`python -m nlp train`: from labelled comments to a model folder."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from nlp import artefacts
from nlp.bag_of_words import FILE
from nlp.encoder import Encoder
from nlp.labelled import read_labelled
from nlp.redaction import Redactor
from nlp.training import opinions, readings
from nlp.training.export import MAX_TOKENS, to_onnx, write_manifest
from nlp.training.fit import Recipe, fit
from nlp.training.mixtures import mixtures
from nlp.training.model import CommentModel, sizes_of, with_weights
from nlp.training.narrowing import TEXTS, worth_of
from nlp.training.pieces import pieces_of
from nlp.training.pruning import pruned, some_of
from nlp.training.sources import small_directory
from nlp.training.start import weights_of
from nlp.training.targets import targets_of
from nlp.training.texts import (
    AUTHORED,
    LEARNT_FROM,
    NEITHER,
    OWN,
    PATIENTS,
    PIECES,
    STAFFS_OWN,
    Example,
    development_sets,
    read_examples,
)
from nlp.training.tuning import share_of_words, tune
from nlp.training.words import words_of

#: Comments from which the ranges of 8-bit numbers are taken, and the embedding's map.
_FOR_RANGES = 2000


def train(
    data: Path | None,
    out: Path,
    *,
    recipe: Recipe,
    extra: Sequence[Path] = (),
    review_sites: bool = True,
    start: Path | None = None,
    like: Path | None = None,
    resume: bool = False,
) -> None:
    """Train, export, tune and describe. `out` becomes the model folder; its name is the version.

    Without `data` it learns from what ships with the project and from `extra`, files of an
    organisation's own corrections. `start` is the folder of a model from whose weights training goes on,
    `like` that of a model to resemble, both named in the recipe. Raises OSError when a file of `data` is
    missing and ValueError when `out` holds a model, or when `start` and `like` choose other tokens.
    """
    if (out / artefacts.MANIFEST).exists():
        raise ValueError(
            f"{out} holds a model already. Versions never change: name another folder."
        )
    tuned_on = development_sets(data)
    sets = {path.name: read_labelled(path) for path in tuned_on}
    examples = read_examples(data, extra=extra, review_sites=review_sites)
    files = sorted(opinions.SHIPPED.glob("*.npz"))
    teachers = opinions.read_all(files)
    examples += _with_opinions(examples, teachers)
    examples += mixtures(examples, recipe.mixtures, random.Random(recipe.seed))
    targets = targets_of(
        examples,
        teachers=teachers,
        readings=readings.read(),
        trust=recipe.trust,
        smoothing=recipe.smoothing,
    )
    encoder = small_directory()
    out.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = out.parent / f"{out.name}.checkpoint"
    chosen = random.Random(recipe.seed)
    own = _network_of(start, chosen, examples, encoder) if start else None
    other = own
    if like != start:
        other = _network_of(like, chosen, examples, encoder) if like else None
    if own and other and not _choose_alike(own, other):
        raise ValueError(f"{start} and {like} choose other tokens. Name a model that {start} comes from.")
    model = fit(
        examples,
        targets,
        recipe,
        encoder=encoder,
        checkpoint=checkpoint,
        first=_first(own, recipe.left, examples, encoder) if own else None,
        like=other,
        resume=resume,
    )
    some = chosen.sample([e.text for e in examples], _FOR_RANGES)
    to_onnx(model, out, some, encoder)
    known = targets.of_factors > 0
    told = [example for example, is_known in zip(examples, known, strict=True) if is_known]
    redactor = Redactor()  # at run time no names are left either
    words = words_of(
        [redactor.redact(example.text).text for example in told],
        targets.factors[known],
        [None if example.source in NEITHER else example.source == OWN for example in told],
    )
    (out / FILE).unlink(missing_ok=True)  # of an interrupted training: they would count twice
    share = share_of_words(sets, Encoder(out, max_tokens=MAX_TOKENS), words, staffs_own=STAFFS_OWN)
    words.times(share).save(out / FILE)
    tuned, scores = tune(sets, Encoder(out, max_tokens=MAX_TOKENS), staffs_own=STAFFS_OWN)
    given = [data / name for name in (*LEARNT_FROM, PATIENTS)] if data else []
    read = [*given, *tuned_on, *extra]
    write_manifest(
        out,
        version=out.name,
        recipe=recipe,
        data={
            path.name: artefacts.sha256(path)
            for path in (*read, *sorted(AUTHORED.iterdir()), readings.SHIPPED)
        },
        tuned=tuned | {"share_of_words": share},
        scores=scores,
        teachers={path.name: artefacts.sha256(path) for path in files},
        layers=sizes_of(model),
    )
    checkpoint.unlink()
    for name, result in scores.items():
        print(
            f"{name}: factors macro {result.macro_f1:.3f} micro {result.micro_f1:.3f}, "
            f"sentiment {result.sentiment_accuracy:.3f}, by factor {result.stance_accuracy:.3f}"
        )


def _network_of(
    model: Path, chosen: random.Random, examples: Sequence[Example], encoder: Path
) -> CommentModel:
    """The network of a model's folder, with the worths by which tokens are chosen."""
    weights = {name: torch.from_numpy(values) for name, values in weights_of(model).items()}
    if "worth" not in weights:
        texts = [example.text for example in examples]
        some = chosen.sample(texts, min(TEXTS, len(texts)))
        weights["worth"] = worth_of(with_weights(encoder, weights).eval(), some, encoder)
    return with_weights(encoder, weights).eval()


def _choose_alike(one: CommentModel, other: CommentModel) -> bool:
    return one.worth is not None and other.worth is not None and torch.allclose(one.worth, other.worth)


def _first(
    own: CommentModel, left: float, examples: Sequence[Example], encoder: Path
) -> Mapping[str, Tensor]:
    """The weights to go on from, less what is pruned."""
    if left == 1:
        return own.state_dict()
    some = some_of([example for example in examples if example.source != PIECES])
    return pruned(own, some, encoder, share=left).state_dict()


def _with_opinions(
    examples: Sequence[Example], teachers: Sequence[opinions.Opinions]
) -> list[Example]:
    """Sentences of the examples on which a teacher has an opinion."""
    known = {example.text for example in examples}
    return [
        Example(text=piece, source=PIECES)
        for piece in pieces_of(example.text for example in examples)
        if piece not in known and any(opinions.digest(piece) in teacher for teacher in teachers)
    ]
