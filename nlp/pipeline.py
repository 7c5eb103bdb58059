"""The pipeline: a verified model folder in, a CommentAnalysis for each comment out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import Doc

import nlp.components  # noqa: F401 - registers the components that manifests name
from nlp import artefacts
from nlp.artefacts import Artefact, ArtefactError
from nlp.taxonomy import FACTORS
from nlp.types import NOT_THEMED, CommentAnalysis, FactorFinding


class Pipeline:
    """Reads comments. Build it with `load`."""

    def __init__(self, artefact: Artefact, *, threads: int | None) -> None:
        self.model_version = artefact.version
        self._nlp = spacy.blank("en")
        # spaCy refuses texts of over a million characters; the network reads in windows anyway.
        self._nlp.max_length = 10_000_000
        self._nlp.add_pipe("sentencizer", name="sentencizer")
        for stage in artefact.manifest["components"]:
            config: dict[str, Any] = dict(stage["config"])
            if stage["stage"] == "encoder":
                config |= {"directory": str(artefact.directory), "threads": threads}
            place: dict[str, Any] = {"before": "sentencizer"} if stage["stage"] == "redaction" else {}
            try:
                self._nlp.add_pipe(stage["factory"], name=stage["stage"], config=config, **place)
            except ValueError as error:
                raise ArtefactError(
                    f"This release has no component '{stage['factory']}' as the model of "
                    f"{artefact.version} needs it: {str(error).splitlines()[0]}"
                ) from None

    def analyse(self, texts: Iterable[str], *, batch_size: int = 128) -> Iterator[CommentAnalysis]:
        """A CommentAnalysis for each text, in order. Takes any text and never raises on one."""
        clean = (_encodable(text) for text in texts)
        for doc in self._nlp.pipe(clean, batch_size=batch_size):
            yield self._analysis(doc)

    def _analysis(self, doc: Doc) -> CommentAnalysis:
        sentiment, sentiment_probability = doc._.overall
        is_readable = NOT_THEMED.isdisjoint(doc._.flags)
        return CommentAnalysis(
            text=doc._.text,
            redactions=doc._.redactions or (),
            factors=tuple(
                FactorFinding(
                    factor=factor,
                    probability=chance,
                    sentiment=stance,
                    sentiment_probability=stance_chance,
                    quote_start=start,
                    quote_end=end,
                    assigned=is_over and is_readable,
                )
                for factor, (chance, is_over, (start, end)), (stance, stance_chance) in zip(
                    FACTORS, doc._.factors, doc._.stances, strict=True
                )
            ),
            sentiment=sentiment,
            sentiment_probability=sentiment_probability,
            flags=tuple(doc._.flags),
            model_version=self.model_version,
            certainty=doc._.certainty,
            language=doc._.language,
        )


def load(version_dir: Path | None = None, *, threads: int | None = None) -> Pipeline:
    """The pipeline of a model folder; of the newest shipped one without a folder.

    `threads` bounds the processor threads of one pass. Raises ArtefactError when the folder is
    not exactly what its manifest says.
    """
    return Pipeline(artefacts.verify(version_dir or artefacts.newest()), threads=threads)


def _encodable(text: str) -> str:
    """Lone halves of surrogate pairs cannot be written as UTF-8: they become '?'."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
