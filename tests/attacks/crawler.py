"""An attacker's browser: it opens every report and export that it may, linked or guessed.

What they print is taken out of the text again, by someone who knows the layout of the pages.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from surveyapp.disclosure.figures import CHANCE_ONLY
from tests.support.client import CheckingClient

#: A unit by its id, or a staff group by its name.
Key = int | str

_CHANGES_EACH_TIME = re.compile(r'nonce="[^"]*"|<input[^>]*name="(?:csrf_token|ticket)"[^>]*>')
_UNIT = re.compile(r"/reports/(\d+)/units/(\d+)\Z")
_ANSWERED = re.compile(
    r"About ([\d.]+) (?:people answered|answers came in)\.(?: That is about ([\d.]+)%)?"
)
_NUMBERED = re.compile(r"(\d+)\. (.*)", re.DOTALL)


def still(answer: TestResponse) -> str:
    """The page, or the bytes of a file, without the random marks that are new each time."""
    is_text = answer.mimetype.startswith("text/")
    return _CHANGES_EACH_TIME.sub("", answer.text) if is_text else answer.data.decode("latin-1")


def crawl(
    client: CheckingClient, *, start: str = "/reports", guesses: Iterable[str] = ()
) -> dict[str, TestResponse]:
    """Every page and file below `start` that opens, by address.

    Of the files only the CSV: the others hold the same figures, as the tests of exports say.
    """
    found: dict[str, TestResponse] = {}
    waiting, seen = [start, *guesses], {start, *guesses}
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        if answer.status_code != 200:
            continue
        found[address] = answer
        if answer.mimetype != "text/html":
            continue
        for link in BeautifulSoup(answer.data, "html.parser").find_all("a", href=True):
            target = urljoin(address, str(link["href"])).split("#")[0]
            if target.startswith("/reports") and "/export/" not in target and target not in seen:
                seen.add(target)
                waiting.append(target)
    return found


@dataclass
class Harvest:
    """What was read off the pages of one wave.

    `figures` has the printed words of each measure, by crowd and question; under the question ''
    those of all who answered.
    """

    figures: defaultdict[tuple[Key, str], dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    conflicts: list[str] = field(default_factory=list)

    def note(self, key: Key, question: str, measure: str, words: str) -> None:
        known = self.figures[key, question].setdefault(measure, words)
        if known != words:
            self.conflicts.append(f"{key}, {question}: {measure} is {known} and {words}")

    def crowds(self, question: str) -> set[Key]:
        """Those of whom a figure of that question is shown."""
        measure = "n" if not question else "score"
        return {key for (key, asked), words in self.figures.items() if asked == question and measure in words}


def harvest(pages: Iterable[Mapping[str, TestResponse]], wave_id: int) -> Harvest:
    """All figures of a wave in what one or several attackers have crawled."""
    found = Harvest()
    for crawled in pages:
        for address, answer in sorted(crawled.items()):
            match = _UNIT.match(address)
            if match and int(match[1]) == wave_id:
                _read_page(found, int(match[2]), answer)
            match = _UNIT.match(address.removesuffix("/scores.csv"))
            if match and int(match[1]) == wave_id and address.endswith(".csv"):
                _read_csv(found, int(match[2]), answer)
    return found


def rows_of(soup: Tag, caption: str) -> list[list[Tag]]:
    """The cells of the body of each table with that caption, without the headings for phones."""
    tables = [t for t in soup.select("table") if t.caption and caption in t.caption.get_text()]
    for table in tables:
        for repeated in table.select(".nhsuk-table__heading"):
            repeated.decompose()
    return [row.select("th, td") for table in tables for row in table.select("tbody tr")]


def _read_page(found: Harvest, unit_id: int, answer: TestResponse) -> None:
    soup = BeautifulSoup(answer.text, "html5lib")
    for details in soup.select("details"):
        summary = details.find("summary")
        assert summary is not None
        group = summary.get_text(strip=True)
        if _read_head(found, group, details):
            _read_scores(found, group, rows_of(details, f"{group}: scores from 0 to 100"))
            details.decompose()
    if not _read_head(found, unit_id, soup):
        return
    texts = _read_scores(found, unit_id, rows_of(soup, "Score of each question"))
    for table in soup.select("details table"):
        caption = re.search(r"Answers to question (\d+)", table.get_text(" "))
        if caption:
            for row in table.select("tbody tr"):
                label, percent = (cell.get_text(" ", strip=True) for cell in row.select("th, td"))
                found.note(unit_id, texts[caption[1]], f"Answered: {label}", percent)
    for drawing in soup.select("svg"):
        _read_chart(found, unit_id, drawing, texts)


def _read_head(found: Harvest, key: Key, part: Tag) -> bool:
    """How many answered, if it says so."""
    said = " ".join(part.get_text(" ").split())
    about = _ANSWERED.search(said)
    if about is None:
        return False
    found.note(key, "", "n", about[1])
    if about[2]:
        found.note(key, "", "rate", about[2])
    return True


def _read_scores(found: Harvest, key: Key, rows: list[list[Tag]]) -> dict[str, str]:
    """A table of scores; the questions' texts by their numbers."""
    texts: dict[str, str] = {}
    for row in rows:
        asked, score, sure, favourable, *_ = (next(cell.stripped_strings) for cell in row)
        match = _NUMBERED.match(asked)
        if match is None:
            continue
        texts[match[1]] = question = match[2]
        if score == "Not shown":
            continue
        found.note(key, question, "score", score)
        # What every range says, pages say once a table.
        found.note(key, question, "score note", f"{sure} {CHANCE_ONLY}")
        if favourable != "Not shown":
            found.note(key, question, "favourable", favourable)
    return texts


