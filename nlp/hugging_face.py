"""Running a Hugging Face classification model that is in a folder. Nothing is ever downloaded.

PyTorch and transformers are imported when a model is loaded, and not before.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.artefacts import ArtefactError

Floats = NDArray[np.float32]

#: Scores (sentences, columns) of sentences, each 0 to 1.
Classify = Callable[[Sequence[str]], Floats]

#: Sentences, or pairs of a sentence and a hypothesis, that go through the model at once.
_BATCH = 32

#: Tokens of a sentence that are read; hardly one has as many.
_MOST_TOKENS = 256


def text_classification(directory: Path, *, threads: int | None) -> Classify:
    """A column for each label: its sigmoid in a model of several labels, else the softmax.

    Raises ArtefactError when a library is missing or the folder cannot be loaded.
    """
    model = _Model(directory, threads)
    has_several = getattr(model.config, "problem_type", None) == "multi_label_classification"

    def classify(sentences: Sequence[str]) -> Floats:
        logits = model.logits(sentences)
        return (1 / (1 + np.exp(-logits))).astype(np.float32) if has_several else _softmax(logits)

    return classify


def zero_shot(
    directory: Path, hypotheses: Sequence[str], groups: Sequence[Sequence[int]], *, threads: int | None
) -> Classify:
    """A column for each of `hypotheses`: how well a sentence entails it (Yin et al. 2019).

    A hypothesis alone in its group of columns is weighed against its contradiction, those of a
    larger group against each other. Raises ArtefactError as `text_classification` does.
    """
    model = _Model(directory, threads)
    entails, contradicts = _sides(model.config.id2label)

    def classify(sentences: Sequence[str]) -> Floats:
        logits = np.stack(
            [model.logits(sentences, [hypothesis] * len(sentences)) for hypothesis in hypotheses], axis=1
        )
        scores = np.zeros(logits.shape[:2], dtype=np.float32)
        for group in map(list, groups):
            if len(group) == 1:
                scores[:, group] = _softmax(logits[:, group][..., [contradicts, entails]])[..., 1]
            elif group:
                scores[:, group] = _softmax(logits[:, group, entails])
        return scores

    return classify


class _Model:
    """A model and its tokeniser."""

    def __init__(self, directory: Path, threads: int | None) -> None:
        self._torch: Any = _needed("torch")
        transformers: Any = _needed("transformers")
        offline: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._tokeniser = transformers.AutoTokenizer.from_pretrained(directory, **offline)
            model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
                directory, use_safetensors=True, output_loading_info=True, **offline
            )
        except Exception as error:  # each of the libraries below has kinds of its own
            raise ArtefactError(f"The model in {directory} cannot be loaded: {_first_line(error)}") from None
        if report["missing_keys"]:  # else these weights would be random
            missing = ", ".join(sorted(report["missing_keys"]))
            raise ArtefactError(f"The model in {directory} lacks weights: {missing}.")
        if threads:
            self._torch.set_num_threads(threads)
        self._model = model.eval()
        self.config = model.config
        # Two fewer than there are positions: some models count these from 2.
        room = getattr(self.config, "max_position_embeddings", _MOST_TOKENS + 2) - 2
        self._longest = min(_MOST_TOKENS, self._tokeniser.model_max_length, room)

    def logits(self, sentences: Sequence[str], others: Sequence[str] | None = None) -> Floats:
        """(sentences, labels), of each sentence alone or beside its other."""
        found = [
            self._run(list(sentences[rows]), None if others is None else list(others[rows]))
            for rows in _batches(len(sentences))
        ]
        result: Floats = np.concatenate(found).astype(np.float32)
        return result

    def _run(self, sentences: list[str], others: list[str] | None) -> Any:
        tokens = self._tokeniser(
            sentences,
            others,
            padding=True,
            truncation=True,
            max_length=self._longest,
            return_tensors="pt",
        )
        with self._torch.inference_mode():
            return self._model(**tokens).logits.float().numpy()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _needed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ArtefactError(
            f"A model of Hugging Face needs {name}, which is not installed. Beside this project's "
            "requirements, install both: pip install torch transformers"
        ) from None


def _batches(count: int) -> Iterator[slice]:
    return (slice(start, start + _BATCH) for start in range(0, count, _BATCH))


def _sides(labels: dict[int, str]) -> tuple[int, int]:
    """The columns for entailment and for its contradiction."""
    entails = next(i for i, label in labels.items() if label.lower().startswith("entail"))
    against = [i for i, label in labels.items() if label.lower().startswith(("contra", "not"))]
    return entails, against[0] if against else (0 if entails else len(labels) - 1)


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result
