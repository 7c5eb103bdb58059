"""The stages of the pipeline as registered spaCy components.

Each is named, with its version, in the model's manifest. Stages hand on what they found in
extensions of the Doc; `nlp.pipeline` turns those into a CommentAnalysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from nlp.encoder import Encoded, Encoder, Floats
from nlp.flags import CONCERN_THRESHOLD, look_for_flags
from nlp.redaction import Redactor
from nlp.sentences import sentence_places
from nlp.taxonomy import FACTORS, SENTIMENTS, Flag, Sentiment

_HANDED_ON = "text redactions sentences encoded factors certainty stances overall flags"
for _name in _HANDED_ON.split():
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=None)


def probabilities(logits: Floats, temperature: float) -> Floats:
    """Calibrated softmax over the last axis."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


def sigmoid(logits: Floats, temperature: float) -> Floats:
    """Calibrated probability of each logit."""
    result: Floats = 1 / (1 + np.exp(-logits / temperature))
    return result


#: What a factor rightly found, and a wrong sentiment, weigh beside a mistake about a factor.
_HIT, _SENTIMENT = 0.5, 0.5


def certainty(
    chances: Floats, found: NDArray[np.bool_], sentiment: Floats | float
) -> Floats:
    """What is to be expected right in readings against what wrong: 0 to 1, (…,).

    `chances` and `found` (…, factors) are of each factor, `sentiment` (…,) of the one chosen. To set
    a comment aside raises micro F1 = 2 hits / (2 hits + mistakes) when its mistakes are more than
    2 (1 - F1) / F1 of its hits: half of them where F1 is 0.8.
    """
    mistakes = np.where(found, 1 - chances, chances).sum(axis=-1) + _SENTIMENT * (1 - sentiment)
    hits = np.where(found, chances, 0).sum(axis=-1)
    return sigmoid(_HIT * hits - mistakes, 1.0)


class _Batched:
    """A component that works on many Docs at once."""

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            yield from self.run(batch)

    def run(self, docs: list[Doc]) -> Iterable[Doc]:
        raise TypeError(f"{type(self).__name__} does not say what it does with a batch.")


class Redaction(_Batched):
    """Replaces the Doc by one of the redacted text. Nothing after it sees the original."""

    def __init__(self, tokenise: Language) -> None:
        self._tokenise = tokenise
        self._redactor = Redactor()

    def run(self, docs: list[Doc]) -> Iterable[Doc]:
        texts = [doc.text for doc in docs]
        redactions = self._redactor.redact_all(texts, batch_size=len(docs))
        for doc, redacted in zip(docs, redactions, strict=True):
            replaced = self._tokenise.make_doc(redacted.text) if redacted.removed else doc
            replaced._.redactions = redacted.counts
            replaced._.text = redacted.text
            yield replaced


@Language.factory("redaction_rules_v2")
def _redaction(nlp: Language, name: str) -> Redaction:
    return Redaction(nlp)


@Language.component("sentences_rule_v1")
def _sentences(doc: Doc) -> Doc:
    doc._.sentences = sentence_places(doc._.text, [sentence.end_char for sentence in doc.sents])
    return doc


class OnnxEncoder(_Batched):
    """One pass of the network for all heads."""

    def __init__(self, directory: str, max_tokens: int, threads: int | None) -> None:
        self._encoder = Encoder(Path(directory), max_tokens=max_tokens, threads=threads)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Encodes one batch in a thread while the stages before make the next one ready.

        ONNX Runtime lets go of the interpreter, so redaction and the network share the cores.
        """
        docs = iter(stream)
        waiting: tuple[list[Doc], Future[list[Encoded]]] | None = None
        with ThreadPoolExecutor(max_workers=1) as background:
            while batch := list(islice(docs, batch_size)):
                job = background.submit(self._encoder.encode, [doc._.text for doc in batch])
                if waiting:
                    yield from _with_outputs(*waiting)
                waiting = (batch, job)
            if waiting:
                yield from _with_outputs(*waiting)


def _with_outputs(docs: list[Doc], job: Future[list[Encoded]]) -> Iterator[Doc]:
    for doc, encoded in zip(docs, job.result(), strict=True):
        doc._.encoded = encoded
        yield doc


@Language.factory("encoder_onnx_v1", default_config={"threads": None})
def _encoder(nlp: Language, name: str, directory: str, max_tokens: int, threads: int | None) -> OnnxEncoder:
    return OnnxEncoder(directory, max_tokens, threads)


def in_order(of_factors: Mapping[str, float]) -> Floats:
    """A number for each factor, (7,), in the order of FACTORS."""
    return np.array([of_factors[factor] for factor in FACTORS], dtype=np.float32)


def limits_of(plain: Floats, staff: Floats, voice: Floats | float) -> Floats:
    """The chance from which each factor counts, (…, 7): between `plain` (7,), for reviews, and
    `staff` (7,), for staff's own voice, as far as `voice` (…,) says."""
    result: Floats = plain + np.expand_dims(voice, -1) * (staff - plain)
    return result


