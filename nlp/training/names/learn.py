"""`python -m nlp learn-names`: the weights of the signs by which names are told.

Logistic regression with an L1 penalty, which leaves most signs without a weight: what is left can
be read. It learns from sentences whose names people marked (`sentences/`), each as it is and in small
letters, and from the project's own comments with names placed in them (`placing`).
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from nlp.names import rules_of
from nlp.names_lexicon import Known, Lexicon
from nlp.names_signs import Signs, places_to_weigh
from nlp.names_words import Words
from nlp.redaction_evaluation import read_marked
from nlp.training.names.placing import Named, Names, Placing, named
from nlp.training.texts import AUTHORED

SENTENCES = Path(__file__).parent / "sentences"

_HEADING = """\
# What speaks for a name, and against: a weight, in log-odds, and a sign of `nlp/names_signs.py`.
# Written by `python -m nlp learn-names`; nothing here is to be changed by hand.
# Kinds of words: U unknown, W word, N name, B both, R rarely a name, P place. Beside a kind stand two
# digits: how it is written, and what that tells where it stands (0 small, 1 capital, 2 capitals, 3 initial).
# <N1> is a name with a capital; ^ and $ are the ends of the text. `led` and `followed` are as in
# `nlp/names_evidence.py`.
"""

#: Rounds over the project's own comments, other names placed each time; together they count as one.
_ROUNDS = 3
#: Comments longer than this, in characters, are left out.
_LONGEST = 600
#: The share of known names that are taken for unknown ones, so that the signs around them are learnt.
_HIDDEN = 0.3
#: What each of the four readings of a marked sentence counts beside a comment with names placed in it.
_MARKED = 1.0
#: Inverse strength of the penalty.
_FREEDOM = 0.6
#: A sign from fewer sentences is left out.
_LEAST_SENTENCES = 3


@dataclass(slots=True)
class _Seen:
    """Words with the signs that they bear, and by which sentence; parallel lists."""

    sentences: list[str] = field(default_factory=list)
    signs: list[list[str]] = field(default_factory=list)
    are_names: list[bool] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)


def learn(out: Path, *, seed: int = 1) -> int:
    """Learn the weights and write them to `out`; returns how many signs have one.

    Raises OSError when `out` cannot be written.
    """
    rng = random.Random(seed)
    reader = _Reader(rng)
    marked = [sentence for path in sorted(SENTENCES.glob("*.jsonl")) for sentence in read_marked(path)]
    for sentence in tqdm(marked, desc="marked sentences", mininterval=5):
        for written in (sentence, sentence.in_small_letters()):
            for hidden in (0.0, _HIDDEN):
                reader.read(named(written), sentence.text, hidden=hidden, count=_MARKED)
    placing = Placing(reader.names(), rng)
    comments = [text for text in _own_comments() if len(text) <= _LONGEST and not reader.finds_in(text)]
    for _ in range(_ROUNDS):
        for text in tqdm(comments, desc="comments with names placed", mininterval=5):
            reader.read(placing.place(text), text, hidden=_HIDDEN, count=1 / _ROUNDS)
    weights = _fit(reader.seen)
    with out.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEADING)
        csv.writer(file, lineterminator="\n").writerows(
            (f"{weight:.3f}", sign) for sign, weight in sorted(weights.items())
        )
    return len(weights)


class _Reader:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._lexicon = Lexicon()
        self._signs = Signs(self._lexicon, weights={})
        self.seen = _Seen()

    def names(self) -> Names:
        """The gazetteer's names of three letters or more, by what else they are."""
        known = self._lexicon.by_kind()
        kinds = (Known.NAME, Known.BOTH, Known.RARE)
        return Names(*([name for name in known[kind] if len(name) > 2] for kind in kinds))

    def finds_in(self, text: str) -> bool:
        """Whether the rules find a name: then there may be others, which nobody has marked."""
        return any(rules_of(Words(text, self._lexicon, []), self._lexicon)[1])

    def read(self, sentence: Named, source: str, *, hidden: float, count: float) -> None:
        """Note the signs of each word that the rules leave. `source` is the sentence as it was found."""
        words = Words(sentence.text, self._lexicon, sentence.skipped)
        are_names = [any(a <= start < b for a, b in sentence.names) for start in words.starts]
        if hidden:
            self._hide(words, are_names, hidden)
        evidence, verdicts = rules_of(words, self._lexicon)
        for place in places_to_weigh(words, evidence, verdicts):
            self.seen.sentences.append(source)
            self.seen.signs.append(self._signs.of(words, evidence, verdicts, place))
            self.seen.are_names.append(are_names[place])
            self.seen.counts.append(count)

    def _hide(self, words: Words, are_names: Sequence[bool], share: float) -> None:
        known_names = {
            key
            for key, is_name, known in zip(words.keys, are_names, words.known, strict=True)
            if is_name and known is Known.NAME
        }
        gone = {key for key in sorted(known_names) if self._rng.random() < share}
        for place, key in enumerate(words.keys):
            if key in gone:
                words.known[place] = Known.UNKNOWN


def _own_comments() -> Iterator[str]:
    for path in sorted(AUTHORED.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line)["text"] for line in lines)


def _fit(seen: _Seen) -> dict[str, float]:
    by_sentence: defaultdict[str, set[str]] = defaultdict(set)
    for sentence, signs in zip(seen.sentences, seen.signs, strict=True):
        by_sentence[sentence].update(signs)
    borne = Counter(sign for signs in by_sentence.values() for sign in signs)
    often = sorted(sign for sign, sentences in borne.items() if sentences >= _LEAST_SENTENCES)
    columns = {sign: column for column, sign in enumerate(often)}
    matrix = _matrix(seen.signs, columns)
    # The solver draws at random which sign to move next.
    model = LogisticRegression(
        C=_FREEDOM, l1_ratio=1, solver="liblinear", fit_intercept=False, random_state=1, max_iter=300
    )
    model.fit(matrix, np.array(seen.are_names), sample_weight=np.array(seen.counts))
    return {sign: float(model.coef_[0, n]) for sign, n in columns.items() if abs(model.coef_[0, n]) >= 0.001}


def _matrix(signs: Iterable[Sequence[str]], columns: dict[str, int]) -> csr_matrix:
    places: list[int] = []
    ends = [0]
    for own in signs:
        places += sorted({columns[sign] for sign in own if sign in columns})
        ends.append(len(places))
    ones = np.ones(len(places), dtype=np.float64)
    return csr_matrix((ones, places, ends), shape=(len(ends) - 1, len(columns)))
