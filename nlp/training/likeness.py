"""An embedding that says what a sentence is about.

Fine-tuning makes the last layer speak of sentiment above all, which groups sentences badly. The
original encoder's embedding is won back, well enough, from the first and the last layer together,
by one linear map: no second pass is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoModel

from nlp.encoder import Floats
from nlp.training.batches import Texts
from nlp.training.model import CommentModel

#: Ridge penalty for each sentence. Inputs are standardised.
_PENALTY = 0.01


@dataclass(frozen=True, slots=True)
class Likeness:
    """`matrix` (2 * width, width) and `shift` (width,), for the mean over tokens of the first
    layer's input and of the last layer's output, side by side."""

    matrix: Floats
    shift: Floats


@torch.no_grad()
def likeness_of(model: CommentModel, texts: Sequence[str], encoder: Path) -> Likeness:
    """Fit the map on `texts`: ridge regression on the embeddings that the folder's encoder gives."""
    original: Any = AutoModel.from_pretrained(encoder, add_pooling_layer=False).eval()
    encoded = Texts(texts, encoder, tokens=128)
    inputs, wanted = [], []
    for group in encoded.batches(budget=4000, rng=None):
        ids, mask = encoded.padded(group)
        first = model.encoder.embeddings(input_ids=ids)
        inputs.append(torch.cat([_mean(first, mask), model(ids, mask).mean], dim=1))
        mean = _mean(original(input_ids=ids, attention_mask=mask).last_hidden_state, mask)
        wanted.append(torch.nn.functional.normalize(mean, dim=1))
    return _ridge(
        torch.cat(inputs).double().numpy(), torch.cat(wanted).double().numpy(), _PENALTY
    )


def _mean(hidden: Tensor, mask: Tensor) -> Tensor:
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1)


def _ridge(
    inputs: NDArray[np.float64], wanted: NDArray[np.float64], penalty: float
) -> Likeness:
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    standard = (inputs - centre) / spread
    square = standard.T @ standard + penalty * len(inputs) * np.eye(inputs.shape[1])
    middle = wanted.mean(axis=0)
    matrix = np.linalg.solve(square, standard.T @ (wanted - middle)) / spread[:, None]
    return Likeness(
        matrix=matrix.astype(np.float32), shift=(middle - centre @ matrix).astype(np.float32)
    )
