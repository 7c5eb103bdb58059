"""Only the more telling tokens of a comment go through all of the network."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from nlp import artefacts
from nlp.encoder import Encoded, Encoder
from nlp.labelled import OWN_DEVELOPMENT_SET

LONG = "My mentor has time for me and explains what she does, and why, and asks what I would have done. " * 3


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(artefacts.newest(), max_tokens=192)


def went_on(said: Encoded) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which tokens any factor could attend to, (tokens,)."""
    seen: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.stack(said.attention).max(axis=0) > 0
    return seen


@pytest.mark.parametrize("text", ["ok", "Nobody told us the rota had changed.", LONG[:97], LONG])
def test_part_of_a_long_comment_goes_on_and_all_of_a_short_one(encoder: Encoder, text: str) -> None:
    (said,) = encoder.encode([text])
    seen = went_on(said)
    filled = -(-len(seen) // 4) * 4
    assert seen.sum() == min(len(seen), max(filled * 7 // 8, 16))
    assert np.stack(said.attention).sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_articles_stay_behind_rather_than_what_a_comment_is_about(encoder: Encoder) -> None:
    with OWN_DEVELOPMENT_SET.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    there, on = Counter[str](), Counter[str]()
    for text, said in zip(texts, encoder.encode(texts), strict=True):
        for (start, end), is_on in zip(said.token_places[0], went_on(said), strict=True):
            word = text[start:end].lower()
            there[word] += 1
            on[word] += bool(is_on)

    def share(*words: str) -> float:
        return sum(on[word] for word in words) / sum(there[word] for word in words)

    about = share("mentor", "feedback", "appraisal", "training", "thanks")
    assert about > 1.2 * share("the", "a", "an", "of")
