"""`python -m nlp evaluate`: how good the model is on labelled comments."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from nlp.commands import EXIT_OK

#: The development set that ships with the project.
OWN_DEVELOPMENT_SET = Path(__file__).parents[1] / "evaluation_data" / "comments_authored_dev.jsonl"


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser(
        "evaluate",
        help="how good the model is on labelled comments",
        description="Prints factor F1, accuracy of sentiment and calibration for each FILE of "
        "labelled comments; for the development set that ships with the project without one.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises LabelledDataError for a file that is not labelled comments."""
    from dataclasses import asdict

    from nlp.labelled import read_labelled
    from nlp.measure import measure

    results = {}
    for path in options.files or [OWN_DEVELOPMENT_SET]:
        results[path.name] = measure(read_labelled(path))
    if options.json:
        print(json.dumps({name: asdict(result) for name, result in results.items()}, indent=1))
        return EXIT_OK
    print(
        f"{'file':32} {'macro F1':>9} {'micro F1':>9} {'sentiment':>10} {'by factor':>10} "
        f"{'ECE factor':>11} {'ECE sent.':>10}"
    )
    for name, r in results.items():
        print(
            f"{name:32} {r.macro_f1:9.3f} {r.micro_f1:9.3f} {r.sentiment_accuracy:10.3f} "
            f"{r.stance_accuracy:10.3f} {r.factor_calibration_error:11.3f} "
            f"{r.sentiment_calibration_error:10.3f}"
        )
    for name, r in results.items():
        print(f"\n{name}: {r.comments} comments")
        for label, s in r.labels.items():
            print(
                f"  {label:20} precision {s.precision:.2f}  recall {s.recall:.2f}  "
                f"F1 {s.f1:.2f}  in {s.support}"
            )
    return EXIT_OK
