"""Ids in addresses."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter


class RowId(IntegerConverter):
    """An id that every database can compare. Anything longer is no address of ours."""

    regex = r"[0-9]{1,9}"


def init_app(app: Flask) -> None:
    """Make `<int:…>` mean an id of a row, in every route that is added from now on."""
    app.url_map.converters["int"] = RowId
