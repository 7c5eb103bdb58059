"""The transformer: one pass of ONNX Runtime gives every head's raw output."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]

Floats = NDArray[np.float32]

#: Windows that go through the network at once.
_BATCH = 32

#: Tokens that neighbouring windows of a long comment share.
_OVERLAP = 32


@dataclass(frozen=True, slots=True)
class Encoded:
    """Raw outputs for one comment.

    `factor_logits` (7,), `stance_logits` (7, 3), `overall_logits` (3,). `attention` is (7, tokens)
    over the window in which each factor is strongest; `token_places` (7, tokens, 2) are the
    characters of those tokens, (0, 0) for tokens that are not text.
    """

    factor_logits: Floats
    stance_logits: Floats
    overall_logits: Floats
    attention: tuple[Floats, ...]
    token_places: tuple[NDArray[np.int64], ...]


class Encoder:
    """A verified model folder's network and tokeniser. Reads comments of any length."""

    def __init__(self, directory: Path, *, max_tokens: int, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(4, os.cpu_count() or 1)
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokeniser: Any = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        self._max_tokens = max_tokens

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Raw outputs for each text, in order.

        A text longer than a window is read in overlapping windows: a factor counts where it is
        strongest, overall sentiment is the mean of the windows weighted by their tokens.
        """
        if not texts:
            return []
        tokens = self._tokeniser(
            list(texts),
            truncation=True,
            max_length=self._max_tokens,
            stride=_OVERLAP,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        ids, places = tokens["input_ids"], tokens["offset_mapping"]
        owners = tokens["overflow_to_sample_mapping"]
        outputs: list[tuple[Floats, ...]] = [()] * len(ids)
        # Like lengths together, so that little is spent on padding.
        order = sorted(range(len(ids)), key=lambda window: len(ids[window]))
        for start in range(0, len(order), _BATCH):
            group = order[start : start + _BATCH]
            for window, output in zip(group, self._run([ids[w] for w in group]), strict=True):
                outputs[window] = output
        windows: list[list[int]] = [[] for _ in texts]
        for window, owner in enumerate(owners):
            windows[owner].append(window)
        return [
            _joined([outputs[w] for w in mine], [np.asarray(places[w]) for w in mine])
            for mine in windows
        ]

    def _run(self, ids: Sequence[Sequence[int]]) -> list[tuple[Floats, ...]]:
        longest = max(len(row) for row in ids)
        input_ids = np.full((len(ids), longest), self._tokeniser.pad_token_id, dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int64)
        for row, values in enumerate(ids):
            input_ids[row, : len(values)] = values
            mask[row, : len(values)] = 1
        factor, stance, overall, attention = self._session.run(
            ["factor_logits", "stance_logits", "overall_logits", "attention"],
            {"input_ids": input_ids, "attention_mask": mask},
        )
        return [
            (factor[row], stance[row], overall[row], attention[row, :, : len(values)])
            for row, values in enumerate(ids)
        ]


def _joined(outputs: Sequence[tuple[Floats, ...]], places: Sequence[NDArray[np.int64]]) -> Encoded:
    factor = np.stack([output[0] for output in outputs])
    best = factor.argmax(axis=0)
    weights = np.array([output[3].shape[1] for output in outputs], dtype=np.float32)
    overall = np.stack([output[2] for output in outputs])
    columns = range(factor.shape[1])
    return Encoded(
        factor_logits=factor.max(axis=0),
        stance_logits=np.stack([outputs[best[i]][1][i] for i in columns]),
        overall_logits=(overall * weights[:, None]).sum(axis=0) / weights.sum(),
        attention=tuple(outputs[best[i]][3][i] for i in columns),
        token_places=tuple(places[best[i]] for i in columns),
    )
