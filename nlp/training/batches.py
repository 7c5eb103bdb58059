"""Batches of texts of like lengths."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nlp.training.model import load_tokeniser

#: Most comments of one batch, however short they are.
_MOST = 48


class Texts:
    """Texts as token ids, kept so that each epoch only shuffles and pads."""

    def __init__(self, texts: Sequence[str], directory: Path, tokens: int) -> None:
        tokeniser: Any = load_tokeniser(directory)
        self.ids: list[list[int]] = tokeniser(list(texts), truncation=True, max_length=tokens)[
            "input_ids"
        ]
        self._pad: int = tokeniser.pad_token_id

    def batches(self, budget: int, rng: random.Random | None) -> Iterator[list[int]]:
        """Places of texts of like lengths, up to `budget` tokens with their padding; shuffled by
        `rng`, or in order of length without one."""
        order = list(range(len(self.ids)))
        if rng:
            rng.shuffle(order)
        pool = 2000 if rng else max(1, len(order))
        groups: list[list[int]] = []
        for start in range(0, len(order), pool):
            group: list[int] = []
            for i in sorted(order[start : start + pool], key=lambda i: len(self.ids[i])):
                too_wide = (len(group) + 1) * len(self.ids[i]) > budget
                if group and (too_wide or len(group) == _MOST):
                    groups.append(group)
                    group = []
                group.append(i)
            groups.append(group)
        if rng:
            rng.shuffle(groups)
        yield from groups

    def of_one_length(self) -> list[list[int]]:
        """Places of texts of equal lengths, which need no padding."""
        groups: dict[int, list[int]] = {}
        for place, ids in enumerate(self.ids):
            groups.setdefault(len(ids), []).append(place)
        return list(groups.values())

    def padded(self, group: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Token ids and mask of a batch, both (len(group), longest)."""
        longest = max(len(self.ids[i]) for i in group)
        ids = torch.full((len(group), longest), self._pad)
        mask = torch.zeros((len(group), longest), dtype=torch.long)
        for row, i in enumerate(group):
            ids[row, : len(self.ids[i])] = torch.tensor(self.ids[i])
            mask[row, : len(self.ids[i])] = 1
        return ids, mask
