"""Pages that show staff what is stored, and what was deleted."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("privacy", __name__)
