"""A staff file of any kind as a table. Pure."""

from __future__ import annotations

from surveyapp.organisation.staff_table import StaffFileError, StaffTable
from surveyapp.organisation.staff_text import read_text
from surveyapp.organisation.staff_workbook import OLD_OFFICE, ZIP, read_workbook


def read_table(content: bytes) -> StaffTable:
    """Raises StaffFileError, which says what to do, for whatever is no staff list."""
    if not content.strip():
        raise StaffFileError("The file is empty. Save your sheet again and choose it.")
    if content.startswith((ZIP, OLD_OFFICE)):
        return read_workbook(content)
    return read_text(content)
