"""Pages of series."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("series", __name__, url_prefix="/series")
