"""Series from files that people bring, and back again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from surveyapp.organisation import services as organisation
from surveyapp.series import entries, services
from surveyapp.series.models import Series
from surveyapp.series.rotation import choices_of
from surveyapp.series.series_file import SeriesInFile, read_series
from surveyapp.series.services import Setup
from surveyapp.series.yaml_lines import SeriesFileError

#: Bytes of a series file: hundreds of series.
LARGEST_FILE = 256 * 1024


def create_all(session: Session, content: bytes, *, minimum_group: int, actor_id: int | None) -> list[Series]:
    """Keep every series of a file, owned by who brings it, or none. Audited.

    Raises SeriesFileError for what is wrong in it, and as `services.create`.
    """
    if len(content) > LARGEST_FILE:
        raise SeriesFileError(0, f"The file is larger than {LARGEST_FILE // 1024} kB. Split it")
    found = read_series(content, choices_of=choices_of)
    finder = organisation.UnitFinder(session)
    root = next((unit_id for unit_id, parent, _ in organisation.frozen_tree(session) if parent is None), 0)
    return [
        services.create(
            session,
            Setup(
                rules=one.written,
                audience_unit_ids=_units(one, finder) or (root,),
                minimum_group=minimum_group,
                owner_id=actor_id,
            ),
            actor_id=actor_id,
        )
        for one in found
    ]


def _units(one: SeriesInFile, finder: organisation.UnitFinder) -> tuple[int, ...]:
    found = []
    for name in one.audience:
        unit_id = finder.find(name)
        if unit_id is None:
            many = finder.is_ambiguous(name)
            advice = (
                f"several units are called '{name}'. Write the path, such as Surgery > Ward 4"
                if many
                else f"there is no unit '{name}'. Write its name as on the page Units"
            )
            raise SeriesFileError(0, advice, key="audience")
        found.append(unit_id)
    return tuple(dict.fromkeys(found))


def written(session: Session, series: Series) -> str:
    """A series as the YAML of a file that gives the same one back."""
    paths = {row.id: row.path for row in organisation.unit_tree(session) if row.parent_id is not None}
    audience = [paths[unit_id] for unit_id in series.audience_unit_ids if unit_id in paths]
    return entries.as_yaml(series.rules, audience)
