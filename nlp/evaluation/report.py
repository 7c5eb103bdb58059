"""An evaluation as lines for a terminal, and as what JSON can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nlp.evaluation.bootstrap import Difference, Estimate
from nlp.evaluation.confusion import Counts
from nlp.evaluation.mistakes import Mistake
from nlp.evaluation.whole import Evaluation, RatedEvaluation
from nlp.taxonomy import FACTORS, SENTIMENTS

#: Characters of a comment that are shown.
_SHOWN = 160

_LEVELS = tuple("12345")

_NAMES = {
    "macro_f1": "factors, macro F1",
    "micro_f1": "factors, micro F1",
    "none_precision": "no factor, precision",
    "none_recall": "no factor, recall",
    "none_f1": "no factor, F1",
    "sentiment_accuracy": "sentiment, accuracy",
    "sentiment_macro_f1": "sentiment, macro F1",
    "stance_accuracy": "sentiment by factor, accuracy",
    "levels_accuracy": "five points, accuracy",
    "levels_macro_f1": "five points, macro F1",
}


def lines(name: str, result: Evaluation) -> Iterator[str]:
    """The report on one file."""
    yield f"{name}: {result.comments} comments, model {result.version}"
    yield "in brackets, what 95% of 1,000 resamples of the comments give"
    yield from _figures(result.overall)
    yield f"  {'calibration error':30} " + "  ".join(
        f"{what} {error:.3f}" for what, error in result.calibration_errors.items()
    )
    yield ""
    columns = {
        "precision": "precision",
        "recall": "recall",
        "f1": "F1",
        "average_precision": "average precision",
        "stance_accuracy": "sentiment",
    }
    titles = "".join(f"{title:20}" for title in columns.values())
    yield f"  {'factor':20} {'in':>4}  {titles}".rstrip()
    for factor, figures in result.factors.items():
        cells = "".join(f"{_estimate(figures[column]):20}" for column in columns)
        yield f"  {factor:20} {result.support[factor]:4}  {cells}".rstrip()
    yield f"  {'none':20} {result.support['none']:4}"
    yield ""
    yield "the surest comments kept, the others left to a person"
    yield f"  {'kept':>5} {'comments':>9} {'micro F1':>9} {'sentiment':>10}"
    for kept in result.coverage:
        yield f"  {kept.share:5.0%} {kept.comments:9} {kept.micro_f1:9.3f} {kept.sentiment_accuracy:10.3f}"
    yield ""
    yield "sentiment: labelled (rows), said (columns)"
    yield from _table(SENTIMENTS, SENTIMENTS, result.sentiments)
    yield ""
    yield "a factor missed (rows), wrongly found in the same comment (columns)"
    yield from _table(FACTORS, (*FACTORS, "nothing"), result.instead)
    yield ""
    yield "the mistakes of which the model was surest"
    for mistake in result.mistakes:
        yield f"  {mistake.chance:.2f} {mistake.what} ({mistake.comment}): {_shown(mistake.text)}"


def rated_lines(name: str, result: RatedEvaluation) -> Iterator[str]:
    """The report on one file of comments rated on five points."""
    yield f"{name}: {result.comments} rated comments, model {result.version}"
    yield "in brackets, what 95% of 1,000 resamples of the comments give"
    yield from _figures(result.overall)
    yield f"  {'calibration error':30} sentiment {result.calibration_error:.3f}"
    if result.levels is None:
        yield "  this model has no five-point head"
    yield ""
    yield "sentiment: rated (rows), said (columns)"
    yield from _table(SENTIMENTS, SENTIMENTS, result.sentiments)
    if result.levels is not None:
        yield ""
        yield "five points, 1 very positive: rated (rows), said (columns)"
        yield from _table(_LEVELS, _LEVELS, result.levels)


def comparison_lines(first: str, second: str, differences: Mapping[str, Difference]) -> Iterator[str]:
    """How two models differ on the same comments."""
    yield f"{first} less {second}, and the share of resamples in which {first} wins"
    for name, gap in differences.items():
        yield f"  {_NAMES[name]:30} {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]  {gap.wins:.0%}"


def slowest_lines(slowest: Mapping[str, Any]) -> Iterator[str]:
    """`slowest` as `nlp.evaluation.timing` gives it."""
    yield f"each comment alone, redaction included: {slowest['median']:.1f} ms half of the time; slowest"
    for each in slowest["slowest"]:
        yield f"  {each['milliseconds']:8.1f} ms  {each['characters']:6} characters ({each['id']})"


def as_json(result: Evaluation | RatedEvaluation) -> dict[str, Any]:
    """Names and numbers; of mistakes the comment's id without its text."""
    if isinstance(result, RatedEvaluation):
        return {
            "model": result.version,
            "comments": result.comments,
            **{name: asdict(figure) for name, figure in result.overall.items()},
            "calibration_error": {"sentiment": result.calibration_error},
            "confusion": {
                "sentiment": _named(SENTIMENTS, SENTIMENTS, result.sentiments),
                "levels": None if result.levels is None else _named(_LEVELS, _LEVELS, result.levels),
            },
        }
    return {
        "model": result.version,
        "comments": result.comments,
        **{name: asdict(figure) for name, figure in result.overall.items()},
        "calibration_error": dict(result.calibration_errors),
        "support": dict(result.support),
        "factors": {
            factor: {name: asdict(figure) for name, figure in figures.items()}
            for factor, figures in result.factors.items()
        },
        "coverage": [asdict(kept) for kept in result.coverage],
        "confusion": {
            "sentiment": _named(SENTIMENTS, SENTIMENTS, result.sentiments),
            "found_instead": _named(FACTORS, (*FACTORS, "nothing"), result.instead),
        },
        "mistakes": [_without_text(mistake) for mistake in result.mistakes],
    }


def _figures(figures: Mapping[str, Estimate]) -> Iterator[str]:
    for name, figure in figures.items():
        yield f"  {_NAMES[name]:30} {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _estimate(figure: Estimate) -> str:
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def _table(rows: Iterable[str], columns: Sequence[str], counts: Counts) -> Iterator[str]:
    widths = [max(8, len(column) + 2) for column in columns]
    yield f"  {'':20}" + "".join(f"{c:>{w}}" for c, w in zip(columns, widths, strict=True))
    for row, values in zip(rows, counts, strict=True):
        yield f"  {row:20}" + "".join(f"{v:{w}}" for v, w in zip(values, widths, strict=True))


def _named(rows: Iterable[str], columns: Iterable[str], counts: Counts) -> dict[str, dict[str, int]]:
    return {
        str(row): {str(c): int(v) for c, v in zip(columns, values, strict=True)}
        for row, values in zip(rows, counts, strict=True)
    }


def _without_text(mistake: Mistake) -> dict[str, Any]:
    return {"id": mistake.comment, "what": mistake.what, "chance": round(mistake.chance, 4)}


def _shown(text: str) -> str:
    """On one line, cut, and without what would steer a terminal."""
    flat = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+|\s+", " ", text).strip()
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"
