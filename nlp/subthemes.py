"""Sub-themes: what the sentences that carry one factor speak of, with names and quotes.

This only computes. What may be shown is for the caller to decide: sizes are exact, and quotes may
not have been reviewed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from nlp.clustering import Floats, group
from nlp.keyphrases import names
from nlp.quotes import Quote, quotes
from nlp.topic_vectors import topic_vectors

#: The least sentences of a sub-theme.
SMALLEST = 5


@dataclass(frozen=True, slots=True)
class Subtheme:
    """`members` and the quotes' indices count the sentences that were given, from 0."""

    name: str
    members: tuple[int, ...]
    quotes: tuple[Quote, ...]

    @property
    def size(self) -> int:
        """Sentences, not people. Exact: whoever shows it without the sentences must round it."""
        return len(self.members)


@dataclass(frozen=True, slots=True)
class Subthemes:
    """The sub-themes, the largest first, and the sentences in none of them."""

    themes: tuple[Subtheme, ...]
    other: tuple[int, ...]


def subthemes(
    texts: Sequence[str],
    embeddings: Floats,
    *,
    sentiments: Sequence[str] = (),
    smallest: int = SMALLEST,
    quote_count: int = 3,
) -> Subthemes:
    """Groups of the sentences of one factor, given their `embeddings` (n, d) of length 1.

    `texts` are redacted. With their `sentiments` groups are by subject whether it is praised or
    not. Each sentence is in one sub-theme or in `other`: the unlike, and groups smaller than
    `smallest` or that no phrase names. The result does not depend on the order of the input when
    equal texts have equal embeddings. 2000 sentences are compared with each other, and the rest
    with the groups of these: n times about 4 KB, and 60 MB.

    Raises ValueError when there is not one embedding, or not one sentiment, for each text.
    """
    if embeddings.ndim != 2 or len(embeddings) != len(texts):
        raise ValueError(f"{len(texts)} sentences came with embeddings {embeddings.shape}.")
    if sentiments and len(sentiments) != len(texts):
        raise ValueError(f"{len(texts)} sentences came with {len(sentiments)} sentiments.")
    places = _places(texts, sentiments or [""] * len(texts))
    if not places:
        return Subthemes((), ())
    once = [text for text, _ in places]
    where = list(places.values())
    weights = np.array([len(found) for found in where], dtype=np.int64)
    vectors = topic_vectors(
        once,
        embeddings[[found[0] for found in where]].astype(np.float32, copy=False),
        [sentiment for _, sentiment in places],
        weights,
    )
    labels = group(vectors, smallest=smallest, weights=weights)
    groups = [np.flatnonzero(labels == label) for label in range(int(labels.max()) + 1)]
    called = names([[once[i] for i in members] for members in groups])
    themes = []
    for name, members in zip(called, groups, strict=True):
        if name is None:
            continue
        shown = tuple(
            replace(quote, index=where[members[quote.index]][0])
            for quote in quotes([once[i] for i in members], vectors[members], count=quote_count)
        )
        themes.append(Subtheme(name, tuple(sorted(i for m in members for i in where[m])), shown))
    grouped = {member for theme in themes for member in theme.members}
    return Subthemes(tuple(themes), tuple(i for i in range(len(texts)) if i not in grouped))


def _places(texts: Sequence[str], sentiments: Sequence[str]) -> dict[tuple[str, str], list[int]]:
    """Where each text comes with each sentiment, in an order that is drawn by the texts alone."""
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, sentence in enumerate(zip(texts, sentiments, strict=True)):
        places[sentence].append(place)
    return {sentence: places[sentence] for sentence in sorted(places, key=_draw)}


def _draw(sentence: tuple[str, str]) -> bytes:
    return blake2b("\0".join(sentence).encode("utf-8", errors="replace"), digest_size=16).digest()
