"""What sentences are about, as vectors: embeddings without their sentiment, and their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from math import log

import numpy as np
from spacy.lang.en.stop_words import STOP_WORDS

from nlp.clustering import Floats, Integers, unit

#: Sentences' worth of trust in the mean of all against that of one sentiment.
_PRIOR = 5

#: What words count for beside the embedding, in shares of cosine similarity. Without them groups
#: are vague and find no name.
_WORDS = 0.5

#: Places into which words are hashed, and places for each word.
_WIDTH = 256
_PLACES = 4

#: Letters by which a word is known: 'appraisal' and 'appraised' are alike.
_STEM = 6

#: Rows made at once.
_ROWS = 4096

_WORD = re.compile(r"[^\W\d_]{3,}")
_MARK = re.compile(r"\[[^\]]*\]")


def topic_vectors(
    texts: Sequence[str], embeddings: Floats, sentiments: Sequence[str], weights: Integers
) -> Floats:
    """Unit vectors (n, d + 256) of `texts` with their sentence `embeddings` (n, d).

    From each embedding goes the mean of those of its sentiment, because praise and complaint are
    far apart in a network that learned to tell them, whatever they are about. Then the words are
    added, weighted by rarity and hashed. `weights` (n,) says how often each text occurs.
    """
    means = _means(embeddings, sentiments, weights)
    stems = [_stems(text) for text in texts]
    rarity = _rarity(stems)
    width = embeddings.shape[1]
    vectors = np.empty((len(texts), width + _WIDTH), dtype=np.float32)
    for start in range(0, len(texts), _ROWS):
        rows = slice(start, start + _ROWS)
        middle = np.stack([means[sentiment] for sentiment in sentiments[rows]])
        vectors[rows, :width] = unit(embeddings[rows] - middle) * (1 - _WORDS) ** 0.5
        vectors[rows, width:] = unit(_words(stems[rows], rarity)) * _WORDS**0.5
        vectors[rows] = unit(vectors[rows])
    return vectors


def _means(embeddings: Floats, sentiments: Sequence[str], weights: Integers) -> dict[str, Floats]:
    """The mean (d,) of each sentiment, drawn to that of all where it has few sentences."""
    named = np.array(sentiments)
    kinds = np.unique(named)
    if len(embeddings) == 1:  # one sentence shares nothing with others
        return {str(kind): np.zeros_like(embeddings[0]) for kind in kinds}
    heavy = weights.astype(np.float32)
    everyone = heavy @ embeddings / heavy.sum()
    means = {}
    for kind in kinds:
        own = np.where(named == kind, heavy, 0)
        means[str(kind)] = (own @ embeddings + _PRIOR * everyone) / (own.sum() + _PRIOR)
    return means


def _rarity(stems: Sequence[Sequence[str]]) -> dict[str, float]:
    """Inverse document frequency of each stem that is in more than one text."""
    frequency = Counter(stem for found in stems for stem in found)
    return {stem: log(len(stems) / count) for stem, count in frequency.items() if count > 1}


def _words(stems: Sequence[Sequence[str]], rarity: Mapping[str, float]) -> Floats:
    vectors = np.zeros((len(stems), _WIDTH), dtype=np.float32)
    for row, found in zip(vectors, stems, strict=True):
        for stem in found:
            if stem in rarity:
                columns, signs = _hashed(stem)
                row[columns] += signs * np.float32(rarity[stem])
    return vectors


def _stems(text: str) -> list[str]:
    words = (word[0].lower() for word in _WORD.finditer(_MARK.sub(" ", text)))
    # In order, so that sums of floats do not depend on a set's.
    return sorted({word[:_STEM] for word in words if word not in STOP_WORDS})


@lru_cache(maxsize=65_536)
def _hashed(stem: str) -> tuple[Integers, Floats]:
    """Different columns and a sign in each, drawn by the stem."""
    digest = blake2b(stem.encode(), digest_size=8).digest()
    draw = np.random.default_rng(int.from_bytes(digest, "big"))
    columns = draw.choice(_WIDTH, _PLACES, replace=False)
    return columns.astype(np.int64), draw.choice([-1, 1], _PLACES).astype(np.float32)
