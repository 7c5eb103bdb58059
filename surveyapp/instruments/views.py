"""Pages of instruments."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("instruments", __name__)
