"""The network: one encoder pass, attention pooling, several heads. For teacher and pupil alike."""

from __future__ import annotations

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

#: Whether the processor multiplies 16-bit brain floats itself: then training uses them.
BRAIN_FLOATS: bool = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


class Outputs(NamedTuple):
    """Raw outputs for a batch: `factors` (n, 7), `stances` (n, 7, 3), `overall` (n, 3),
    `levels` (n, 5), `concern` (n,), all logits; `attention` (n, 7, tokens) sums to 1 over tokens;
    `mean` (n, width) is the mean of the last layer over tokens."""

    factors: Tensor
    stances: Tensor
    overall: Tensor
    levels: Tensor
    concern: Tensor
    attention: Tensor
    mean: Tensor


class CommentModel(nn.Module):
    """Input: token ids and mask, both (batch, tokens)."""

    def __init__(self, directory: Path) -> None:
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
        #: Set while training: sums of the encoder in 16 bits, weights and heads in 32.
        self.brain_floats = False

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Outputs:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.brain_floats):
            encoded = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        hidden = encoded.last_hidden_state.float()
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
            attention=weights[:, :FACTOR_COUNT],
            mean=mean,
        )


def load_tokeniser(directory: Path) -> Any:
    return AutoTokenizer.from_pretrained(directory)
