"""The transformer, and the words beside it: one pass of ONNX Runtime gives every head's raw output.

A comment's result never depends on its company: what passes through together has the same number
of tokens, up to the next multiple of four, and the network's 8-bit scales are constants.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nlp.bag_of_words import FILE as WORDS
from nlp.bag_of_words import BagOfWords
from nlp.processor import sums_bytes_exactly

Floats = NDArray[np.float32]

#: Tokens that go through the network at once, with their padding.
_BUDGET = 1024

#: Windows are filled up to a multiple of this many tokens.
_STEP = 4

#: Tokens that neighbouring windows of a long comment share.
_OVERLAP = 32

#: Characters that become tokens at once: a pathological text must not hold the machine's memory.
_PART = 100_000

#: Every model has these outputs; newer ones have those too.
_ALWAYS = ("factor_logits", "stance_logits", "overall_logits", "attention")
_SOMETIMES = ("level_logits", "concern_logit", "embedding")


@dataclass(frozen=True, slots=True)
class Encoded:
    """Raw outputs for one comment.

    `factor_logits` (7,), `stance_logits` (7, 3), `overall_logits` (3,). `attention` is (7, tokens)
    over the window in which each factor is strongest; `token_places` (7, tokens, 2) are the
    characters of those tokens, (0, 0) for tokens that are not text. `level_logits` (5,), very
    positive to very negative, `concern_logit` and `embedding` (width,), of length 1, are None
    where the model has no such output. `voice` is the chance, 0 to 1, that it sounds like the
    comments written for the project, in the voice of care staff, rather than published reviews and posts.
    """

    factor_logits: Floats
    stance_logits: Floats
    overall_logits: Floats
    attention: tuple[Floats, ...]
    token_places: tuple[NDArray[np.int64], ...]
    level_logits: Floats | None = None
    concern_logit: float | None = None
    embedding: Floats | None = None
    voice: float = 0.5


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of a comment that goes through the network at once."""

    ids: list[int]
    places: NDArray[np.int64]


class Encoder:
    """A verified model folder's network, tokeniser and words. Reads comments of any length."""

    def __init__(self, directory: Path, *, max_tokens: int, threads: int | None = None) -> None:
        self._threads = threads or min(4, os.cpu_count() or 1)
        options = onnxruntime.SessionOptions()
        # Each thread reads windows of its own: sharing every product between threads is slower.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        if not sums_bytes_exactly():
            # Asked for exact sums, ONNX Runtime gives the same on every processor, at half the speed.
            options.add_session_config_entry("session.x64quantprecision", "1")
        self._session = onnxruntime.InferenceSession(
            str(directory / "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            # On some processors one operator for a sum and its normalisation takes ten times as long.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        present = {output.name for output in self._session.get_outputs()}
        self._names = [*_ALWAYS, *(name for name in _SOMETIMES if name in present)]
        self._tokeniser: Any = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokeniser.no_padding()
        self._tokeniser.enable_truncation(max_tokens, stride=_OVERLAP)
        words = directory / WORDS
        self._words = BagOfWords.load(words) if words.exists() else None

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Raw outputs for each text, in order.

        A text longer than a window is read in overlapping windows: factors and concern count
        where they are strongest, the rest is the mean of the windows weighted by their tokens.
        What the model's words say of a factor is added, where it has any.
        """
        windows = self._windows(texts)
        flat = [(owner, window.ids) for owner, own in enumerate(windows) for window in own]
        outputs: list[list[dict[str, Any]]] = [[] for _ in texts]
        found: list[dict[str, Any]] = [{}] * len(flat)
        groups = list(_of_one_length([len(ids) for _, ids in flat]))
        work = [[flat[place][1] for place in group] for group in groups]
        with ThreadPoolExecutor(self._threads) as pool:
            running = pool.map(self._run, work)
            # Words are looked up while the network runs.
            nothing = (np.zeros(1, dtype=np.float32), 0.5)
            added = [self._words.read(text) if self._words else nothing for text in texts]
            for group, results in zip(groups, running, strict=True):
                for place, result in zip(group, results, strict=True):
                    found[place] = result
        for (owner, _), result in zip(flat, found, strict=True):
            outputs[owner].append(result)
        return [_joined(*parts) for parts in zip(outputs, windows, added, strict=True)]

    def _windows(self, texts: Sequence[str]) -> list[list[_Window]]:
        windows: list[list[_Window]] = [[] for _ in texts]
        parts = [
            (owner, start, text[start : start + _PART])
            for owner, text in enumerate(texts)
            for start in range(0, max(1, len(text)), _PART)
        ]
        encodings = self._tokeniser.encode_batch([part for _, _, part in parts])
        for (owner, start, _), encoding in zip(parts, encodings, strict=True):
            for piece in (encoding, *encoding.overflowing):
                places = np.array(piece.offsets, dtype=np.int64)
                places[places[:, 1] > places[:, 0]] += start
                windows[owner].append(_Window(piece.ids, places))
        return windows

    def _run(self, ids: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
        longest = _filled(max(len(row) for row in ids))
        input_ids = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int64)
        for row, values in enumerate(ids):
            input_ids[row, : len(values)] = values
            mask[row, : len(values)] = 1
        given = {"input_ids": input_ids, "attention_mask": mask}
        outputs: Any = self._session.run(self._names, given)
        results = [dict(zip(self._names, each, strict=True)) for each in zip(*outputs, strict=True)]
        for own, result in zip(ids, results, strict=True):
            result["attention"] = result["attention"][:, : len(own)]
        return results


def _filled(tokens: int) -> int:
    return -(-tokens // _STEP) * _STEP


def _of_one_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of windows that may go through together, at most `_BUDGET` tokens each time."""
    of_length: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        of_length.setdefault(_filled(length), []).append(place)
    for length, places in of_length.items():
        size = max(1, _BUDGET // length)
        yield from (places[start : start + size] for start in range(0, len(places), size))


def _joined(
    outputs: Sequence[dict[str, Any]], windows: Sequence[_Window], words: tuple[Floats, float]
) -> Encoded:
    added, voice = words
    factor = np.stack([output["factor_logits"] for output in outputs])
    best = factor.argmax(axis=0)
    sizes = np.array([len(window.ids) for window in windows], dtype=np.float32)
    shares = sizes / sizes.sum()
    columns = range(factor.shape[1])

    def mean(name: str) -> Floats:
        values: Floats = outputs[0][name]
        if len(outputs) > 1:
            values = np.tensordot(shares, np.stack([output[name] for output in outputs]), 1)
        return values

    optional: dict[str, Any] = {}
    if "level_logits" in outputs[0]:
        optional["level_logits"] = mean("level_logits")
    if "concern_logit" in outputs[0]:
        optional["concern_logit"] = float(max(output["concern_logit"] for output in outputs))
    if "embedding" in outputs[0]:
        embedding = mean("embedding")
        optional["embedding"] = embedding / np.linalg.norm(embedding)
    return Encoded(
        factor_logits=factor.max(axis=0) + added,
        stance_logits=np.stack([outputs[best[i]]["stance_logits"][i] for i in columns]),
        overall_logits=mean("overall_logits"),
        attention=tuple(outputs[best[i]]["attention"][i] for i in columns),
        token_places=tuple(windows[best[i]].places for i in columns),
        voice=voice,
        **optional,
    )
