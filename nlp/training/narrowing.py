"""Which tokens of a comment go on past the network's first layer: the more telling ones.

By then every token has been read by all others, and in the next layer those that stay behind can still
be asked. What they would add above is next to nothing, and would take a tenth of the time. Source:
Goyal et al. 2020, "PoWER-BERT", which chooses tokens by the attention that they draw; here a token's
worth is read off its embedding, by a line fitted to how much the outputs hang on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from nlp.training.batches import Texts
from nlp.training.model import CommentModel

#: Texts from which the worth of tokens is taken.
TEXTS = 2500

#: Ridge penalty, and what is added to a token's share before its logarithm: below it all are alike.
_PENALTY, _FLOOR = 10.0, 0.1


def worth_of(model: CommentModel, texts: Sequence[str], encoder: Path) -> Tensor:
    """What to weigh a token's embedding with, (width,), for its worth.

    Ridge regression on the logarithm of how far the outputs move with the token, relative to the mean
    of its comment. `model` reads every token.
    """
    width = model.queries.shape[1]
    square, product = torch.eye(width + 1).double() * _PENALTY, torch.zeros(width + 1).double()
    encoded = Texts(texts, encoder, tokens=192)
    chance = torch.Generator().manual_seed(1)
    for group in tqdm(list(encoded.batches(budget=4000, rng=None)), desc="worth", mininterval=5):
        ids, mask = encoded.padded(group)
        moved = _moved(model, ids, mask, chance) * mask
        shares = moved * mask.sum(1, keepdim=True) / moved.sum(1, keepdim=True)
        with torch.no_grad():
            embedded = model.encoder.embeddings(input_ids=ids)
        is_text = mask.bool()
        signs = torch.cat([embedded, torch.ones(*mask.shape, 1)], dim=-1)[is_text].double()
        square += signs.T @ signs
        product += signs.T @ torch.log(shares[is_text] + _FLOOR).double()
    return torch.linalg.solve(square, product)[:width].float()


def _moved(model: CommentModel, ids: Tensor, mask: Tensor, chance: torch.Generator) -> Tensor:
    """How far the heads' outputs move with what the first layer hands on for each token, (batch,
    tokens): gradient times value, along a direction drawn by chance for each head."""
    held: list[Tensor] = []

    def hold(_: Any, __: Any, result: Any) -> Any:
        held.append(result.detach().requires_grad_())
        return held[0]

    hook = model.encoder.encoder.layer[0].register_forward_hook(hold)
    outputs = model(ids, mask)
    hook.remove()
    total = torch.zeros(ids.shape)
    heads = (*outputs[:4], outputs.concern[:, None])
    for head in (head.flatten(1) for head in heads):
        direction = torch.randn(head.shape, generator=chance)
        (gradient,) = torch.autograd.grad((head * direction).sum(), held[0], retain_graph=True)
        total += (gradient * held[0].detach()).sum(-1) ** 2 / head.shape[1]
    return total.sqrt()
