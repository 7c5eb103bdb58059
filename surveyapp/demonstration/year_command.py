"""`python -m surveyapp.demonstration year`: what overviews say of a year in which little changed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from surveyapp.demonstration.year import organisation
from surveyapp.demonstration.year_study import MOST_FALSE, Outcome, Summary, outcome, summary
from surveyapp.instruments import services as instruments

_NAMES = organisation().names

EPILOG = """\
No database is needed and none is touched. "found" is how often the first overview that could compare
a planted change names it; "power" is what E6 says for the numbers of answers shown. An overview is
wrong if it names anything that was not planted in its unit, or in one above or below it.

Exit codes: 0 at most 5% of the overviews that compare anything are wrong, 1 more are, 2 the arguments
or the file cannot be used.
"""


def add_to(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = commands.add_parser(
        "year",
        help="simulate a year of pulses with planted changes, and print what overviews say of it",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the first year (default 1)")
    parser.add_argument(
        "--seeds", type=_some, default=1, metavar="N", help="how many years, from that one on (default 1)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there, not to standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    outcomes = [*_with_progress(range(options.seed, options.seed + options.seeds))]
    whole = summary(outcomes)
    text = json.dumps(_data(outcomes, whole), indent=2) if options.json else _words(outcomes, whole)
    try:
        if options.out:
            options.out.write_text(f"{text}\n", encoding="utf-8")
        else:
            sys.stdout.write(f"{text}\n")
    except OSError as error:
        sys.stderr.write(f"{options.out} cannot be written: {error.strerror}.\n")
        return 2
    return 1 if whole.share > MOST_FALSE else 0


def _some(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _with_progress(seeds: Sequence[int]) -> Iterator[Outcome]:
    for place, seed in enumerate(seeds, start=1):
        sys.stderr.write(f"Year {seed} ({place} of {len(seeds)})\n")
        yield outcome(seed)


def _data(outcomes: Sequence[Outcome], whole: Summary) -> dict[str, Any]:
    return {
        **asdict(whole),
        "share": whole.share,
        "each": [
            {
                "seed": one.seed,
                "chances": [chance and asdict(chance) for chance in one.chances],
                "said": [
                    {
                        "unit": _NAMES[seen.unit_id],
                        "pulse": seen.pulse,
                        "words": said.words,
                        "is_planted": (seen, said) not in one.false,
                    }
                    for seen in one.seen
                    for said in seen.said
                ],
            }
            for one in outcomes
        ],
    }


def _words(outcomes: Sequence[Outcome], whole: Summary) -> str:
    factors = instruments.load_library().factors
    lines = ["Planted"]
    for one in whole.planted:
        change = one.planted
        lines.append(
            f"  {_NAMES[change.unit_id]}, {factors[change.factor].name}: {change.points:+} points from "
            f"pulse {change.first} on"
        )
        lines.append(
            f"    found in {one.found} of {one.compared}; E6 says {one.power:.0%} for "
            f"{one.before:.0f} and {one.after:.0f} answers"
        )
    for each in outcomes:
        lines.append(f"Said in year {each.seed}")
        for seen in sorted(each.seen, key=lambda seen: seen.pulse):
            for said in seen.said:
                mark = "NOT PLANTED" if (seen, said) in each.false else "planted"
                lines.append(f"  pulse {seen.pulse}, {_NAMES[seen.unit_id]}: {said.words} ({mark})")
    lines.append(
        f"{whole.overviews} overviews, {whole.compared} of them with something to compare; "
        f"{whole.wrong} name what was not planted: {whole.share:.1%} of those that compare"
    )
    return "\n".join(lines)
