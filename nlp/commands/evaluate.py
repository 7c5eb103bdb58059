"""`python -m nlp evaluate`: how good a model is on labelled comments."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp.commands import EXIT_OK
from nlp.labelled import OWN_DEVELOPMENT_SET

if TYPE_CHECKING:
    from nlp.evaluation.bootstrap import Metric
    from nlp.evaluation.predictions import Predictions

_DESCRIPTION = """\
Compares a model with the labels of each FILE; without one, of the development set that ships.

A .jsonl file holds labelled comments: text, factors (or ["none"]), sentiment, factor_sentiment. Said
are precision, recall, F1 and average precision of each factor, macro and micro F1, the comments on no
factor, sentiment of the comment and towards each factor, calibration, how figures rise when the least
certain comments are left to a person, what is taken for what, the surest mistakes and the slowest
comments.

A .csv file holds comments rated on five points: id, text, sentiment5 (1, very positive, to 5, very
negative; blank rows are left out) and split. Said are accuracy and macro F1 on three points (1 and 2
positive, 4 and 5 negative) and, of a model with a five-point head, on five.

FOLDER is a model folder, or hf:FOLDER for a Hugging Face model (see nlp/other_models.py), which is
asked with redaction before it. Ranges are 95% bootstrap intervals over the comments, from a fixed
seed. JSON holds no text of comments.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser(
        "evaluate",
        help="how good a model is on labelled comments",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        epilog="Exit codes: 0 done; 2 a file, a model or an option is wrong.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--model", default="", metavar="FOLDER", help="(the newest that ships)")
    parser.add_argument("--compare", metavar="FOLDER", help="another model, on the same comments")
    parser.add_argument("--split", metavar="NAME", help="of a .csv file, the rows of this split alone")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises LabelledDataError for a file that is not labelled comments, ArtefactError for a folder
    that is no model."""
    results: dict[str, dict[str, Any]] = {}
    for path in options.files or [OWN_DEVELOPMENT_SET]:
        of_kind = _rated if path.suffix.lower() == ".csv" else _labelled
        result, lines = of_kind(path, options)
        results[str(path) if path.name in results else path.name] = result
        if not options.json:
            print("\n".join(lines), end="\n\n")
    if options.json:
        print(json.dumps(results, indent=1))
    return EXIT_OK


def _labelled(path: Path, options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """What JSON holds, and the lines of the report."""
    from nlp.evaluation import report
    from nlp.evaluation.figures import metrics_of
    from nlp.evaluation.timing import slowest
    from nlp.evaluation.whole import evaluate
    from nlp.labelled import LabelledDataError, read_labelled
    from nlp.measure import predict, time_each

    comments = read_labelled(path)
    if not comments:
        raise LabelledDataError(f"{path.name} holds no labelled comments")
    texts = [comment.text for comment in comments]
    said = predict(texts, options.model)
    result = evaluate(comments, said)
    timing = slowest(comments, time_each(texts, options.model))
    record = report.as_json(result) | {"timing": timing}
    lines = [*report.lines(path.name, result), "", *report.slowest_lines(timing)]
    _compare(partial(metrics_of, comments), said, texts, options, record, lines)
    return record, lines


def _rated(path: Path, options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """The same of comments rated on five points."""
    from nlp.evaluation import report
    from nlp.evaluation.whole import evaluate_rated, rated_metrics
    from nlp.labelled import read_rated
    from nlp.measure import predict

    comments = read_rated(path, split=options.split)
    texts = [comment.text for comment in comments]
    said = predict(texts, options.model)
    result = evaluate_rated(comments, said)
    record, lines = report.as_json(result), [*report.rated_lines(path.name, result)]
    _compare(partial(rated_metrics, comments), said, texts, options, record, lines)
    return record, lines


def _compare(
    metrics: Callable[[Predictions], Mapping[str, Metric]],
    said: Predictions,
    texts: Sequence[str],
    options: argparse.Namespace,
    record: dict[str, Any],
    lines: list[str],
) -> None:
    """Add the difference from another model, if one is named."""
    from nlp.evaluation.report import comparison_lines
    from nlp.evaluation.whole import compare
    from nlp.measure import predict

    if not options.compare:
        return
    other = predict(texts, options.compare)
    differences = compare(metrics(said), metrics(other), len(texts))
    record["compare"] = {
        "model": other.version,
        **{name: asdict(gap) for name, gap in differences.items()},
    }
    name = other.version if other.version != said.version else options.compare
    lines += ["", *comparison_lines(said.version, name, differences)]
