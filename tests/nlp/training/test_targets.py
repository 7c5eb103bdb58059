"""What the network is told: labels, teachers' opinions, and their mixture."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nlp.labelled import LabelledDataError, read_labelled
from nlp.taxonomy import FACTORS, Factor, Sentiment
from nlp.training import opinions, readings
from nlp.training.opinions import Opinion, digest
from nlp.training.pieces import pieces_of
from nlp.training.readings import Reading
from nlp.training.targets import targets_of
from nlp.training.texts import AUTHORED, Example, development_sets, read_examples

LED_BADLY = Example(
    "She shouts.",
    stances={Factor.LEADERSHIP: Sentiment.NEGATIVE},
    sentiment=Sentiment.NEGATIVE,
    concern=True,
)
UNKNOWN = Example("Nobody has read this.")


def opinion_on(text: str, **chances: float) -> dict[int, Opinion]:
    logits = np.full(len(FACTORS), -9, np.float32)
    for factor, chance in chances.items():
        logits[FACTORS.index(Factor(factor))] = np.log(chance / (1 - chance))
    stances = np.tile(np.array([0, 9, 0], np.float32), (len(FACTORS), 1))
    levels = np.array([0, 0, 0, 0, 9], np.float32)
    return {digest(text): Opinion(logits, stances, np.array([0, 9, 0], np.float32), levels)}


def test_without_teachers_the_label_is_the_target() -> None:
    targets = targets_of([LED_BADLY, UNKNOWN], trust=1.0, smoothing=0.0)
    assert targets.factors[0].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert targets.stances[0, 0].tolist() == [0, 1, 0]
    assert targets.of_stances[0].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert targets.concern[0] == 1 and targets.of_levels[0] == 0
    of_unknown = (targets.of_factors, targets.of_overall, targets.of_concern, targets.of_levels)
    assert [weights[1] for weights in of_unknown] == [0, 0, 0, 0]


def test_a_label_that_teachers_doubt_pulls_less() -> None:
    doubt = opinion_on(LED_BADLY.text, leadership=0.1)
    sure = opinion_on(LED_BADLY.text, leadership=0.9)
    targets = targets_of([LED_BADLY], teachers=[doubt, sure], trust=0.5, smoothing=0.0)
    assert targets.factors[0, 0] == pytest.approx(0.75, abs=0.001)  # half of 1, half of 0.5


def test_a_text_without_label_is_what_teachers_say() -> None:
    teachers = [opinion_on(UNKNOWN.text, feedback=0.8)]
    targets = targets_of([UNKNOWN], teachers=teachers, trust=0.5, smoothing=0.02)
    place = FACTORS.index(Factor.FEEDBACK)
    assert targets.factors[0, place] == pytest.approx(0.8, abs=0.001)
    # The stance counts as far as the factor is there.
    assert targets.of_stances[0, place] == pytest.approx(0.8, abs=0.001)
    assert targets.overall[0].argmax() == 1 and targets.levels[0].argmax() == 4
    assert targets.of_overall[0] == targets.of_factors[0] == 1
    # Levels are patients': what others' texts might have had must not drown them.
    assert 0 < targets.of_levels[0] < 0.5
    assert targets.level_shares().argmax() == 4
    assert targets.level_shares().min() > 0


@given(arrays.arrays(np.float32, (4, 36), elements=st.floats(-40, 40, width=32)))
def test_opinions_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, logits: np.ndarray
) -> None:
    texts = ["one", "two", "three", "four"]
    opinion = Opinion(
        logits[:, :7], logits[:, 7:28].reshape(-1, 7, 3), logits[:, 28:31], logits[:, 31:]
    )
    path = tmp_path_factory.mktemp("opinions") / "teacher.npz"
    opinions.write(path, texts, opinion)
    (kept,) = opinions.read_all([path])
    assert len(kept) == len(texts)
    for place, text in enumerate(texts):
        for was, now in zip(opinion, kept[digest(text)], strict=True):
            near = np.clip(was[place], -127 / 8, 127 / 8)
            assert np.abs(near - now).max() <= 1 / 16 + 1e-6


def test_pieces_are_the_sentences_of_longer_comments() -> None:
    texts = ["I was shown once. Nobody came back after that.\nNo.", "A single sentence alone."]
    assert pieces_of(texts) == ["I was shown once.", "Nobody came back after that."]


def test_what_ships_to_learn_from_is_well_labelled() -> None:
    """Every line follows the format, no comment is there twice, and 'none' stands alone."""
    seen: set[str] = set()
    for path in sorted(AUTHORED.glob("*.jsonl")):
        read_labelled(path)
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            named = [factor for factor in row["factors"] if factor != "none"]
            assert set(named) == set(row["factor_sentiment"]), row["id"]
            assert named or row["factors"] == ["none"], row["id"]
            assert row["text"] not in seen, row["id"]
            seen.add(row["text"])
    assert len(seen) > 3000


def test_a_training_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    row = {"text": "x", "factors": ["leading"], "sentiment": "positive", "factor_sentiment": {}}
    for name in ("comments_train.jsonl", "comments_authored.jsonl"):
        (tmp_path / name).write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "patient_feedback.csv").write_text("text,sentiment5,split\n", encoding="utf-8")
    with pytest.raises(LabelledDataError, match="comments_train.jsonl, line 1"):
        read_examples(tmp_path)


def test_sources_without_a_clear_licence_can_be_left_out(tmp_path: Path) -> None:
    rows = [
        {"text": text, "factors": ["none"], "sentiment": "positive", "source": source}
        for text, source in (("from a review site", "indeed"), ("from a forum", "reddit-nursing"))
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "comments_train.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "comments_authored.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "patient_feedback.csv").write_text(
        "text,sentiment5,split\nkind staff,1,train\nkept apart,5,test\n", encoding="utf-8"
    )
    texts = {example.text for example in read_examples(tmp_path, review_sites=False)}
    assert {"from a forum", "kind staff"} <= texts
    assert not {"from a review site", "kept apart"} & texts


def test_a_label_that_was_read_twice_is_the_mean_of_both_readings() -> None:
    second = Reading(
        {Factor.LEADERSHIP: Sentiment.POSITIVE, Factor.FEEDBACK: Sentiment.NEGATIVE},
        Sentiment.NEUTRAL_MIXED,
    )
    targets = targets_of(
        [LED_BADLY, UNKNOWN],
        readings={digest(LED_BADLY.text): second, digest(UNKNOWN.text): second},
        trust=1.0,
        smoothing=0.0,
    )
    feedback = FACTORS.index(Factor.FEEDBACK)
    assert targets.factors[0, [0, feedback]].tolist() == [1, 0.5]
    assert targets.stances[0, 0].tolist() == [0.5, 0.5, 0]
    assert targets.stances[0, feedback].tolist() == [0, 1, 0]
    # What one of two found counts half.
    assert targets.of_stances[0, [0, feedback]].tolist() == [1, 0.5]
    assert targets.overall[0].tolist() == [0, 0.5, 0.5]
    assert targets.of_factors[1] == 0, "nobody labelled it first"


def test_a_teacher_counts_less_beside_two_readers_than_beside_one() -> None:
    doubt = opinion_on(LED_BADLY.text, leadership=0.1)
    agrees = Reading({Factor.LEADERSHIP: Sentiment.NEGATIVE}, Sentiment.NEGATIVE)
    chances = [
        targets_of(
            [LED_BADLY], teachers=[doubt], readings=seconds, trust=0.3, smoothing=0.0
        ).factors[0, 0]
        for seconds in (None, {digest(LED_BADLY.text): agrees})
    ]
    assert chances[0] < 0.5 < chances[1]


def test_the_readings_that_ship_can_be_read_and_hold_no_text() -> None:
    kept = readings.read()
    _, *lines = readings.SHIPPED.read_text(encoding="utf-8").splitlines()
    assert len(kept) == len(lines) > 3000
    for line in lines:
        assert re.fullmatch(r"[0-9a-f]{16},(none|[a-z_]+[-+0]( [a-z_]+[-+0])*),[-+0]", line)


@pytest.mark.parametrize(
    "line", ["zz,none,+", "0f,leading+,+", "0f,leadership,+", "0f,none,?", "0f,none", "0f"]
)
def test_a_wrong_reading_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "readings.csv"
    path.write_text(f"digest,factors,overall\n0e,none,+\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="reading 2"):
        readings.read(path)


def test_without_a_folder_of_data_what_ships_and_own_corrections_are_learnt_from(tmp_path: Path) -> None:
    row = {"text": "Ours.", "factors": ["none"], "sentiment": "positive", "factor_sentiment": {}}
    own = tmp_path / "corrections.jsonl"
    own.write_text(json.dumps(row) + "\n", encoding="utf-8")
    texts = [example.text for example in read_examples(None, extra=[own])]
    assert "Ours." in texts
    assert len(texts) == len(set(texts)) > 10_000
    (tuned_on,) = development_sets(None)
    assert len(read_labelled(tuned_on)) == 450
