"""Where the quick sums of 8-bit products are used, they say what the exact ones say."""

from __future__ import annotations

from pathlib import Path

import pytest

import nlp.encoder
from nlp.labelled import OWN_DEVELOPMENT_SET, read_labelled
from nlp.pipeline import Pipeline, load
from nlp.processor import sums_bytes_exactly

WITH = "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu sse2 avx2 avx512f avx512_vnni gfni\n"
WITHOUT = "processor\t: 1\nflags\t\t: fpu sse2 avx2 avx512f avx512bw\n"


@pytest.mark.parametrize(
    ("description", "is_exact"),
    [
        (WITH, True),
        (WITH.replace("avx512_vnni", "avx_vnni"), True),
        (WITHOUT, False),
        (WITH + WITHOUT, False),  # a thread may run on either
        (WITHOUT.replace("avx512bw", "no_avx512_vnni avx512_vnni_like"), False),
        ("processor\t: 0\nFeatures\t: fp asimd asimddp\n", False),  # no x86
        ("", False),
        ("\x00\xff flags", False),
    ],
)
def test_what_linux_says_of_the_processor(tmp_path: Path, description: str, is_exact: bool) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(description, encoding="latin-1")
    assert sums_bytes_exactly(file) is is_exact


def test_a_system_that_says_nothing_of_its_processor_gets_the_safe_answer(tmp_path: Path) -> None:
    assert sums_bytes_exactly(tmp_path / "none") is False


def test_the_quick_sums_are_the_exact_ones(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [comment.text for comment in read_labelled(OWN_DEVELOPMENT_SET)][:150]
    monkeypatch.setattr(nlp.encoder, "sums_bytes_exactly", lambda: False)
    careful = load(threads=2)
    assert list(careful.analyse(texts)) == list(pipeline.analyse(texts))
