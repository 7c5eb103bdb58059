"""The NHS.UK design system, as far as Python has a part in it."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Prepare templates for the design system."""
