"""Pages of comments."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("comments", __name__)
