"""Fine-tuning: seeded, resumable, on CPU, with progress."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS
from nlp.training.model import CommentModel, load_tokeniser

_IGNORED = -100  # PyTorch's mark for 'no label here'


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the outcome besides the data. Rates are per optimiser step."""

    seed: int = 1
    epochs: int = 4
    batch: int = 32
    tokens: int = 128
    encoder_rate: float = 8e-5
    head_rate: float = 1e-3
    warm_up: float = 0.08
    weight_decay: float = 0.01
    smoothing: float = 0.02
    averaging: float = 0.995
    clip: float = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    input_ids: Tensor
    attention_mask: Tensor
    factors: Tensor
    stances: Tensor
    overall: Tensor


class Encoded:
    """Comments as token ids, kept so that each epoch only shuffles and pads."""

    def __init__(self, comments: Sequence[LabelledComment], tokens: int) -> None:
        tokeniser: Any = load_tokeniser()
        self.ids: list[list[int]] = tokeniser(
            [comment.text for comment in comments], truncation=True, max_length=tokens
        )["input_ids"]
        self.comments = comments
        self.pad: int = tokeniser.pad_token_id

    def batches(self, size: int, rng: random.Random | None) -> Iterator[Batch]:
        """Batches of like lengths; shuffled by `rng`, or in order of length without one."""
        order = list(range(len(self.ids)))
        if rng is None:
            order.sort(key=lambda i: len(self.ids[i]))
            groups = [order[i : i + size] for i in range(0, len(order), size)]
        else:
            rng.shuffle(order)
            pool = size * 50
            groups = []
            for start in range(0, len(order), pool):
                part = sorted(order[start : start + pool], key=lambda i: len(self.ids[i]))
                groups += [part[i : i + size] for i in range(0, len(part), size)]
            rng.shuffle(groups)
        for group in groups:
            yield self._batch(group)

    def _batch(self, group: Sequence[int]) -> Batch:
        longest = max(len(self.ids[i]) for i in group)
        ids = torch.full((len(group), longest), self.pad)
        mask = torch.zeros((len(group), longest), dtype=torch.long)
        factors = torch.zeros((len(group), len(FACTORS)))
        stances = torch.full((len(group), len(FACTORS)), _IGNORED)
        overall = torch.empty(len(group), dtype=torch.long)
        for row, i in enumerate(group):
            length = len(self.ids[i])
            ids[row, :length] = torch.tensor(self.ids[i])
            mask[row, :length] = 1
            comment = self.comments[i]
            for factor, stance in comment.factor_sentiment.items():
                column = FACTORS.index(factor)
                factors[row, column] = 1
                stances[row, column] = SENTIMENTS.index(stance)
            overall[row] = SENTIMENTS.index(comment.sentiment)
        return Batch(ids, mask, factors, stances, overall)


def loss_of(model: CommentModel, batch: Batch, recipe: Recipe) -> Tensor:
    """Binary cross-entropy over factors plus cross-entropy of both kinds of sentiment."""
    factor_logits, stance_logits, overall_logits, _ = model(batch.input_ids, batch.attention_mask)
    smoothed = batch.factors * (1 - 2 * recipe.smoothing) + recipe.smoothing
    # Present factors weigh more: about one label in six is present.
    weight = 1 + batch.factors
    factor_loss = functional.binary_cross_entropy_with_logits(factor_logits, smoothed, weight)
    overall_loss = functional.cross_entropy(
        overall_logits, batch.overall, label_smoothing=recipe.smoothing
    )
    loss = 3 * factor_loss + 0.6 * overall_loss
    if (batch.stances != _IGNORED).any():
        loss = loss + 0.6 * functional.cross_entropy(
            stance_logits.flatten(0, 1),
            batch.stances.flatten(),
            ignore_index=_IGNORED,
            label_smoothing=recipe.smoothing,
        )
    return loss


def fit(
    comments: Sequence[LabelledComment], recipe: Recipe, *, checkpoint: Path, resume: bool = False
) -> CommentModel:
    """Fine-tune and return the model with averaged weights.

    A checkpoint is kept after each epoch; with `resume` a run goes on from the last one. Raises
    ValueError when that checkpoint belongs to another recipe.
    """
    torch.manual_seed(recipe.seed)
    model = CommentModel()
    data = Encoded(comments, recipe.tokens)
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [
            {"params": list(model.encoder.parameters()), "lr": recipe.encoder_rate},
            {"params": heads, "lr": recipe.head_rate},
        ],
        weight_decay=recipe.weight_decay,
    )
    steps_an_epoch = math.ceil(len(comments) / recipe.batch)
    total = steps_an_epoch * recipe.epochs
    warm = max(1, int(total * recipe.warm_up))

    def rate(step: int) -> float:
        if step < warm:
            return step / warm
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, (step - warm) / (total - warm))))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    averaged = copy.deepcopy(model).eval()
    first_epoch = 0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["recipe"] != asdict(recipe):
            raise ValueError(f"{checkpoint} is of another recipe. Remove it or use its settings.")
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        first_epoch = state["epoch"]
    for epoch in range(first_epoch, recipe.epochs):
        # Seeded by epoch, so that a resumed run sees what an unbroken one would have seen.
        torch.manual_seed(recipe.seed * 1000 + epoch)
        _one_epoch(model, averaged, data, optimiser, schedule, recipe, epoch)
        partial = checkpoint.with_suffix(".partial")
        torch.save(
            {
                "recipe": asdict(recipe),
                "epoch": epoch + 1,
                "model": model.state_dict(),
                "averaged": averaged.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
            },
            partial,
        )
        partial.replace(checkpoint)
    return averaged


def _one_epoch(
    model: CommentModel,
    averaged: CommentModel,
    data: Encoded,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    recipe: Recipe,
    epoch: int,
) -> None:
    model.train()
    batches = data.batches(recipe.batch, random.Random(recipe.seed * 1000 + epoch))
    total = math.ceil(len(data.ids) / recipe.batch)
    running = 0.0
    with tqdm(
        batches, total=total, desc=f"epoch {epoch + 1}/{recipe.epochs}", mininterval=5
    ) as bar:
        for step, batch in enumerate(bar):
            loss = loss_of(model, batch, recipe)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimiser.step()
            schedule.step()
            # Early steps move too far for a slow average to follow.
            decay = min(recipe.averaging, (1 + step + epoch * total) / (10 + step + epoch * total))
            with torch.no_grad():
                for mean, now in zip(averaged.parameters(), model.parameters(), strict=True):
                    mean.lerp_(now, 1 - decay)
            running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
            bar.set_postfix(loss=f"{running:.3f}")