class FactorHeads:
    """Each factor's chance, whether it is over its threshold, and the sentence attended to for it."""

    def __init__(
        self, thresholds: dict[str, float], staff_thresholds: dict[str, float], temperature: float
    ) -> None:
        self._thresholds = in_order(thresholds), in_order(staff_thresholds)
        self._temperature = temperature

    def __call__(self, doc: Doc) -> Doc:
        encoded: Encoded = doc._.encoded
        chances = sigmoid(encoded.factor_logits, self._temperature)
        over = chances >= limits_of(*self._thresholds, encoded.voice)
        doc._.factors = [
            (float(chance), bool(is_over), sentence)
            for chance, is_over, sentence in zip(
                chances, over, carrying_sentences(doc._.sentences, encoded), strict=True
            )
        ]
        return doc


@Language.factory("factors_attention_v2", default_config={"staff_thresholds": None})
def _factors(
    nlp: Language,
    name: str,
    thresholds: dict[str, float],
    staff_thresholds: dict[str, float] | None,
    temperature: float,
) -> FactorHeads:
    return FactorHeads(thresholds, staff_thresholds or thresholds, temperature)


def carrying_sentences(
    sentences: Sequence[tuple[int, int]], encoded: Encoded
) -> list[tuple[int, int]]:
    """For each factor the sentence that drew most attention, for its length; (0, 0) in a blank text."""
    if len(sentences) < 2:
        return [sentences[0] if sentences else (0, 0)] * len(FACTORS)
    starts, ends = np.array(sentences).T
    #: By the window that a factor was read in: which tokens are text, and the sentence of each of them.
    windows: dict[int, tuple[NDArray[np.intp], NDArray[np.intp], Floats]] = {}
    chosen = []
    for places, weights in zip(encoded.token_places, encoded.attention, strict=True):
        if id(places) not in windows:
            home = np.minimum(np.searchsorted(ends, places[:, 0], side="right"), len(ends) - 1)
            # What is not text has the place (0, 0) and so lies in no sentence.
            inside = np.flatnonzero((places[:, 1] > starts[home]) & (places[:, 0] < ends[home]))
            tokens = np.bincount(home[inside], minlength=len(ends))
            # The root of the length: a sum favours long sentences, a mean single words.
            windows[id(places)] = inside, home[inside], np.sqrt(np.maximum(tokens, 1))
        inside, home, lengths = windows[id(places)]
        drawn = np.bincount(home, weights[inside], minlength=len(ends))
        chosen.append(sentences[int((drawn / lengths).argmax())])
    return chosen


class SentimentHeads:
    """Sentiment towards each factor and of the comment as a whole, and how certain it all is.

    A blank text has none, for certain. A person should look where the certainty is below
    `person_below`. `stance_shift` (3,) is added to the logits of the sentiment towards a factor.
    """

    def __init__(
        self,
        stance_temperature: float,
        stance_shift: Sequence[float],
        overall_temperature: float,
        person_below: float,
    ) -> None:
        self._stance_temperature = stance_temperature
        self._stance_shift = np.array(stance_shift, dtype=np.float32)
        self._overall_temperature = overall_temperature
        self._person_below = person_below

    def __call__(self, doc: Doc) -> Doc:
        encoded: Encoded = doc._.encoded
        choose = _best if doc._.sentences else _neutral
        stances = probabilities(encoded.stance_logits + self._stance_shift, self._stance_temperature)
        doc._.stances = [choose(chances) for chances in stances]
        doc._.overall = choose(probabilities(encoded.overall_logits, self._overall_temperature))
        chances, over, _ = zip(*doc._.factors, strict=True)
        is_sure = certainty(np.array(chances), np.array(over), doc._.overall[1])
        doc._.certainty = float(is_sure) if doc._.sentences else 1.0
        doc._.flags = (Flag.NEEDS_PERSON,) if doc._.certainty < self._person_below else ()
        return doc


@Language.factory("sentiment_heads_v2", default_config={"stance_shift": [0.0] * len(SENTIMENTS)})
def _sentiment(
    nlp: Language,
    name: str,
    stance_temperature: float,
    stance_shift: list[float],
    overall_temperature: float,
    person_below: float,
) -> SentimentHeads:
    return SentimentHeads(stance_temperature, stance_shift, overall_temperature, person_below)


def _best(chances: Floats) -> tuple[Any, float]:
    place = int(chances.argmax())
    return SENTIMENTS[place], float(chances[place])


def _neutral(chances: Floats) -> tuple[Any, float]:
    return Sentiment.NEUTRAL_MIXED, float(chances[SENTIMENTS.index(Sentiment.NEUTRAL_MIXED)])


if not Doc.has_extension("language"):
    Doc.set_extension("language", default=None)


class Flags:
    """Concern, another language, too short: `nlp.flags`, with the network's chance of a concern."""

    def __init__(self, concern_threshold: float) -> None:
        self._threshold = concern_threshold

    def __call__(self, doc: Doc) -> Doc:
        encoded: Encoded | None = doc._.encoded  # other models have none
        logit = encoded.concern_logit if encoded else None
        chance = None if logit is None else float(sigmoid(np.array(logit), 1.0))
        found = look_for_flags(doc._.text, concern_chance=chance, concern_threshold=self._threshold)
        doc._.flags = (*doc._.flags, *found.flags)
        doc._.language = found.language
        return doc


@Language.factory("flags_patterns_v1", default_config={"concern_threshold": CONCERN_THRESHOLD})
def _flags(nlp: Language, name: str, concern_threshold: float) -> Flags:
    return Flags(concern_threshold)
