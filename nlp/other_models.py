"""Any Hugging Face text-classification or zero-shot model in place of the shipped network.

Such a model scores each sentence alone. A factor's probability is that of its highest sentence,
which carries the factor and whose sentiment counts for it; the comment's sentiment is the mean of
its sentences' by their length. Scores are the model's own, not calibrated. Each must name its
labels as `nlp.taxonomy` does or have a settings file, JSON, of which every part may be left out:

    {"labels": {"LABEL_0": "leadership", "POS": "positive", "Other": "none"},
     "hypotheses": {"leadership": "This is about managers."},  of a zero-shot model
     "thresholds": {"leadership": 0.6}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256 as digest_of
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from nlp import hugging_face
from nlp.artefacts import Artefact, ArtefactError, sha256
from nlp.components import certainty
from nlp.hugging_face import Classify, Floats
from nlp.taxonomy import FACTORS, SENTIMENTS, Factor, Flag, Sentiment

#: The settings file that is read from a model's folder when no other is named.
SETTINGS = "learning-pulse.json"

#: A label that stands for no factor and no sentiment.
NONE = "none"

#: The probability from which a factor counts, unless the settings say otherwise.
THRESHOLD = 0.5

#: A person should look where a decision was nearer to its threshold than this, or a sentiment less
#: sure than that.
_CLOSE = 0.06
_UNSURE = 0.45

#: What a zero-shot model is asked of each sentence.
HYPOTHESES: dict[str, str] = {
    Factor.LEADERSHIP: "This is about managers and leaders, and how they lead.",
    Factor.COMMUNICATION: "This is about communication or working together in teams.",
    Factor.CONTINUOUS_LEARNING: "This is about training and learning at work.",
    Factor.RECOGNITION: "This is about being valued, thanked or rewarded for work.",
    Factor.MENTORSHIP: "This is about mentors, supervisors or being shown how to do the work.",
    Factor.FEEDBACK: "This is about appraisals or being told how well one does the work.",
    Factor.DEVELOPMENT_GOALS: "This is about careers, promotion or professional development.",
    Sentiment.POSITIVE: "The writer is pleased.",
    Sentiment.NEGATIVE: "The writer is unhappy or complains.",
    Sentiment.NEUTRAL_MIXED: "The writer is neutral, or both pleased and unhappy.",
}

_STAGES_BEFORE = (
    {"stage": "redaction", "factory": "redaction_rules_v2", "config": {}},
    {"stage": "sentences", "factory": "sentences_rule_v1", "config": {}},
)
_STAGES_AFTER = ({"stage": "flags", "factory": "flags_patterns_v1", "config": {}},)


@dataclass(frozen=True, slots=True)
class _Settings:
    labels: Mapping[str, str] = field(default_factory=dict)
    hypotheses: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)


def artefact_of(directory: Path, settings: Path | None = None) -> Artefact:
    """A manifest for a downloaded model, for `nlp.pipeline.Pipeline`; loads nothing.

    Its version holds a digest of the folder and the settings, so that other weights are another
    version. Raises ArtefactError when the folder holds no such model, or its labels are not known.
    """
    config = _json(directory / "config.json")
    labels = config.get("id2label")
    weights = sorted(directory.glob("*.safetensors"))
    if not isinstance(labels, dict) or not labels or not weights:
        raise ArtefactError(
            f"{directory} holds no classification model: it needs a config.json with id2label, and "
            "its weights as .safetensors (other formats can run code when they are read)."
        )
    file = settings or directory / SETTINGS
    own = _settings(file) if settings or file.exists() else _Settings()
    in_order = [str(label) for _, label in sorted(labels.items(), key=lambda item: int(item[0]))]
    is_zero_shot = any(label.lower().startswith("entail") for label in in_order)
    asked = {**HYPOTHESES, **own.hypotheses} if is_zero_shot else {}
    columns = [str(name) for name in asked] or _mapped(in_order, own.labels, file)
    thresholds = {**dict.fromkeys(map(str, FACTORS), THRESHOLD), **own.thresholds}
    if unknown := sorted({*asked, *thresholds} - {*FACTORS, *SENTIMENTS}):
        raise ArtefactError(f"{file} names what is no factor or sentiment: {', '.join(unknown)}.")
    if not set(columns) & set(FACTORS):
        raise ArtefactError(f"No label of the model in {directory} stands for a factor. {_choices(file)}")
    stage = {
        "stage": "encoder",  # the stage that is told the directory and the threads
        "factory": "sentences_classified_v1",
        "config": {
            "columns": columns,
            "hypotheses": list(asked.values()),
            "thresholds": {str(factor): float(thresholds[factor]) for factor in FACTORS},
        },
    }
    version = f"hf-{directory.name}-{_digest(directory, own)}"
    return Artefact(directory, {"version": version, "components": [*_STAGES_BEFORE, stage, *_STAGES_AFTER]})


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtefactError(f"{path} cannot be read ({type(error).__name__}).") from None
    if not isinstance(found, dict):
        raise ArtefactError(f"{path} holds no JSON object.")
    return found


def _settings(file: Path) -> _Settings:
    try:
        found = _Settings(**_json(file))
        texts = [*found.labels.values(), *found.hypotheses.values()]
        is_right = all(isinstance(text, str) for text in texts) and all(
            isinstance(number, float | int) for number in found.thresholds.values()
        )
    except (TypeError, AttributeError):
        is_right = False
    if not is_right:
        raise ArtefactError(
            f"{file} may hold labels and hypotheses, each with words, and thresholds, with numbers."
        )
    return found


def _mapped(labels: Sequence[str], names: Mapping[str, str], file: Path) -> list[str]:
    """What each label of the model stands for."""
    if strange := sorted(set(names) - set(labels)):
        raise ArtefactError(f"{file}: the model has no label {', '.join(strange)}, but {', '.join(labels)}.")
    known = {*FACTORS, *SENTIMENTS, NONE}
    meant = [str(names.get(label, label.lower().replace(" ", "_"))) for label in labels]
    unknown = [label for label, name in zip(labels, meant, strict=True) if name not in known]
    if unknown:
        raise ArtefactError(f"Labels of the model are not known: {', '.join(unknown)}. {_choices(file)}")
    return meant


def _choices(file: Path) -> str:
    return (
        f'Say in {file}, under "labels", what each stands for: a factor ({", ".join(FACTORS)}), '
        f"a sentiment ({', '.join(SENTIMENTS)}) or {NONE}."
    )


def _digest(directory: Path, settings: _Settings) -> str:
    files = {path.name: sha256(path) for path in sorted(directory.iterdir()) if path.is_file()}
    files.pop(SETTINGS, None)
    return digest_of(json.dumps([files, asdict(settings)], sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class SentenceReader:
    """Hands on what a classifier says of each sentence. `columns` says what its scores stand for."""

    classify: Classify
    columns: Sequence[str]
    thresholds: Floats

    def __call__(self, doc: Doc) -> Doc:
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """The sentences of a batch go through the model together, equal ones once."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            texts = [[doc.text[start:end] for start, end in doc._.sentences] for doc in batch]
            once = sorted({text for own in texts for text in own}, key=len)
            scores = dict(zip(once, self.classify(once), strict=True)) if once else {}
            for doc, own in zip(batch, texts, strict=True):
                self._read(doc, [scores[text] for text in own])
                yield doc

    def _read(self, doc: Doc, scores: Sequence[Floats]) -> None:
        if not scores:
            nothing = (Sentiment.NEUTRAL_MIXED, 0.0)
            doc._.factors = [(0.0, False, (0, 0)) for _ in FACTORS]
            doc._.stances, doc._.overall = [nothing for _ in FACTORS], nothing
            doc._.certainty, doc._.flags = 1.0, ()
            return
        table = np.stack(scores)
        factors, moods = self._of(table, FACTORS), self._of(table, SENTIMENTS)
        moods = moods / np.maximum(moods.sum(axis=1, keepdims=True), 1e-9)
        places = factors.argmax(axis=0)
        chances = factors.max(axis=0)
        over = chances >= self.thresholds
        lengths = [end - start for start, end in doc._.sentences]
        doc._.factors = [
            (float(chances[i]), bool(over[i]), doc._.sentences[places[i]]) for i in range(len(FACTORS))
        ]
        doc._.stances = [_best(moods[place]) for place in places]
        doc._.overall = _best(np.average(moods, axis=0, weights=lengths))
        is_asked = np.isin(FACTORS, self.columns)
        knows_moods = not set(SENTIMENTS).isdisjoint(self.columns)
        mood = doc._.overall[1] if knows_moods else 1.0
        doc._.certainty = float(certainty(chances[is_asked], over[is_asked], mood))
        is_close = np.abs(chances - self.thresholds)[is_asked] < _CLOSE
        is_unsure = bool(is_close.any()) or mood < _UNSURE
        doc._.flags = (Flag.NEEDS_PERSON,) if is_unsure else ()

    def _of(self, table: Floats, names: Sequence[str]) -> Floats:
        """Scores (sentences, names), the highest where several labels stand for a name, else 0."""
        found = np.zeros((len(table), len(names)), dtype=np.float32)
        for column, name in enumerate(self.columns):
            if name in names:
                place = list(names).index(name)
                found[:, place] = np.maximum(found[:, place], table[:, column])
        return found


def _best(chances: Floats) -> tuple[Sentiment, float]:
    """The likeliest sentiment; neutral with a probability of 0 from a model that knows none."""
    if not chances.any():
        return Sentiment.NEUTRAL_MIXED, 0.0
    place = int(chances.argmax())
    return SENTIMENTS[place], float(chances[place])


@Language.factory("sentences_classified_v1", default_config={"threads": None})
def _sentences_classified(
    nlp: Language,
    name: str,
    directory: str,
    columns: list[str],
    hypotheses: list[str],
    thresholds: dict[str, float],
    threads: int | None,
) -> SentenceReader:
    if hypotheses:
        groups = [[i] for i, column in enumerate(columns) if column in set(FACTORS)]
        moods = [i for i, column in enumerate(columns) if column in set(SENTIMENTS)]
        classify = hugging_face.zero_shot(Path(directory), hypotheses, [*groups, moods], threads=threads)
    else:
        classify = hugging_face.text_classification(Path(directory), threads=threads)
    limits = np.array([thresholds[factor] for factor in FACTORS], dtype=np.float32)
    return SentenceReader(classify, columns, limits)
