"""Fine-tuning, of teacher and pupil: seeded, resumable, on the CPU, with progress."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from nlp.training.batches import Texts
from nlp.training.model import BRAIN_FLOATS, CommentModel, Outputs, with_weights
from nlp.training.resemblance import Resemblance
from nlp.training.targets import Targets
from nlp.training.texts import Example

#: Batches between steps of the weights' moving average, which costs a pass over all weights.
_AVERAGE_EVERY = 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the outcome besides data and pretrained weights.

    `runs` trainings start from the same weights, see the comments in different orders, and are
    averaged. `budget` is tokens a batch. Rates are per optimiser step; a layer's is `layer_decay`
    times that of the layer above. `frozen` layers, from below, and the embeddings under them stay
    as pretrained. `start` names the model from whose weights training goes on; none, from the pretrained
    encoder. Of its heads of attention and inner neurons the share `left` goes on. `dropout` is the
    encoder's; the heads have their own. `trust` is the share of a label beside teachers' opinions.
    `resemblance` is the weight of the distance from the model `like`, also for so many `mixtures` of texts.
    """

    seed: int = 1
    start: str = ""
    left: float = 1.0
    like: str = ""
    mixtures: int = 0
    resemblance: float = 0.0
    runs: int = 1
    epochs: int = 9
    budget: int = 1600
    tokens: int = 160
    encoder_rate: float = 8e-5
    layer_decay: float = 1.0
    frozen: int = 0
    dropout: float = 0.1
    head_rate: float = 1e-3
    warm_up: float = 0.08
    weight_decay: float = 0.01
    smoothing: float = 0.02
    trust: float = 0.3
    averaging: float = 0.995
    clip: float = 1.0
    factor_share: float = 3.0
    sentiment_share: float = 0.9
    level_adjustment: float = 0.7
    concern_share: float = 1.0


def going_on(recipe: Recipe, start: str, *, left: float = 1.0, like: str = "") -> Recipe:
    """The recipe for training from the weights of the model `start`, which have learnt most of it.

    Embeddings and the first layer stay: which tokens go on is read off the former. Where not all heads
    and neurons are `left`, much is to be learnt anew, and `start` as a whole is the teacher. With another
    model to be `like`, labels count little.
    """
    recipe = replace(recipe, start=start, left=left, head_rate=5e-4, frozen=1)
    if left < 1:
        return replace(recipe, like=start, epochs=10, encoder_rate=1.5e-4, dropout=0.0, resemblance=3.0)
    if like:
        return replace(
            recipe, like=like, epochs=2, encoder_rate=1e-4, dropout=0.0, resemblance=10.0, mixtures=50_000
        )
    return replace(recipe, epochs=5, encoder_rate=5e-5)


def loss_of(
    outputs: Outputs, targets: dict[str, Tensor], recipe: Recipe, level_shares: Tensor
) -> Tensor:
    """Cross-entropy of every head against its targets, each text counted as its weight says.

    The head of levels learns what is left when their usual shares (5,) are known, so that a rare
    level is not passed over. Source: Menon et al. 2021, "Long-tail learning via logit adjustment".
    """
    levels = outputs.levels + recipe.level_adjustment * level_shares.log()
    # Present factors weigh more: about one label in six is present.
    factor_loss = functional.binary_cross_entropy_with_logits(
        outputs.factors, targets["factors"], 1 + targets["factors"], reduction="none"
    ).mean(-1)
    concern_loss = functional.binary_cross_entropy_with_logits(
        outputs.concern, targets["concern"], 1 + 4 * targets["concern"], reduction="none"
    )
    return (
        recipe.factor_share * _mean(factor_loss, targets["of_factors"])
        + recipe.sentiment_share * _mean(_entropy(outputs.stances, targets["stances"]), targets["of_stances"])
        + recipe.sentiment_share * _mean(_entropy(outputs.overall, targets["overall"]), targets["of_overall"])
        + recipe.sentiment_share * _mean(_entropy(levels, targets["levels"]), targets["of_levels"])
        + recipe.concern_share * _mean(concern_loss, targets["of_concern"])
    )


def _entropy(logits: Tensor, chances: Tensor) -> Tensor:
    return -(chances * functional.log_softmax(logits, -1)).sum(-1)


