"""Models of other makers: the same interface, and errors that say what to do.

A stand-in scores sentences where only the interface is asked about; a real one, tiny and with
random weights, runs where PyTorch is installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp import artefacts, hugging_face
from nlp.__main__ import main
from nlp.artefacts import ArtefactError
from nlp.hugging_face import Floats
from nlp.models import resolve
from nlp.other_models import HYPOTHESES, SETTINGS, artefact_of
from nlp.pipeline import Pipeline
from nlp.taxonomy import FACTORS, SENTIMENTS, Factor, Flag, Sentiment

LABELS = ["feedback", "leadership", "Positive", "negative", "Neutral mixed", "none"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder whose weights nobody reads."""
    made = tmp_path / "theirs"
    made.mkdir()
    write_labels(made, LABELS)
    (made / "model.safetensors").write_bytes(b"weights")
    return made


def write_labels(folder: Path, labels: Sequence[str]) -> None:
    names = {str(i): label for i, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps({"id2label": names}))


class Scorer:
    """Stands in for a network: finds words. Remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def __call__(self, sentences: Sequence[str]) -> Floats:
        self.shown += sentences
        words = ("appraisal", "manager", "good", "bad", "so-so", "car park")
        return np.array(
            [[0.9 if word in text else 0.1 for word in words] for text in sentences], dtype=np.float32
        )


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> Scorer:
    made = Scorer()
    monkeypatch.setattr(hugging_face, "text_classification", lambda directory, threads: made)
    return made


@pytest.fixture
def theirs(folder: Path, scorer: Scorer) -> Pipeline:
    return resolve(f"hf:{folder}")


# ---------------------------------------------------------------- what it says of a comment


def test_the_sentence_that_scores_highest_carries_the_factor_and_its_sentiment(theirs: Pipeline) -> None:
    text = "The car park is full. My manager is good. The appraisal was bad, a bad hour."
    (analysis,) = theirs.analyse([text])
    said = {
        finding.factor: (finding.sentiment, text[finding.quote_start : finding.quote_end])
        for finding in analysis.findings
    }
    assert said == {
        Factor.LEADERSHIP: (Sentiment.POSITIVE, "My manager is good."),
        Factor.FEEDBACK: (Sentiment.NEGATIVE, "The appraisal was bad, a bad hour."),
    }
    assert [reading.factor for reading in analysis.factors] == list(FACTORS)
    assert analysis.sentiment == Sentiment.NEGATIVE
    assert analysis.model_version == theirs.model_version
    assert analysis.model_version.startswith("hf-theirs-")


def test_a_model_of_others_sees_no_names(theirs: Pipeline, scorer: Scorer) -> None:
    (analysis,) = theirs.analyse(["Dr Okafor-Williamson is a good manager. Thank you."])
    assert "Okafor" not in analysis.text + " ".join(scorer.shown)
    assert analysis.redactions == (("PERSON", 1),)


@pytest.mark.parametrize("text", ["", " \n", "👍", "\x00", "\ud800 half", "a" * 5000, "good. " * 400])
def test_any_text_is_answered(theirs: Pipeline, text: str) -> None:
    (analysis,) = theirs.analyse([text])
    assert len(analysis.factors) == len(FACTORS)
    assert 0 <= analysis.certainty <= 1 and 0 <= analysis.sentiment_probability <= 1
    for reading in analysis.factors:
        assert 0 <= reading.quote_start <= reading.quote_end <= len(analysis.text)


def test_comments_come_in_order_whatever_the_batch(theirs: Pipeline) -> None:
    texts = ["My manager is good.", "", "The appraisal was bad.", "My manager is good.", "Nothing."]
    one, many = (list(theirs.analyse(texts, batch_size=size)) for size in (1, 64))
    assert one == many
    assert [len(analysis.findings) for analysis in one] == [1, 0, 1, 1, 0]


def test_too_short_a_comment_has_no_factor(theirs: Pipeline) -> None:
    (analysis,) = theirs.analyse(["manager"])
    assert analysis.findings == () and Flag.TOO_SHORT in analysis.flags


def test_a_close_decision_is_for_a_person(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.array([[0.52, 0, 0.9, 0, 0, 0]], dtype=np.float32)
    monkeypatch.setattr(hugging_face, "text_classification", lambda directory, threads: lambda _: scores)
    (analysis,) = resolve(f"hf:{folder}").analyse(["We talk about it."])
    assert Flag.NEEDS_PERSON in analysis.flags


def test_a_model_without_sentiments_leaves_them_neutral(folder: Path, scorer: Scorer) -> None:
    write_labels(folder, ["feedback", "leadership", "none", "none", "none", "none"])
    (analysis,) = resolve(f"hf:{folder}").analyse(["My manager is good."])
    assert [finding.factor for finding in analysis.findings] == [Factor.LEADERSHIP]
    assert (analysis.sentiment, analysis.sentiment_probability) == (Sentiment.NEUTRAL_MIXED, 0)
    assert analysis.flags == ()


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_file_says_what_labels_stand_for(
    folder: Path, tmp_path: Path, scorer: Scorer, elsewhere: bool
) -> None:
    write_labels(folder, [f"LABEL_{i}" for i in range(6)])
    file = (tmp_path if elsewhere else folder) / SETTINGS
    meant = ["feedback", "leadership", "positive", "negative", "neutral_mixed", "none"]
    labels = {f"LABEL_{i}": name for i, name in enumerate(meant)}
    file.write_text(json.dumps({"labels": labels, "thresholds": {"feedback": 0.95}}))
    pipeline = resolve(f"hf:{folder},{file}" if elsewhere else f"hf:{folder}")
    (analysis,) = pipeline.analyse(["My manager gave me a good appraisal."])
    assert [finding.factor for finding in analysis.findings] == [Factor.LEADERSHIP]
    assert analysis.sentiment == Sentiment.POSITIVE


def test_an_unknown_label_is_named_with_what_it_may_stand_for(folder: Path) -> None:
    write_labels(folder, ["feedback", "anger", "joy"])
    with pytest.raises(ArtefactError, match=r"anger, joy") as raised:
        artefact_of(folder)
    assert SETTINGS in str(raised.value)
    assert all(name in str(raised.value) for name in (*FACTORS, *SENTIMENTS))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"labels": {"nonsense": "feedback"}}, "no label nonsense"),
        ({"thresholds": {"happiness": 0.5}}, "happiness"),
        ({"thresholds": {"feedback": "high"}}, "with numbers"),
        ({"labels": ["feedback"]}, "may hold"),
        ({"label": {}}, "may hold"),
        ([], "no JSON object"),
    ],
)
def test_wrong_settings_are_told(folder: Path, settings: Any, told: str) -> None:
    (folder / SETTINGS).write_text(json.dumps(settings))
    with pytest.raises(ArtefactError, match=told):
        artefact_of(folder)


def test_a_model_that_finds_no_factor_is_refused(folder: Path) -> None:
    write_labels(folder, ["POSITIVE", "NEGATIVE"])
    with pytest.raises(ArtefactError, match="stands for a factor"):
        artefact_of(folder)


@pytest.mark.parametrize("lacking", ["config.json", "model.safetensors"])
def test_a_folder_without_a_model_is_refused(folder: Path, lacking: str) -> None:
    (folder / lacking).unlink()
    with pytest.raises(ArtefactError, match=r"config\.json"):
        artefact_of(folder)


def test_other_weights_or_settings_are_another_version(folder: Path, tmp_path: Path) -> None:
    same = Path(shutil.copytree(folder, tmp_path / "moved" / "theirs"))
    first = artefact_of(folder).version
    assert artefact_of(same).version == first
    (same / "model.safetensors").write_bytes(b"other weights")
    (folder / SETTINGS).write_text(json.dumps({"thresholds": {"feedback": 0.7}}))
    assert len({first, artefact_of(same).version, artefact_of(folder).version}) == 3


def test_redaction_and_sentences_are_those_of_the_shipped_model(folder: Path) -> None:
    shipped = artefacts.verify(artefacts.newest()).manifest["components"]
    assert artefact_of(folder).manifest["components"][:2] == shipped[:2]


# ---------------------------------------------------------------- names of models


def test_no_name_and_the_folder_itself_are_the_shipped_model() -> None:
    versions = {resolve().model_version, resolve(f" {artefacts.newest()} ").model_version}
    assert versions == {artefacts.newest().name}


def test_a_wrong_folder_is_told(folder: Path, tmp_path: Path) -> None:
    for name in (str(tmp_path / "no"), f"hf:{tmp_path / 'no'}"):
        with pytest.raises(ArtefactError, match="There is no model folder"):
            resolve(name)
    with pytest.raises(ArtefactError, match=f"write hf:{folder}"):
        resolve(str(folder))


def test_a_missing_library_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ArtefactError, match="pip install torch transformers"):
        resolve(f"hf:{folder}")


def test_the_shipped_model_reads_without_pytorch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; from nlp.models import resolve;"
        "print(next(resolve().analyse(['My manager is good.'])).findings[0].factor)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "leadership\n", run.stderr


def test_a_file_is_read_by_the_model_that_is_named(folder: Path, scorer: Scorer, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 1, "text": "My manager is good."}\n')
    assert main(["analyse", str(source), "--out", str(out), "--model", f"hf:{folder}", "--quiet"]) == 0
    record = json.loads(out.read_text())
    assert record["model"].startswith("hf-theirs-")
    assert [name for name, said in record["factors"].items() if said["assigned"]] == ["leadership"]


# ---------------------------------------------------------------- a real network


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with a two-layer BERT of random weights."""
    torch = pytest.importorskip("torch", reason="PyTorch, which other models need, is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")

    def make(labels: Sequence[str], **settings: Any) -> Path:
        directory = tmp_path / "tiny"
        directory.mkdir()
        words = "[PAD] [UNK] [CLS] [SEP] [MASK] my manager is good bad the appraisal was this about ."
        (directory / "vocab.txt").write_text("\n".join(words.split()))
        transformers.BertTokenizer(str(directory / "vocab.txt")).save_pretrained(directory)
        torch.manual_seed(1)
        config = transformers.BertConfig(
            vocab_size=16,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=64,
            id2label=dict(enumerate(labels)),
            label2id={label: i for i, label in enumerate(labels)},
            **settings,
        )
        transformers.BertForSequenceClassification(config).save_pretrained(directory)
        return directory

    return make


