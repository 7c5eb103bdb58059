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
    """Everything that decides the outcome besides the data. Rates are per optimiser step.

    `runs` trainings start from the same weights, see the comments in different orders, and are
    averaged. `bfloat16` halves the precision of the forward pass, which is quicker where the
    processor has instructions for it.
    """

    seed: int = 1
    runs: int = 1
    epochs: int = 5
    bfloat16: bool = True
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
    """Fine-tune and return the average of the runs' averaged weights.

    Averaging runs that share their first weights keeps most of what an ensemble of them gains.
    Source: Wortsman et al. 2022, "Model soups". A checkpoint is kept after each epoch; with
    `resume` training goes on from the last one. Raises ValueError when that checkpoint belongs
    to another recipe.
    """
    state: dict[str, Any] = {"recipe": asdict(recipe), "finished": []}
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["recipe"] != asdict(recipe):
            raise ValueError(f"{checkpoint} is of another recipe. Remove it or use its settings.")
    data = Encoded(comments, recipe.tokens)
    while len(state["finished"]) < recipe.runs:
        run = _Run(data, recipe, number=len(state["finished"]))
        if "model" in state:
            run.restore(state)
        while run.epoch < recipe.epochs:
            run.one_epoch()
            state = run.state() | {"recipe": asdict(recipe), "finished": state["finished"]}
            _keep(state, checkpoint)
        finished = [*state["finished"], run.averaged.state_dict()]
        state = {"recipe": asdict(recipe), "finished": finished}
        _keep(state, checkpoint)
    model = CommentModel()
    model.load_state_dict(
        {
            name: torch.stack([weights[name].float() for weights in state["finished"]]).mean(0)
            for name in state["finished"][0]
        }
    )
    return model.eval()


def _keep(state: dict[str, Any], checkpoint: Path) -> None:
    partial = checkpoint.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(checkpoint)


class _Run:
    """One training. `averaged` is the moving average of its weights."""

    def __init__(self, data: Encoded, recipe: Recipe, *, number: int) -> None:
        torch.manual_seed(recipe.seed)  # the same for each run: others could not be averaged
        self._data, self._recipe, self._number = data, recipe, number
        self._model = CommentModel()
        self.averaged = copy.deepcopy(self._model).eval()
        self.epoch = 0
        heads = [p for name, p in self._model.named_parameters() if not name.startswith("encoder.")]
        self._optimiser = torch.optim.AdamW(
            [
                {"params": list(self._model.encoder.parameters()), "lr": recipe.encoder_rate},
                {"params": heads, "lr": recipe.head_rate},
            ],
            weight_decay=recipe.weight_decay,
        )
        self._steps = math.ceil(len(data.ids) / recipe.batch)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, self._rate)

    def _rate(self, step: int) -> float:
        total = self._steps * self._recipe.epochs
        warm = max(1, int(total * self._recipe.warm_up))
        if step < warm:
            return step / warm
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, (step - warm) / (total - warm))))

    def restore(self, state: dict[str, Any]) -> None:
        self._model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self.epoch = state["epoch"]

    def state(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "model": self._model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
        }

    def one_epoch(self) -> None:
        recipe = self._recipe
        # Seeded by epoch, so that a resumed run sees what an unbroken one would have seen.
        seed = recipe.seed * 1000 + self._number * 100 + self.epoch
        torch.manual_seed(seed)
        self._model.train()
        batches = self._data.batches(recipe.batch, random.Random(seed))
        words = f"run {self._number + 1}/{recipe.runs}, epoch {self.epoch + 1}/{recipe.epochs}"
        running = 0.0
        with tqdm(batches, total=self._steps, desc=words, mininterval=5) as bar:
            for step, batch in enumerate(bar):
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=recipe.bfloat16):
                    loss = loss_of(self._model, batch, recipe)
                self._optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self._model.parameters(), recipe.clip)
                self._optimiser.step()
                self._schedule.step()
                self._average(step + self.epoch * self._steps)
                running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
                bar.set_postfix(loss=f"{running:.3f}")
        self.epoch += 1

    def _average(self, step: int) -> None:
        # Early steps move too far for a slow average to follow.
        decay = min(self._recipe.averaging, (1 + step) / (10 + step))
        with torch.no_grad():
            pairs = zip(self.averaged.parameters(), self._model.parameters(), strict=True)
            for mean, now in pairs:
                mean.lerp_(now, 1 - decay)
