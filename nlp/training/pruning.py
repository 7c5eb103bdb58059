"""A network with fewer heads of attention and inner neurons that says nearly the same.

Layer by layer, from below, those go that are missed least, and what takes in the others is fitted anew, so
that the layer gives what the whole network's gives, in spite of all that is gone below it. Where much
may go follows from how far the outputs hang on a layer. Source: Kurtic et al. 2023, "ZipLM".
"""

from __future__ import annotations

import copy
import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm import tqdm

from nlp.encoder import Floats
from nlp.training.batches import Texts
from nlp.training.model import NARROW_FROM, CommentModel, attended, sizes_of, telling
from nlp.training.surgeon import Rows, inputs_of, spared
from nlp.training.texts import Example

#: Texts that are read to see what is missed.
_TEXTS = 4500

#: For each part of a layer: which of its sizes it is, how many go at a time, and what these take of the
#: time, in inner neurons. Neurons go in blocks because products of whole numbers are quickest so.
_STEPS = {"heads": (0, 1, 80), "inner": (1, 64, 64)}

#: No layer has fewer heads and neurons.
_LEAST = (3, 256)

#: Ridge penalties, as a share of an input's mean square: what is fitted stays near what it was.
_PENALTY_HEADS, _PENALTY_INNER = 1e-4, 1e-3


class _Place(NamedTuple):
    """A product that adds to a layer's states, of `part` "heads" or "inner"."""

    layer: int
    part: str


@dataclass(frozen=True, slots=True)
class _Felt:
    """Squared gradients of the outputs: the sum for each channel (width,), and the mean over channels of
    each batch's tokens (batch, tokens)."""

    channels: Tensor
    tokens: tuple[Tensor, ...]

    def weights(self) -> Floats:
        relative: Floats = (self.channels / self.channels.mean()).numpy()
        return relative

    def scale(self) -> float:
        return float(self.channels.mean()) / sum(batch.numel() for batch in self.tokens)


@dataclass(frozen=True, slots=True)
class _States:
    """Of a batch, in the whole network and in the smaller one, (batch, tokens, width); which are text."""

    whole: Tensor
    small: Tensor
    mask: Tensor


def some_of(examples: Sequence[Example]) -> list[str]:
    """Texts for `pruned`: of each source by the root of its number, so that the small ones count."""
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_source[example.source].append(example.text)
    roots = sum(len(texts) ** 0.5 for texts in by_source.values())
    chance = random.Random(5)
    return [
        text
        for _, texts in sorted(by_source.items())
        for text in chance.sample(texts, min(len(texts), int(_TEXTS * len(texts) ** 0.5 / roots)))
    ]


def pruned(model: CommentModel, texts: Sequence[str], encoder: Path, *, share: float) -> CommentModel:
    """`model`, which chooses tokens, with `share` of its heads and inner neurons; `encoder` is the folder
    of its tokeniser. Raises ValueError for a network that does not choose."""
    worth = model.worth
    if worth is None:
        raise ValueError("This network reads all tokens. Give it a worth of tokens first.")
    encoded = Texts(texts, encoder, tokens=160)
    batches = [encoded.padded(group) for group in encoded.batches(budget=4000, rng=None)]
    felt = _felt(copy.deepcopy(model), batches)
    layers = len(model.encoder.encoder.layer)
    _, costs = _shrunk(model, worth, batches, felt, [_LEAST] * layers)
    return _shrunk(model, worth, batches, felt, _sizes(costs, felt, model, share))[0]


def _felt(model: CommentModel, batches: Sequence[tuple[Tensor, Tensor]]) -> dict[_Place, _Felt]:
    """How far the outputs hang on what each product adds: along a direction drawn by chance for each head."""
    model.requires_grad_(False)
    held: dict[_Place, Tensor] = {}

    def holding(place: _Place) -> Any:
        def hold(_: nn.Module, __: Any, added: Tensor) -> Tensor:
            held[place] = added.requires_grad_()
            return added

        return hold

    for number, layer in enumerate(model.encoder.encoder.layer):
        layer.attention.output.dense.register_forward_hook(holding(_Place(number, "heads")))
        layer.output.dense.register_forward_hook(holding(_Place(number, "inner")))
    chance = torch.Generator().manual_seed(1)
    tokens: defaultdict[_Place, list[Tensor]] = defaultdict(list)
    channels: defaultdict[_Place, Tensor] = defaultdict(lambda: torch.zeros(()))
    for ids, mask in tqdm(batches, desc="what outputs hang on", mininterval=5):
        outputs = model(ids, mask)
        heads = [head.flatten(1) for head in (*outputs[:4], outputs.concern[:, None])]
        directions = [torch.randn(head.shape, generator=chance) / head.shape[1] ** 0.5 for head in heads]
        total = sum((head * way).sum() for head, way in zip(heads, directions, strict=True))
        for place, gradient in zip(held, torch.autograd.grad(total, list(held.values())), strict=True):
            square = gradient**2
            tokens[place].append(square.mean(-1))
            channels[place] = channels[place] + square.sum((0, 1))
    return {place: _Felt(channels[place], tuple(tokens[place])) for place in channels}