def _read_chart(found: Harvest, unit_id: int, drawing: Tag, texts: Mapping[str, str]) -> None:
    """The words in the chart, those for screen readers, and what its shapes measure."""
    title, description = drawing.find("title"), drawing.find("desc")
    assert title is not None and description is not None
    if "Score of each question" not in title.get_text():
        return
    marks = drawing.select_one(".layer_1_marks")
    assert marks is not None
    lines = [text.get_text() for text in marks.select("text")]
    assert description.get_text() == "; ".join(lines)
    bars = [
        re.fullmatch(r"M0,([\d.]+)h([\d.]+)v.*", str(path["d"]))
        for path in drawing.select(".layer_0_marks path")
    ]
    by_row: dict[int, str] = {}
    for line, bar in zip(lines, bars, strict=True):
        number, rest = line.split(". ", 1)
        assert bar is not None
        question = texts[number]
        by_row[round(float(bar[1]))] = question
        words = rest.rsplit(": ", 1)[1]
        found.note(unit_id, question, "score", words)
        # The length of a bar could be finer than its words.
        found.note(unit_id, question, "bar", f"{float(bar[2]) / 3.2:.4g}")
    for rule in drawing.select(".layer_3_marks line"):
        x, y = re.findall(r"[\d.]+", str(rule["transform"]))
        question = by_row[round(float(y) - 7)]
        low, width = float(x) / 3.2, float(str(rule["x2"])) / 3.2
        found.note(unit_id, question, "low", f"{low:.4g}")
        found.note(unit_id, question, "high", f"{low + width:.4g}")


def _read_csv(found: Harvest, unit_id: int, answer: TestResponse) -> None:
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    for row in rows:
        of_group = row["Unit"].removeprefix(f"{rows[0]['Unit']}: ")
        key: Key = unit_id if of_group == row["Unit"] else of_group
        match row["Measure"]:
            case "People who answered":
                found.note(key, "", "n", row["Value"])
            case "Response rate":
                found.note(key, "", "rate", row["Value"].removesuffix("%"))
            case "Answers":
                found.note(key, row["Name"], "n", row["Value"])
            case "Score, 0 to 100" if row["Value"] != "Not shown":
                found.note(key, row["Name"], "score", row["Value"])
                found.note(key, row["Name"], "score note", row["Note"])
            case "Favourable":
                found.note(key, row["Name"], "favourable", row["Value"])
                found.note(key, row["Name"], "favourable note", row["Note"])
            case split if split.startswith("Answered: "):
                found.note(key, row["Name"], split, row["Value"])