TEXTS = ["My manager is good. The appraisal was bad.", "", "good " * 600, "This is about the appraisal."]


def test_a_model_of_several_labels_reads_comments(tiny: Callable[..., Path]) -> None:
    folder = tiny([*FACTORS, *SENTIMENTS], problem_type="multi_label_classification")
    analyses = list(resolve(f"hf:{folder}", threads=1).analyse(TEXTS))
    assert [len(analysis.factors) for analysis in analyses] == [7] * 4
    # Random weights say something between the ends of each sentence.
    assert all(0 < reading.probability < 1 for reading in analyses[0].factors)
    again = resolve(f"hf:{folder}", threads=1).analyse(TEXTS)
    assert list(again) == analyses


def test_scores_of_one_label_add_up(tiny: Callable[..., Path]) -> None:
    scores = hugging_face.text_classification(tiny(["feedback", "leadership", "none"]), threads=1)(TEXTS)
    assert scores.shape == (4, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


def test_a_zero_shot_model_is_asked_of_each_factor(tiny: Callable[..., Path]) -> None:
    folder = tiny(["contradiction", "neutral", "entailment"])
    classify = hugging_face.zero_shot(
        folder, list(HYPOTHESES.values()), [*([i] for i in range(7)), [7, 8, 9]], threads=1
    )
    scores = classify(["My manager is good."])
    assert scores.shape == (1, 10) and ((scores > 0) & (scores < 1)).all()
    np.testing.assert_allclose(scores[:, 7:].sum(axis=1), 1, rtol=1e-5)
    (analysis, *_) = resolve(f"hf:{folder}").analyse(TEXTS)
    assert {reading.factor for reading in analysis.factors} == set(FACTORS)
    (of_first,) = [reading for reading in analysis.factors if reading.factor == Factor.LEADERSHIP]
    sentences = ["My manager is good.", "The appraisal was bad."]
    assert of_first.probability == pytest.approx(classify(sentences)[:, 0].max(), abs=1e-5)


@pytest.mark.parametrize(
    "labels",
    [
        ["contradiction", "neutral", "entailment"],
        ["ENTAILMENT", "neutral", "CONTRADICTION"],
        ["entailment", "not_entailment"],
    ],
)
def test_entailment_is_taken_for_yes_wherever_it_stands(tiny: Callable[..., Path], labels: list[str]) -> None:
    folder = tiny(labels)
    import torch
    import transformers

    model = transformers.BertForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():  # a model that says yes to everything
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([4.0 if label[0] in "eE" else -4.0 for label in labels]))
    model.save_pretrained(folder)
    scores = hugging_face.zero_shot(folder, ["This is about training."], [[0]], threads=1)(TEXTS)
    assert (scores > 0.99).all()


def test_weights_that_do_not_fit_are_told(tiny: Callable[..., Path]) -> None:
    folder = tiny([*FACTORS, *SENTIMENTS])
    (folder / "model.safetensors").write_bytes(b"not weights at all")
    with pytest.raises(ArtefactError, match="cannot be loaded"):
        resolve(f"hf:{folder}")


def test_a_model_without_its_last_layer_is_refused(tiny: Callable[..., Path]) -> None:
    folder = tiny([*FACTORS, *SENTIMENTS])
    import transformers

    whole = transformers.BertForSequenceClassification.from_pretrained(folder)
    whole.bert.save_pretrained(folder)
    with pytest.raises(ArtefactError, match="lacks weights: classifier"):
        resolve(f"hf:{folder}")
