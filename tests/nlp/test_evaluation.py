"""The shipped model against the development set that ships with it, and the arithmetic."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nlp.__main__ import main
from nlp.commands.evaluate import OWN_DEVELOPMENT_SET
from nlp.evaluation import calibration_error, score
from nlp.labelled import LabelledComment
from nlp.taxonomy import Factor, Sentiment


def test_the_shipped_model_holds_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)[OWN_DEVELOPMENT_SET.name]
    assert scores["comments"] == 450
    assert scores["macro_f1"] >= 0.65
    assert scores["sentiment_accuracy"] >= 0.72
    assert scores["stance_accuracy"] >= 0.78  # 0.797; int8 differs a little between processors
    assert scores["factor_calibration_error"] <= 0.08


def test_scores_of_a_case_worked_by_hand() -> None:
    both = {Factor.LEADERSHIP: Sentiment.NEGATIVE, Factor.FEEDBACK: Sentiment.POSITIVE}
    comments = [
        LabelledComment("a", both, Sentiment.NEGATIVE),
        LabelledComment("b", {}, Sentiment.POSITIVE),
    ]
    found = np.zeros((2, 7), dtype=bool)
    found[0, 0] = found[1, 0] = True  # leadership: one right, one wrong; feedback missed
    stances = np.zeros((2, 7, 3), dtype=np.float32)
    stances[:, :, 1] = 1  # always negative
    overall = np.array([[0, 1, 0], [0, 1, 0]], dtype=np.float32)
    result = score(comments, found.astype(np.float32), found, stances, overall)
    assert result.labels["leadership"].precision == 0.5
    assert result.labels["leadership"].recall == 1
    assert result.macro_f1 == pytest.approx(2 / 3 / 7)
    assert result.micro_f1 == 0.5
    assert result.stance_accuracy == 0.5
    assert result.sentiment_accuracy == 0.5


def test_calibration_error_of_a_case_worked_by_hand() -> None:
    chances = np.array([0.95, 0.95, 0.15, 0.15], dtype=np.float32)
    came_true = np.array([True, False, False, False])
    assert calibration_error(chances, came_true) == pytest.approx(0.5 * 0.45 + 0.5 * 0.15, abs=1e-6)
