"""Charts: words beside colours, a name and description, nothing that runs or is fetched."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from surveyapp.design.charts import (
    ScoreBar,
    ThemeBar,
    TrendDot,
    score_chart,
    theme_chart,
    trend_chart,
)

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "Goals </title><script>alert(1)</script>"


@pytest.fixture(scope="module")
def charts() -> list[str]:
    return [
        score_chart(
            [
                ScoreBar("Leadership", 62, "62", 55, 69),
                ScoreBar("Leadership", 95, "95 or more", None, None),
                ScoreBar(NASTY, 5, "5 or less", None, None),
            ]
        ),
        score_chart([ScoreBar("Leadership", 62, "62", None, None)]),
        theme_chart([ThemeBar("Communication and collaboration", 10, 5, 15)]),
        trend_chart(NASTY, [TrendDot("May 2026", 62, "62", 55, 69)]),
    ]


def test_each_has_a_name_and_a_description_of_its_own(charts: list[str]) -> None:
    seen: set[str] = set()
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert root.get("role") == "img"
        ids = {node.get("id"): node.tag for node in root.iter() if node.get("id")}
        assert (root.get("aria-labelledby") or "").split() == list(ids)
        assert list(ids.values()) == [f"{SVG}title", f"{SVG}desc"]
        assert not seen & ids.keys()
        seen |= {str(key) for key in ids}


def test_nothing_runs_and_nothing_is_fetched(charts: list[str]) -> None:
    for chart in charts:
        assert "<script" not in chart
        # The page's content security policy allows no inline style.
        assert not re.search(r"<style|\sstyle=|\son\w+=|href=|url\(|@import", chart)


def test_words_stand_on_the_chart_so_that_colour_is_not_the_only_cue(charts: list[str]) -> None:
    drawn = ["".join(ElementTree.fromstring(chart).itertext()) for chart in charts]
    assert "Leadership: 95 or more" in drawn[0]
    assert "10 good, 5 mixed, 15 poor" in drawn[2]


def test_two_questions_of_one_factor_keep_a_bar_each(charts: list[str]) -> None:
    root = ElementTree.fromstring(charts[0])
    lines = [node.text or "" for node in root.iter(f"{SVG}text")]
    assert len([line for line in lines if line.startswith("Leadership: ")]) == 2


def test_fits_a_phone_without_shrinking(charts: list[str]) -> None:
    for chart in (charts[1], charts[2]):
        assert int(ElementTree.fromstring(chart).get("width", "0")) <= 343


def test_web_process_does_not_load_the_drawing_libraries() -> None:
    code = (
        "import sys, surveyapp, surveyapp.design.fields;"
        "sys.exit(bool({'altair', 'vl_convert'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


def test_a_white_line_between_the_parts_of_a_bar_never_hides_a_narrow_one() -> None:
    wide, narrow = (
        theme_chart([ThemeBar("Feedback", 10, 5, 15)]),
        theme_chart([ThemeBar("Feedback", 1, 0, 400)]),
    )
    assert len(_marks(wide, "#ffffff")) == 2
    assert _marks(narrow, "#ffffff") == []
    assert len(_marks(narrow, "#007f3b")) >= 1


def _marks(chart: str, colour: str) -> list[ElementTree.Element]:
    return [node for node in ElementTree.fromstring(chart).iter() if node.get("fill") == colour]


def test_a_trend_is_broken_where_nothing_is_shown_and_where_words_changed() -> None:
    def dot(score: int | None, *, is_reworded: bool = False) -> TrendDot:
        words = "Not shown" if score is None else str(score)
        return TrendDot("May 2026", score, words, None, None, is_reworded)

    whole = trend_chart("Leaders", [dot(50), dot(60), dot(70), dot(80)])
    gap = trend_chart("Leaders", [dot(50), dot(60), dot(None), dot(70), dot(80)])
    anew = trend_chart("Leaders", [dot(50), dot(60), dot(70, is_reworded=True), dot(80)])

    def lines(svg: str) -> int:
        return svg.count('stroke="#005eb8" stroke-width="2"')

    assert lines(whole) == 1 and lines(gap) == 2 and lines(anew) == 2
    assert "May 2026: Not shown" in gap  # the words say what the picture shows
