"""The unit tree stays a tree whatever is done to it, and the audience follows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from surveyapp.accounts import models as _accounts  # noqa: F401 - a foreign key names its table
from surveyapp.extensions import Model
from surveyapp.organisation import services, staff
from surveyapp.organisation.models import Person, Unit, WorkingStatus
from surveyapp.organisation.services import OrganisationError, UnitFinder


def _session() -> Session:
    engine = create_engine("sqlite://")
    Model.metadata.create_all(engine)
    return Session(engine)


@pytest.fixture
def session() -> Iterator[Session]:
    with _session() as opened:
        yield opened


def _add(session: Session, name: str, parent: Unit) -> Unit:
    return services.add_unit(session, name=name, parent_id=parent.id)


class TreeMachine(RuleBasedStateMachine):
    """Adds, moves, renames and deletes at random; refusals must leave no trace."""

    def __init__(self) -> None:
        super().__init__()
        self.session = _session()
        services.ensure_root(self.session, "Trust")
        self.session.commit()

    def _pick(self, number: int) -> int:
        ids = self.session.scalars(select(Unit.id).order_by(Unit.id)).all()
        return ids[number % len(ids)]

    def _try(self, change: object) -> None:
        try:
            change()  # type: ignore[operator]
            self.session.commit()
        except OrganisationError as refusal:
            assert str(refusal) and refusal.field
            self.session.rollback()

    names = st.sampled_from(["A", "a", "B", " C  D", "c d", "", "x > y", "é", "É", "x" * 130])
    places = st.integers(0, 50)

    @rule(name=names, at=places)
    def add(self, name: str, at: int) -> None:
        parent = self._pick(at)
        self._try(lambda: services.add_unit(self.session, name=name, parent_id=parent))

    @rule(name=names, which=places, to=places)
    def change(self, name: str, which: int, to: int) -> None:
        unit, parent = self._pick(which), self._pick(to)
        self._try(lambda: services.change_unit(self.session, unit, name=name, parent_id=parent))

    @rule(which=places)
    def delete(self, which: int) -> None:
        unit = self._pick(which)
        self._try(lambda: services.delete_unit(self.session, unit))

    @invariant()
    def one_root_no_rings_no_twins(self) -> None:
        rows = services.unit_tree(self.session)
        # A ring would hang below no root, and so be missing from the walk.
        assert len(rows) == len(self.session.scalars(select(Unit.id)).all())
        assert [row.depth for row in rows].count(0) == 1 and rows[0].parent_id is None
        finder = UnitFinder(self.session)
        for row in rows:
            assert finder.at_path(row.path) == row.id
        root = rows[0].id
        assert services.subtree_ids(self.session, [root]) == {row.id for row in rows}


TreeMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestTree = TreeMachine.TestCase


def test_a_tree_may_be_very_deep(session: Session) -> None:
    unit = services.ensure_root(session, "Trust")
    for number in range(1200):
        child = Unit(name=f"Unit {number}", parent_id=unit.id)
        session.add(child)
        session.flush()
        unit = child
    session.add(Person(email="a@example.org", unit_id=unit.id, staff_group="Care"))
    session.flush()
    rows = services.unit_tree(session)
    assert rows[-1].depth == 1200
    assert rows[0].staff == 0 and rows[0].staff_below == 1
    assert len(services.subtree_ids(session, [rows[0].id])) == 1201


def test_audience_is_working_people_in_the_units_and_below(session: Session) -> None:
    root = services.ensure_root(session, "Trust")
    surgery = _add(session, "Surgery", root)
    ward, other = _add(session, "Ward 4", surgery), _add(session, "Home care", root)
    for email, unit, status in [
        ("a", ward, "working"),
        ("b", ward, "away"),
        ("c", surgery, "working"),
        ("d", other, "working"),
    ]:
        session.add(
            Person(email=f"{email}@example.org", unit_id=unit.id, staff_group="Care", status=status)
        )
    session.flush()
    asked = services.people_for_audience(session, [surgery.id])
    assert {(i.unit_id, i.staff_group) for i in asked} == {(ward.id, "Care"), (surgery.id, "Care")}
    addresses = {each.email for each in services.addresses_of(session, [i.person_id for i in asked]).values()}
    assert addresses == {"a@example.org", "c@example.org"}
    services.mark_asked(session, [i.person_id for i in asked], on=date(2026, 3, 2))
    marked = session.scalars(select(Person.email).where(Person.last_invited_on.is_not(None)))
    assert set(marked) == addresses
    assert services.people_for_audience(session, []) == []
    assert services.addresses_of(session, [999]) == {}


def test_ids_are_never_used_again(session: Session) -> None:
    """A new unit must not inherit the results, nor a new person the link, of a deleted one."""
    root = services.ensure_root(session, "Trust")
    gone = _add(session, "Ward 4", root).id
    services.delete_unit(session, gone)
    assert _add(session, "Ward 5", root).id != gone
    values = {"unit_id": root.id, "staff_group": "Care", "status": WorkingStatus.WORKING}
    person = staff.add_person(session, email="a@example.org", **values)
    gone = person.id
    staff.remove_person(session, person)
    assert staff.add_person(session, email="b@example.org", **values).id != gone


def test_units_are_found_as_people_write_them(session: Session) -> None:
    root = services.ensure_root(session, "Trust")
    surgery, medicine = _add(session, "Surgery", root), _add(session, "Medicine", root)
    one, two = _add(session, "Ward 4", surgery), _add(session, "Ward 4", medicine)
    finder = UnitFinder(session)
    assert finder.find("surgery") == surgery.id
    assert finder.find("Trust>Surgery >  WARD 4") == one.id
    assert finder.find("Medicine > Ward 4") == two.id
    assert finder.find("Ward 4") is None and finder.is_ambiguous("ward 4")
    assert finder.find("Ward 9") is None and not finder.is_ambiguous("Ward 9")
