"""`python -m benchmarks [SUBJECT ...]`: one line a measurement, medians of several runs."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator

from benchmarks import (
    box,
    casting,
    comments,
    disclosure,
    large_count,
    mail,
    memory,
    pages,
    redaction,
    reports,
    sqlite_crowd,
    staff_import,
    start,
    themes,
)
from benchmarks.measuring import Measurement

SUBJECTS: dict[str, Callable[[], Iterator[Measurement]]] = {
    "disclosure": disclosure.measure,
    "box": box.measure,
    "casting": casting.measure,
    "sqlite": sqlite_crowd.measure,
    "count": large_count.measure,
    "import": staff_import.measure,
    "mail": mail.measure,
    "comments": comments.measure,
    "redaction": redaction.measure,
    "themes": themes.measure,
    "reports": reports.measure,
    "pages": pages.measure,
    "start": start.measure,
    "memory": memory.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures speed and memory. Machines differ and are shared: compare figures of "
        "one run with each other, not with another day's.",
        epilog="Each line: subject, what, median, unit, and the runs it is the median of.",
    )
    parser.add_argument(
        "subjects",
        nargs="*",
        metavar="SUBJECT",
        help=f"what to measure: {', '.join(SUBJECTS)}; everything if left out",
    )
    options = parser.parse_args()
    unknown = [subject for subject in options.subjects if subject not in SUBJECTS]
    if unknown:
        parser.error(f"no subject is called {unknown[0]}; choose from {', '.join(SUBJECTS)}")
    logging.disable(logging.WARNING)  # that no queue listens is as it should be
    for subject in options.subjects or SUBJECTS:
        for made in SUBJECTS[subject]():
            runs = " ".join(f"{value:.3g}" for value in made.runs)
            print(f"{subject}: {made.what}: {made.median:.3g} {made.unit} (of {runs})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
