"""Looking through the library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm

from surveyapp.design.fields import Dropdown
from surveyapp.instruments.services import Frame, Library


class BrowseForm(FlaskForm):
    """Read with GET; changes nothing. An unknown code shows everything."""

    class Meta:
        csrf = False

    factor = Dropdown("Learning culture factor", validate_choice=False, default="")
    cipd = Dropdown("CIPD criterion", validate_choice=False, default="")
    hee = Dropdown("HEE domain", validate_choice=False, default="")

    def __init__(self, library: Library, formdata: Any) -> None:
        super().__init__(formdata)
        for field, frames in (
            (self.factor, library.factors),
            (self.cipd, library.cipd),
            (self.hee, library.hee),
        ):
            field.choices = [("", "All"), *_names(frames)]
            if field.data not in frames:
                field.data = ""


def _names(frames: Mapping[str, Frame]) -> list[tuple[str, str]]:
    return [(frame.code, frame.name) for frame in frames.values()]
