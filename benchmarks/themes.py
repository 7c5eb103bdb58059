"""The comment pipeline beside what others would run, on the same comments, in one run.

Everything has two threads. The others need PyTorch, from an environment of its own
(`make bench` makes it in `.venv-training`); without one only our own figures are printed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Measurement, seconds
from nlp import artefacts
from nlp.labelled import OWN_DEVELOPMENT_SET

_COMMENTS = 2000
_THREADS = 2
_PYTHON = Path(".venv-training/bin/python")

#: Of the small encoder: its width and that of its heads, for counting its sums.
_WIDTH, _HEAD = 384, 32

#: In this layer and above, the more telling tokens alone ask; below it, all do.
_NARROW_FROM = 1


def measure() -> Iterator[Measurement]:
    texts = _texts()
    ours = [_in_new_process(texts) for _ in range(3)]
    whole = tuple(len(texts) / run["whole"] for run in ours)
    heads = tuple(len(texts) / run["heads"] for run in ours)
    yield Measurement("whole pipeline", "comments a second", whole)
    yield Measurement("encoder and heads alone", "comments a second", heads)
    yield Measurement("peak of memory", "MB", tuple(run["peak"] for run in ours))
    sums = tuple(run["sums"] / run["heads"] / 1e9 for run in ours)
    yield Measurement("encoder's matrix products, 8-bit", "GFLOP/s", sums)
    yield Measurement("this machine's best matrix product, 32-bit", "GFLOP/s", _peak())
    if not _PYTHON.exists():
        return
    others = [_others(texts) for _ in range(3)]
    for name in others[0]:
        rates = tuple(1 / run[name] for run in others)
        yield Measurement(f"transformers, one comment at a time: {name}", "comments a second", rates)
    plain = sorted(1 / run["same encoder"] for run in others)[1]
    yield Measurement("whole pipeline against it", "times", tuple(rate / plain for rate in whole))
    yield Measurement("encoder and heads against it", "times", tuple(r / plain for r in heads))


def _texts() -> list[str]:
    """2,000 comments of COMMENTS, a .jsonl file, or of the set that ships."""
    path = Path(os.environ.get("COMMENTS") or OWN_DEVELOPMENT_SET)
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines if line.strip()]
    return list(islice(cycle(texts), _COMMENTS))


def _in_new_process(texts: list[str]) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_ours, (texts,))


def _ours(texts: list[str]) -> dict[str, float]:
    from nlp.encoder import Encoder
    from nlp.pipeline import load

    pipeline = load(threads=_THREADS)
    list(pipeline.analyse(texts[:64]))
    start = time.perf_counter()
    list(pipeline.analyse(texts))
    whole = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    artefact = artefacts.verify(artefacts.newest())
    config = {stage["stage"]: stage["config"] for stage in artefact.manifest["components"]}
    encoder = Encoder(
        artefact.directory, max_tokens=config["encoder"]["max_tokens"], threads=_THREADS
    )
    encoder.encode(texts[:64])
    start = time.perf_counter()
    encoded = encoder.encode(texts)
    heads = time.perf_counter() - start
    lengths = np.array([len(comment.token_places[0]) for comment in encoded], dtype=np.float64)
    sums = _sums(lengths, artefact.manifest["encoder"]["layers"])
    return {"whole": whole, "heads": heads, "peak": peak, "sums": sums}


def _sums(lengths: NDArray[np.float64], layers: Sequence[Sequence[int]]) -> float:
    """Floating-point operations for comments of so many tokens, with the heads and inner neurons of each
    layer; see `nlp.training.model.kept` for the tokens that go on."""
    filled = np.ceil(lengths / 4) * 4
    going_on = np.minimum(lengths, np.maximum(filled * 7 // 8, np.minimum(filled, 16)))
    total = 0.0
    for number, (heads, inner) in enumerate(layers):
        asked = lengths if number <= _NARROW_FROM else going_on
        asking = lengths if number < _NARROW_FROM else going_on
        attention = heads * _HEAD
        keys_and_values, queries_and_out = (4 * _WIDTH * attention * tokens for tokens in (asked, asking))
        products = keys_and_values + queries_and_out + 4 * attention * asking * asked
        total += float((products + 4 * _WIDTH * inner * asking).sum())
    return total


def _peak() -> tuple[float, ...]:
    left = np.ones((2048, 1536), dtype=np.float32)
    right = np.ones((1536, 2048), dtype=np.float32)
    return tuple(2 * 2048 * 1536 * 2048 / taken / 1e9 for taken in seconds(lambda: left @ right))


def _others(texts: list[str]) -> dict[str, float]:
    find = "from nlp.training.sources import small_directory; print(small_directory())"
    encoder = subprocess.run(
        [str(_PYTHON), "-c", find], check=True, capture_output=True, text=True
    ).stdout.strip()
    given = json.dumps({"texts": texts, "encoder": encoder})
    run = subprocess.run(
        [str(_PYTHON), "-m", "benchmarks.plain"],
        input=given,
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, float] = json.loads(run.stdout)
    return result
