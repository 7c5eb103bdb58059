"""What teachers say of texts: kept by a text's digest, so that nobody has to train them again.

A file holds no text. Logits are kept as eighths in one byte, from -15.875 to 15.875.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.encoder import Floats

#: Opinions that ship with the project, one file a teacher.
SHIPPED = Path(__file__).parent / "opinions"

_STEPS = 8


class Opinion(NamedTuple):
    """A teacher's logits for texts: (n, 7), (n, 7, 3), (n, 3) and (n, 5)."""

    factors: Floats
    stances: Floats
    overall: Floats
    levels: Floats


#: Opinions on single texts, which have no first axis, by the texts' digests.
Opinions = Mapping[int, Opinion]


def digest(text: str) -> int:
    """64 bits that stand for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def write(path: Path, texts: Sequence[str], opinion: Opinion) -> None:
    """Keep the opinions on `texts`, in the order of their digests."""
    keys = np.array([digest(text) for text in texts], dtype=np.uint64)
    order = np.argsort(keys)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        keys=keys[order],
        **{name: _packed(part)[order] for name, part in opinion._asdict().items()},
    )


def read_all(paths: Iterable[Path]) -> list[Opinions]:
    """The opinions of each file."""
    return [_read(path) for path in paths]


def _read(path: Path) -> Opinions:
    with np.load(path) as kept:
        parts = [kept[name].astype(np.float32) / _STEPS for name in Opinion._fields]
        keys: NDArray[np.uint64] = kept["keys"]
    return {int(key): Opinion(*(part[i] for part in parts)) for i, key in enumerate(keys)}


def _packed(logits: Floats) -> NDArray[np.int8]:
    return np.clip(np.rint(logits * _STEPS), -127, 127).astype(np.int8)
