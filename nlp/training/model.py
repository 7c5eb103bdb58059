"""The network: one encoder pass, attention pooling, several heads. For teacher and pupil alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

FACTOR_COUNT = 7
SENTIMENT_COUNT = 3
LEVEL_COUNT = 5

#: Queries of the pooling: one a factor, one for the comment as a whole, one for a concern.
WHOLE, CONCERN = FACTOR_COUNT, FACTOR_COUNT + 1
QUERY_COUNT = FACTOR_COUNT + 2

#: In this layer and those above, only the more telling tokens ask, and go on: so many in so many of a
#: comment's, or FEWEST where that is more. Those of the layer below may still be asked.
NARROW_FROM = 1
GOING_ON = (7, 8)
FEWEST = 16

#: Whether the processor multiplies 16-bit brain floats itself: then training uses them.
BRAIN_FLOATS: bool = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


class Outputs(NamedTuple):
    """Raw outputs for a batch: `factors` (n, 7), `stances` (n, 7, 3), `overall` (n, 3),
    `levels` (n, 5), `concern` (n,), all logits; `states` (n, tokens, width) are the last layer's, `mask`
    (n, tokens) says which are text, `mean` (n, width) is their mean."""

    factors: Tensor
    stances: Tensor
    overall: Tensor
    levels: Tensor
    concern: Tensor
    states: Tensor
    mask: Tensor
    mean: Tensor


class CommentModel(nn.Module):
    """Input: token ids and mask, both (batch, tokens).

    With `worth` (width,), by which its embedding tells how much a token says, the layers above the
    first see the more telling of a comment's tokens; see `nlp.training.narrowing`. That needs an encoder
    of BERT's kind.
    """

    worth: Tensor | None

    def __init__(self, directory: Path, *, worth: Tensor | None = None) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            directory,
            add_pooling_layer=False,
            # In 16 bits the fused attention's way back takes a third of all the time.
            attn_implementation="eager",
        )
        config: Any = self.encoder.config
        width: int = config.hidden_size
        self.queries = nn.Parameter(torch.randn(QUERY_COUNT, width) * 0.02)
        self.factor_weight = nn.Parameter(torch.randn(FACTOR_COUNT, width) * 0.02)
        # About one label in six is present: the first guess says so.
        self.factor_bias = nn.Parameter(torch.full((FACTOR_COUNT,), -1.5))
        self.stance = nn.Linear(2 * width, SENTIMENT_COUNT)
        self.overall = nn.Linear(2 * width, SENTIMENT_COUNT)
        self.level = nn.Linear(2 * width, LEVEL_COUNT)
        self.concern = nn.Linear(2 * width, 1)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("worth", worth)
        #: Set while training: sums of the encoder in 16 bits, weights and heads in 32.
        self.brain_floats = False

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Outputs:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.brain_floats):
            if self.worth is None:
                encoded = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
                hidden = encoded.last_hidden_state
            else:
                hidden, attention_mask = self._narrowing(self.worth, input_ids, attention_mask)
        hidden = hidden.float()
        mask = attention_mask.to(hidden.dtype)
        scores = torch.einsum("btd,qd->bqt", hidden, self.queries)
        weights = torch.softmax(scores + (mask.unsqueeze(1) - 1) * 1e4, dim=-1)
        pooled = self.dropout(torch.einsum("bqt,btd->bqd", weights, hidden))
        mean = torch.einsum("bt,btd->bd", mask, hidden) / mask.sum(1, keepdim=True)
        of_factors = pooled[:, :FACTOR_COUNT]
        whole = torch.cat([pooled[:, WHOLE], mean], dim=-1)
        mean_of_factors = mean.unsqueeze(1).expand(-1, FACTOR_COUNT, -1)
        return Outputs(
            factors=(of_factors * self.factor_weight).sum(-1) + self.factor_bias,
            stances=self.stance(torch.cat([of_factors, mean_of_factors], dim=-1)),
            overall=self.overall(whole),
            levels=self.level(whole),
            concern=self.concern(torch.cat([pooled[:, CONCERN], mean], dim=-1)).squeeze(-1),
            states=hidden,
            mask=mask,
            mean=mean,
        )

    def _narrowing(self, worth: Tensor, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The last layer's states (batch, kept, width) and which of them are text (batch, kept)."""
        hidden = self.encoder.embeddings(input_ids=ids)
        worth_of_each = hidden.float() @ worth
        for number, layer in enumerate(self.encoder.encoder.layer):
            asking, asked = hidden, mask
            if number == NARROW_FROM:
                places, mask = telling(worth_of_each, mask)
                asking = hidden.gather(1, places.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))
            middle = layer.attention.output(attended(layer, asking, hidden, asked), asking)
            hidden = layer.output(layer.intermediate(middle), middle)
        return hidden, mask


def kept(tokens: Tensor) -> Tensor:
    """How many of a comment's `tokens` go on, both (batch,). At run time windows are filled up to a
    multiple of four."""
    filled = -(-tokens // 4) * 4
    return torch.maximum(filled.clamp(max=FEWEST), filled * GOING_ON[0] // GOING_ON[1])


def telling(worth: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the tokens that go on, (batch, kept), and which are text; `worth` (batch, tokens)."""
    most = kept(mask.sum(1)).clamp(max=worth.shape[1])
    places = worth.masked_fill(mask == 0, -torch.inf).topk(int(most.max()), dim=1).indices
    is_own = torch.arange(places.shape[1]) < most.unsqueeze(1)
    return places, mask.gather(1, places) * is_own


def attended(layer: Any, asking: Tensor, asked: Tensor, mask: Tensor) -> Tensor:
    """What the heads of a layer hand on, (batch, asking, heads times their width); `mask` is that of those
    that are `asked`."""
    own = layer.attention.self
    query, key, value = (
        part(states).unflatten(-1, (own.num_attention_heads, -1)).transpose(1, 2)
        for part, states in ((own.query, asking), (own.key, asked), (own.value, asked))
    )
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    hide = (mask - 1).to(scores.dtype)[:, None, None] * 1e4
    weights = torch.softmax((scores + hide).float(), dim=-1).to(value.dtype)
    return (weights @ value).transpose(1, 2).flatten(2)


def with_weights(directory: Path, weights: Mapping[str, Tensor]) -> CommentModel:
    """The network of the folder's encoder that has these weights, and no more heads and inner neurons
    than they have. Raises RuntimeError when they are of another network."""
    model = CommentModel(directory, worth=weights.get("worth"))
    for number, layer in enumerate(model.encoder.encoder.layer):
        place = f"encoder.encoder.layer.{number}."
        own, output = layer.attention.self, layer.attention.output
        heads, width = weights[f"{place}attention.self.query.weight"].shape
        inner = len(weights[f"{place}intermediate.dense.weight"])
        for name in ("query", "key", "value"):
            setattr(own, name, nn.Linear(width, heads))
        own.num_attention_heads, own.all_head_size = heads // own.attention_head_size, heads
        output.dense = nn.Linear(heads, width)
        layer.intermediate.dense, layer.output.dense = nn.Linear(width, inner), nn.Linear(inner, width)
    model.load_state_dict(dict(weights))
    return model


def sizes_of(model: CommentModel) -> list[tuple[int, int]]:
    """Heads of attention and inner neurons of each layer, of an encoder of BERT's kind."""
    return [
        (layer.attention.self.num_attention_heads, layer.intermediate.dense.out_features)
        for layer in model.encoder.encoder.layer
    ]


def load_tokeniser(directory: Path) -> Any:
    return AutoTokenizer.from_pretrained(directory)
