"""What everyone reads of actions: the public page, and the page after sending."""

from __future__ import annotations

from datetime import date

from sqlalchemy import event
from sqlalchemy.orm import Session

from surveyapp.actions import services
from surveyapp.actions.services import Status
from surveyapp.extensions import db
from surveyapp.pulses.models import Wave
from tests.conftest import on_sqlite
from tests.factories import waves
from tests.factories.actions import written
from tests.factories.organisation import Organisation
from tests.factories.reports import soup_of, text_of
from tests.support.client import CheckingClient


@on_sqlite
def test_without_any_the_page_says_so(client: CheckingClient) -> None:
    page = client.get("/you-said-we-did")
    assert "Nothing is here yet" in page.text and "Set-Cookie" not in page.headers


def test_the_page_groups_by_status_the_newest_first(
    client: CheckingClient, trust: Organisation, session: Session
) -> None:
    maple, oak = trust.units["Maple"], trust.units["Oak"]
    written(session, maple, heard="First.", status=Status.DONE, published_on=date(2026, 1, 1))
    written(session, oak, heard="Second.", status=Status.DONE, published_on=date(2026, 2, 1))
    written(session, maple, heard="Third.", published_on=date(2026, 3, 1))
    written(session, maple, heard="Fourth.", status=Status.NOT_DOING, doing="", reason="No money.",
            published_on=date(2026, 3, 1))  # fmt: skip
    written(session, maple, heard="A draft.")
    page = client.get("/you-said-we-did")
    assert "Set-Cookie" not in page.headers and 'content="noindex"' in page.text
    assert [h2.get_text() for h2 in soup_of(page).select("main h2")] == ["Done", "Planned", "Not doing"]
    text = text_of(page)
    places = [text.index(said) for said in ("Second.", "First.", "Third.", "Fourth.", "No money.")]
    assert places == sorted(places) and "A draft." not in text
    assert "Oak: Feedback" in text and "We are not doing this No money." in text


@on_sqlite
def test_what_was_written_is_shown_as_text(
    client: CheckingClient, trust: Organisation, session: Session
) -> None:
    written(session, trust.root, heard="<script>x</script>\nLine two", published_on=date(2026, 1, 1))
    page = client.get("/you-said-we-did")
    assert "<script>x" not in page.text
    assert [p.get_text() for p in soup_of(page).select("p.lp-wrap")][:2] == [
        "<script>x</script>",
        "Line two",
    ]


def test_after_sending_everyone_reads_the_same_three_of_the_organisation(
    client: CheckingClient, trust: Organisation, wave: Wave, session: Session
) -> None:
    before = text_of(client.get(f"/a/{wave.reference}/thank-you"))
    assert "What changed after earlier pulses" not in before
    assert "See what changes because of what staff say" in before
    written(
        session, trust.units["Maple"], heard="Of Maple.", status=Status.DONE, published_on=date(2026, 4, 1)
    )
    written(session, trust.root, heard="A plan.", published_on=date(2026, 5, 1))
    for month in (1, 2, 3, 4):
        status = Status.DONE if month % 2 else Status.UNDER_WAY
        written(session, trust.root, heard=f"Of all {month}.", status=status,
                published_on=date(2026, month, 1))  # fmt: skip
    page = client.get(f"/a/{wave.reference}/thank-you")
    text = text_of(page)
    assert [text.count(f"Of all {month}.") for month in (1, 2, 3, 4)] == [0, 1, 1, 1]
    assert "Of Maple." not in text and "A plan." not in text
    assert 'href="/you-said-we-did"' in page.text
    assert "Set-Cookie" not in page.headers


def test_an_open_link_ends_with_the_same(
    client: CheckingClient, trust: Organisation, session: Session
) -> None:
    written(session, trust.root, heard="Of all.", status=Status.DONE, published_on=date(2026, 1, 1))
    to_all = waves.open_link_wave(trust.root)
    assert "Of all." in client.get(f"/o/{to_all.reference}/thank-you").text
    # A shared tablet goes back to its start and leads nowhere else.
    assert "you-said-we-did" not in client.get(f"/o/{to_all.reference}/tablet/thank-you").text


def test_the_page_after_sending_asks_the_database_once_for_them(
    trust: Organisation, session: Session
) -> None:
    for month in range(1, 10):
        written(session, trust.root, status=Status.DONE, published_on=date(2026, month, 1))
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    found = services.changed_for_everyone(session, 3)
    assert len(found) == 3 and len(asked) == 1


def test_open_actions_of_a_unit_the_first_due_first(trust: Organisation, session: Session) -> None:
    maple, oak = trust.units["Maple"], trust.units["Oak"]
    later = written(session, maple, due_on=date(2099, 5, 1))
    soon = written(session, maple, status=Status.UNDER_WAY, due_on=date(2099, 4, 1))
    late = written(session, oak, due_on=date(2020, 1, 1))
    written(session, maple, status=Status.DONE)
    assert services.open_for(session, [maple]) == (soon, later)
    found = services.open_for(session, [maple, oak])
    assert found == (late, soon, later)
    assert [action.is_late for action in found] == [True, False, False]
    assert services.open_for(session, []) == ()
