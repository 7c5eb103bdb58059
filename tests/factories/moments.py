"""A unit in pulses that were never stored: waves and what is shown of the unit in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from surveyapp.disclosure.figures import item_figure
from surveyapp.disclosure.snapshot import UnitResult
from surveyapp.instruments import services as instruments
from surveyapp.pulses.models import Breakdown, Channel, Wave, WaveItem, WaveKind
from surveyapp.reports.history import Moment

Counts = Sequence[int]


def pulse(month: int, items: Mapping[str, str | None], *, choice: str = "A-1", number: int = 0) -> Wave:
    """A counted pulse of that month, from 1 for January 2026 on.

    `items` are question ids with their words, None for those of the library.
    """
    library = instruments.load_library()
    year, place = divmod(month - 1, 12)
    wave = Wave(
        id=number or month,
        kind=WaveKind.PULSE,
        channel=Channel.PERSONAL,
        breakdown=Breakdown.NONE,
        audience_unit_ids=[7],
        set_aside=0,
        title=f"Pulse {month}",
        library_version=library.version,
        template_id="monthly_pulse_5",
        choice_key=choice,
        minimum_group=10,
        reference=f"p{month}",
        closes_at=datetime(2026 + year, place + 1, 20, tzinfo=UTC),
    )
    wave.items = [
        WaveItem(
            item_id=item_id,
            position=position,
            text=text or library.items[item_id].text,
            scale=library.items[item_id].scale,
            factor=library.items[item_id].factor,
            reverse=False,
            anchor=library.items[item_id].anchor,
        )
        for position, (item_id, text) in enumerate(items.items())
    ]
    return wave


def result(counts: Mapping[str, Counts], *, unit_id: int = 7, name: str = "Maple") -> UnitResult:
    """What is shown of a unit whose people gave these numbers of answers 1 to 5."""
    return UnitResult(
        name=name,
        respondents=10,
        response_rate=50,
        items={item_id: item_figure(own, k=10) for item_id, own in counts.items()},
        scales={},
        unit_id=unit_id,
        parent_id=None,
    )


def moment(month: int, counts: Mapping[str, Counts] | None, *, asked: Sequence[str] = ()) -> Moment:
    """The unit in one pulse; without counts nothing is shown of what was `asked`."""
    wave = pulse(month, dict.fromkeys(counts or asked))
    return Moment(wave, result(counts) if counts else None)
