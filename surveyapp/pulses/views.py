"""Pages of pulses."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("pulses", __name__)
