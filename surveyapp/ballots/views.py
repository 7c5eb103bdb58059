"""Pages of ballots."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("ballots", __name__)
