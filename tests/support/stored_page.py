"""The page 'What we store' of a wave, as the tests read it."""

from __future__ import annotations

from bs4 import BeautifulSoup

from surveyapp.pulses.models import Wave
from tests.factories.reports import soup_of
from tests.support.client import CheckingClient


def page_of(client: CheckingClient, wave: Wave) -> BeautifulSoup:
    return soup_of(client.get(f"/a/{wave.reference}/what-we-store"))


def words_of(client: CheckingClient, wave: Wave) -> str:
    return " ".join(page_of(client, wave).get_text(" ").split())


def summary(page: BeautifulSoup) -> dict[str, str]:
    """What stands beside what, in the summary lists of the page and in its example."""
    pairs = [(row.dt, row.dd) for row in page.select(".nhsuk-summary-list__row")]
    (example,) = (t for t in page.select("table") if t.caption and "example" in t.caption.get_text())
    pairs += [(row.th, row.td) for row in example.select("tbody tr")]
    return {
        " ".join(key.get_text().split()): " ".join(value.get_text().split())
        for key, value in pairs
        if key and value
    }
