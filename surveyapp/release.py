"""Which release of the software this is."""

from __future__ import annotations

import os
import subprocess
from functools import cache

from surveyapp.config import PROJECT_ROOT


@cache
def release() -> str:
    """What RELEASE says, set where it is packed; else what git says of this directory, or 'unknown'."""
    named = os.environ.get("RELEASE", "").strip()
    if named:
        return named
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--tags", "--dirty"],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return described.stdout.strip() or "unknown"
