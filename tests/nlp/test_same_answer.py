"""The same comment gets the same answer, whatever comes with it and whoever asks."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys

import pytest

from nlp import artefacts
from nlp.labelled import OWN_DEVELOPMENT_SET, read_labelled
from nlp.measure import measure
from nlp.pipeline import Pipeline, load
from nlp.types import CommentAnalysis

ODD = [
    "",
    " \n\t ",
    "👍🏽👍🏽 so proud of our team 🎉",
    "كان التدريب ممتازا and my mentor was lovely",
    "\x00\x07 control \u202e characters in the training",
    "We learn from each other. " * 400,
    "no" * 5000,
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    with OWN_DEVELOPMENT_SET.open(encoding="utf-8") as lines:
        own = [json.loads(line)["text"] for line in lines]
    return own[:120] + ODD


@pytest.fixture(scope="module")
def alone(pipeline: Pipeline, texts: list[str]) -> dict[str, CommentAnalysis]:
    return {text: next(iter(pipeline.analyse([text]))) for text in texts}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_in_any_company_order_and_number_of_threads(
    texts: list[str], alone: dict[str, CommentAnalysis], threads: int
) -> None:
    other = load(threads=threads)
    rng = random.Random(threads)
    for batch_size in (3, 64, 500):
        rng.shuffle(texts)
        for text, reading in zip(texts, other.analyse(texts, batch_size=batch_size), strict=True):
            assert reading == alone[text]


def test_in_another_process(texts: list[str], alone: dict[str, CommentAnalysis]) -> None:
    program = (
        "import json, sys, hashlib; from nlp.pipeline import load; "
        "texts = json.load(sys.stdin); "
        "print(hashlib.sha256(repr(list(load(threads=1).analyse(texts))).encode()).hexdigest())"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    ours = repr([alone[text] for text in texts])
    assert said == hashlib.sha256(ours.encode()).hexdigest()


def test_on_another_processor() -> None:
    """The shipped model is as good here as where it was made, on any processor.

    Where sums of 8-bit products overflow, F1 falls by half a point and more.
    """
    folder = artefacts.newest()
    made = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["scores"]
    here = measure(read_labelled(OWN_DEVELOPMENT_SET))
    for name in ("macro_f1", "micro_f1", "sentiment_accuracy", "stance_accuracy"):
        there = made[OWN_DEVELOPMENT_SET.name][name]
        assert getattr(here, name) == pytest.approx(there, abs=0.003), name