def _mean(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum().clamp(min=1)


def fit(
    examples: Sequence[Example],
    targets: Targets,
    recipe: Recipe,
    *,
    encoder: Path,
    checkpoint: Path,
    first: Mapping[str, Tensor] | None = None,
    like: CommentModel | None = None,
    resume: bool = False,
) -> CommentModel:
    """Fine-tune the encoder of folder `encoder`; return the average of the runs' averaged weights.

    Averaging runs that share their first weights keeps most of what an ensemble of them gains.
    Source: Wortsman et al. 2022, "Model soups". `first` are weights to start from, for those of the
    encoder and chance; `like` is the network that the outcome is to resemble. A checkpoint is kept after
    each epoch; with `resume` training goes on from the last one. Raises ValueError when that checkpoint
    belongs to another recipe.
    """
    state: dict[str, Any] = {"recipe": asdict(recipe), "finished": []}
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["recipe"] != asdict(recipe):
            raise ValueError(f"{checkpoint} is of another recipe. Remove it or use its settings.")
    texts = Texts([example.text for example in examples], encoder, recipe.tokens)
    is_to_run = len(state["finished"]) < recipe.runs
    resemblance = Resemblance(like, texts) if like and is_to_run else None
    while len(state["finished"]) < recipe.runs:
        run = _Run(texts, targets, recipe, encoder, first, resemblance, number=len(state["finished"]))
        if "model" in state:
            run.restore(state)
        while run.epoch < recipe.epochs:
            run.one_epoch()
            state = run.state() | {"recipe": asdict(recipe), "finished": state["finished"]}
            _keep(state, checkpoint)
        finished = [*state["finished"], run.averaged.state_dict()]
        state = {"recipe": asdict(recipe), "finished": finished}
        _keep(state, checkpoint)
    mean = {
        name: torch.stack([weights[name].float() for weights in state["finished"]]).mean(0)
        for name in state["finished"][0]
    }
    model = _network(encoder, first)
    model.load_state_dict(mean)
    return model.eval()


def _network(encoder: Path, first: Mapping[str, Tensor] | None) -> CommentModel:
    return with_weights(encoder, first) if first else CommentModel(encoder)


def _keep(state: dict[str, Any], checkpoint: Path) -> None:
    partial = checkpoint.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(checkpoint)


class _Run:
    """One training. `averaged` is the moving average of its weights."""

    def __init__(
        self,
        texts: Texts,
        targets: Targets,
        recipe: Recipe,
        encoder: Path,
        first: Mapping[str, Tensor] | None,
        resemblance: Resemblance | None,
        *,
        number: int,
    ) -> None:
        torch.manual_seed(recipe.seed)  # the same for each run: others could not be averaged
        self._texts, self._recipe, self._number = texts, recipe, number
        self._resemblance = resemblance
        self._targets = {f.name: getattr(targets, f.name) for f in fields(targets)}
        self._level_shares = torch.from_numpy(targets.level_shares())
        self._model = _network(encoder, first)
        self._model.brain_floats = BRAIN_FLOATS
        _set_up(self._model.encoder, recipe)
        self.averaged = copy.deepcopy(self._model).eval()
        self.epoch = 0
        self._optimiser = torch.optim.AdamW(_rates(self._model, recipe), fused=True)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]

    def restore(self, state: dict[str, Any]) -> None:
        self._model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.epoch = state["epoch"]

    def state(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "model": self._model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }

    def one_epoch(self) -> None:
        recipe = self._recipe
        # Seeded by epoch, so that a resumed run sees what an unbroken one would have seen.
        seed = recipe.seed * 1000 + self._number * 100 + self.epoch
        torch.manual_seed(seed)
        self._model.train()
        groups = list(self._texts.batches(recipe.budget, random.Random(seed)))
        usual = len(self._texts.ids) / len(groups)
        words = f"run {self._number + 1}/{recipe.runs}, epoch {self.epoch + 1}/{recipe.epochs}"
        running = 0.0
        with tqdm(groups, desc=words, mininterval=5) as bar:
            for step, group in enumerate(bar):
                self._set_rates((self.epoch + step / len(groups)) / recipe.epochs)
                targets = {k: torch.from_numpy(v[np.array(group)]) for k, v in self._targets.items()}
                outputs = self._model(*self._texts.padded(group))
                loss = loss_of(outputs, targets, recipe, self._level_shares)
                if self._resemblance:
                    loss = loss + recipe.resemblance * self._resemblance.loss(outputs, group)
                self._optimiser.zero_grad(set_to_none=True)
                # A batch of long texts holds fewer of them: each text counts the same.
                (loss * len(group) / usual).backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self._model.parameters(), recipe.clip)
                self._optimiser.step()
                if step % _AVERAGE_EVERY == 0:
                    self._average(step + self.epoch * len(groups))
                running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
                bar.set_postfix(loss=f"{running:.3f}")
        self.epoch += 1

    def _set_rates(self, done: float) -> None:
        """Warm-up, then half a cosine; `done` is the share of the run, 0 to 1."""
        warm = self._recipe.warm_up
        share = done / warm if done < warm else (
            0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))
        )
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * share

    def _average(self, step: int) -> None:
        # Early steps move too far for a slow average to follow.
        decay = min(self._recipe.averaging, (1 + step) / (10 + step)) ** _AVERAGE_EVERY
        with torch.no_grad():
            pairs = zip(self.averaged.parameters(), self._model.parameters(), strict=True)
            for mean, now in pairs:
                mean.lerp_(now, 1 - decay)


def _set_up(encoder: Any, recipe: Recipe) -> None:
    moving = tuple(
        f"encoder.layer.{layer}."
        for layer in range(recipe.frozen, encoder.config.num_hidden_layers)
    )
    for name, module in encoder.named_modules():
        if isinstance(module, torch.nn.Dropout):
            stays = recipe.frozen and not name.startswith(moving)
            # Not among the attention's weights, where drawing it costs a tenth of the time.
            module.p = 0.0 if stays or ".self." in name else recipe.dropout
    if recipe.frozen:
        for name, parameter in encoder.named_parameters():
            parameter.requires_grad_(name.startswith(moving))


def _rates(model: CommentModel, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameter groups: lower layers learn more slowly. Source: Howard and Ruder 2018, ULMFiT."""
    config: Any = model.encoder.config
    top: int = config.num_hidden_layers
    groups = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = recipe.head_rate
        if name.startswith("encoder."):
            layer = int(name.split("layer.")[1].split(".")[0]) if "layer." in name else 0
            rate = recipe.encoder_rate * recipe.layer_decay ** (top - 1 - layer)
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": rate, "weight_decay": decay})
    return groups