def _sizes(
    costs: Mapping[_Place, Sequence[float]], felt: Mapping[_Place, _Felt], model: CommentModel, share: float
) -> list[tuple[int, int]]:
    """Heads and neurons of each layer, so that `share` of the time is left and least is lost."""
    before = sizes_of(model)
    sizes = [list(size) for size in before]
    scales = {place: each.scale() for place, each in felt.items()}

    def price(place: _Place) -> float:
        at, step, time = _STEPS[place.part]
        gone = before[place.layer][at] - sizes[place.layer][at]
        lost = costs[place][gone : gone + step]
        return sum(lost) * scales[place] / time if len(lost) == step else math.inf

    too_much = (1 - share) * sum(_time(*size) for size in before)
    while too_much > 0:
        cheapest = min(costs, key=price)
        if price(cheapest) == math.inf:
            break
        at, step, time = _STEPS[cheapest.part]
        sizes[cheapest.layer][at] -= step
        too_much -= time
    return [(heads, inner) for heads, inner in sizes]


def _time(heads: int, inner: int) -> float:
    return sum(
        number * time / step for number, (_, step, time) in zip((heads, inner), _STEPS.values(), strict=True)
    )


@torch.no_grad()
def _shrunk(
    model: CommentModel,
    worth: Tensor,
    batches: Sequence[tuple[Tensor, Tensor]],
    felt: Mapping[_Place, _Felt],
    sizes: Sequence[tuple[int, int]],
) -> tuple[CommentModel, dict[_Place, list[float]]]:
    """The network with layers of `sizes`, and what each head or neuron cost that went, in their order."""
    small = copy.deepcopy(model)
    costs: dict[_Place, list[float]] = {}
    states, worths = [], []
    for ids, mask in batches:
        embedded = model.encoder.embeddings(input_ids=ids)
        states.append(_States(embedded, embedded, mask))
        worths.append(embedded @ worth)
    layers = list(zip(model.encoder.encoder.layer, small.encoder.encoder.layer, sizes, strict=True))
    for number, (whole, own, (heads, inner)) in enumerate(tqdm(layers, desc="layers")):
        asked = states
        if number == NARROW_FROM:
            states = [_going_on(each, which) for each, which in zip(states, worths, strict=True)]
        place = _Place(number, "heads")
        states, costs[place] = _without_heads(whole, own, states, asked, felt[place], heads)
        place = _Place(number, "inner")
        states, costs[place] = _without_neurons(whole, own, states, felt[place], inner)
    return small, costs


def _without_heads(
    whole: Any, own: Any, states: Sequence[_States], asked: Sequence[_States], felt: _Felt, heads: int
) -> tuple[list[_States], list[float]]:
    """Leave `own` so many heads of the layer `whole`. The states after its attention, and what each cost
    that went."""
    pairs = list(zip(states, asked, strict=True))
    of_whole = [attended(whole, asking.whole, each.whole, each.mask) for asking, each in pairs]
    of_own = [attended(own, asking.small, each.small, each.mask) for asking, each in pairs]
    dense, attention = whole.attention.output.dense, own.attention.self
    found = spared(
        _matrix(own.attention.output.dense),
        [
            _rows(context, dense(theirs) + each.whole - each.small, each.mask, counts)
            for context, theirs, each, counts in zip(of_own, of_whole, states, felt.tokens, strict=True)
        ],
        felt.weights(),
        keep=heads,
        size=attention.attention_head_size,
        penalty=_PENALTY_HEADS,
    )
    rows = inputs_of(found.kept, attention.attention_head_size)
    for name in ("query", "key", "value"):
        setattr(attention, name, _linear(_matrix(getattr(attention, name))[rows]))
    attention.num_attention_heads, attention.all_head_size = heads, len(rows)
    own.attention.output.dense = _linear(found.matrix)
    after = [
        _States(
            whole.attention.output(theirs, each.whole),
            own.attention.output(context[..., rows], each.small),
            each.mask,
        )
        for context, theirs, each in zip(of_own, of_whole, states, strict=True)
    ]
    return after, found.costs


def _without_neurons(
    whole: Any, own: Any, states: Sequence[_States], felt: _Felt, inner: int
) -> tuple[list[_States], list[float]]:
    """The same for inner neurons, with the states after the layer."""
    found = spared(
        _matrix(own.output.dense),
        [
            _rows(
                own.intermediate(each.small),
                whole.output.dense(whole.intermediate(each.whole)) + each.whole - each.small,
                each.mask,
                counts,
            )
            for each, counts in zip(states, felt.tokens, strict=True)
        ],
        felt.weights(),
        keep=inner,
        size=1,
        penalty=_PENALTY_INNER,
    )
    own.intermediate.dense = _linear(_matrix(own.intermediate.dense)[found.kept])
    own.output.dense = _linear(found.matrix)
    after = [
        _States(
            whole.output(whole.intermediate(each.whole), each.whole),
            own.output(own.intermediate(each.small), each.small),
            each.mask,
        )
        for each in states
    ]
    return after, found.costs


def _going_on(states: _States, worth: Tensor) -> _States:
    places, mask = telling(worth, states.mask)
    where = places.unsqueeze(-1).expand(-1, -1, states.whole.shape[-1])
    return _States(states.whole.gather(1, where), states.small.gather(1, where), mask)


def _rows(inputs: Tensor, wanted: Tensor, mask: Tensor, counts: Tensor) -> Rows:
    is_text = mask.bool()
    return Rows(inputs[is_text].numpy(), wanted[is_text].numpy(), counts[is_text].numpy())


def _matrix(linear: nn.Linear) -> Floats:
    """With the bias beside, (outputs, inputs + 1)."""
    matrix: Floats = torch.cat([linear.weight, linear.bias[:, None]], dim=1).numpy()
    return matrix


def _linear(matrix: Floats) -> nn.Linear:
    """Of a `matrix` with the bias beside."""
    linear = nn.Linear(matrix.shape[1] - 1, len(matrix))
    linear.weight.copy_(torch.from_numpy(matrix[:, :-1]))
    linear.bias.copy_(torch.from_numpy(matrix[:, -1]))
    return linear
