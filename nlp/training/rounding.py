"""Where the network's 8-bit numbers start and end, from what passes through it on real comments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nlp.encoder import Floats
from nlp.training.batches import Texts
from nlp.training.graph import POINTS, Rounding
from nlp.training.model import CommentModel

#: How much of a channel's own size goes into the weights, 0 to 1: a few channels are very large.
#: Source: Xiao et al. 2023, "SmoothQuant".
_TO_WEIGHTS = 0.9

#: What lies outside the range that was seen is cut off; a little room is left.
_ROOM = 1.05


@torch.no_grad()
def roundings_of(model: CommentModel, texts: Sequence[str], encoder: Path) -> dict[str, Rounding]:
    """How to round the input of each matrix product, by '<layer>.<point>'.

    Ranges are those of everything seen: cutting off rare large values costs far more than the
    finer steps are worth, because the network carries meaning in them.
    """
    seen: dict[str, tuple[Tensor, Tensor]] = {}

    def watch(name: str) -> Any:
        def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            values = inputs[0].flatten(0, 1)
            low, high = values.amin(0), values.amax(0)
            if name in seen:
                low, high = torch.minimum(low, seen[name][0]), torch.maximum(high, seen[name][1])
            seen[name] = low, high

        return note

    weights: dict[str, Floats] = {}
    hooks = []
    for number, layer in enumerate(model.encoder.encoder.layer):
        own = layer.attention.self
        products = (
            [own.key, own.value, own.query],  # keys are of all tokens, queries not always
            [layer.attention.output.dense],
            [layer.intermediate.dense],
            [layer.output.dense],
        )
        for point, modules in zip(POINTS, products, strict=True):
            name = f"{number}.{point}"
            weights[name] = torch.cat([module.weight for module in modules]).numpy()
            hooks.append(modules[0].register_forward_pre_hook(watch(name)))
    encoded = Texts(texts, encoder, tokens=192)
    for group in encoded.of_one_length():  # what padding becomes is no one's value
        model(*encoded.padded(group))
    for hook in hooks:
        hook.remove()
    return {
        name: _rounding(low.numpy(), high.numpy(), weights[name])
        for name, (low, high) in seen.items()
    }


def _rounding(low: Floats, high: Floats, matrix: Floats) -> Rounding:
    """`low` and `high` (inputs,) of each channel, `matrix` (outputs, inputs)."""
    size = np.maximum(np.abs(low), np.abs(high)) + 1e-5
    weight = np.abs(matrix).max(axis=0) + 1e-5
    spread = size**_TO_WEIGHTS / weight ** (1 - _TO_WEIGHTS)
    spread = (spread / np.exp(np.log(spread).mean())).astype(np.float32)
    return Rounding(
        low=min(0.0, float((low / spread).min())) * _ROOM,
        high=max(1e-3, float((high / spread).max())) * _ROOM,
        spread=spread,
    )
