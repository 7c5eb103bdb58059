"""`python -m nlp`: analyse files of comments, evaluate, verify and train the model."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from nlp import artefacts
from nlp.tables import BadRow, BlankRow, Row, TableError, TextRow, Writer, read_rows

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_BAD_ROWS = 3

#: Rows held at once, and comments sorted by length together. More costs memory, less costs time.
_WINDOW = 1024
_BATCH = 256

#: The development set that ships with the project.
OWN_DEVELOPMENT_SET = Path(__file__).parent / "evaluation_data" / "comments_authored_dev.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except (TableError, artefacts.ArtefactError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USAGE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nlp", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    analyse = commands.add_parser(
        "analyse",
        help="themes and sentiment of each comment in a file",
        description="Reads IN (.csv or .jsonl) and writes one row a comment to OUT (.csv or "
        ".jsonl): redacted text, sentiment, factors, the sentence that carries each, flags.",
        epilog="Exit codes: 0 done; 2 the file or an option is wrong; 3 done, but some rows could "
        "not be read and are listed above.",
    )
    analyse.add_argument("input", type=Path, metavar="IN")
    analyse.add_argument("--text-column", required=True, metavar="NAME")
    analyse.add_argument("--id-column", default="id", metavar="NAME")
    analyse.add_argument("--out", required=True, type=Path, metavar="OUT")
    analyse.add_argument("--quiet", action="store_true", help="no progress bar")
    analyse.set_defaults(run=_analyse)

    evaluate = commands.add_parser(
        "evaluate",
        help="how good the model is on labelled comments",
        description="Prints factor F1, accuracy of sentiment and calibration for each FILE of "
        "labelled comments; for the development set that ships with the project without one.",
    )
    evaluate.add_argument("files", nargs="*", type=Path, metavar="FILE")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run=_evaluate)

    verify = commands.add_parser("verify", help="check the shipped model against its manifest")
    verify.add_argument("directory", nargs="?", type=Path, metavar="FOLDER")
    verify.set_defaults(run=_verify)

    train = commands.add_parser(
        "train",
        help="train a model from labelled comments (needs requirements-train.txt)",
        description="Reads comments_train.jsonl and comments_authored.jsonl from DATA to learn "
        "from, comments_dev.jsonl and comments_authored_dev.jsonl to set thresholds and "
        "calibration, and writes a model folder to OUT. Seeded; on the CPU; about a quarter of an "
        "hour for each run on two cores.",
    )
    train.add_argument("--data", required=True, type=Path, metavar="DATA")
    train.add_argument("--out", required=True, type=Path, metavar="OUT")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--epochs", type=int, default=5)
    train.add_argument("--runs", type=int, default=1, help="trainings that are averaged")
    train.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    train.set_defaults(run=_train)
    return parser


def _analyse(options: argparse.Namespace) -> int:
    from nlp.pipeline import load

    if options.input.resolve() == options.out.resolve():
        raise TableError("IN and OUT are the same file. Give the result a name of its own.")
    rows = read_rows(options.input, text_column=options.text_column, id_column=options.id_column)
    first = next(rows, None)  # a wrong column is said before the model is loaded
    pipeline = load()
    writer = Writer(options.out)
    counts = {"read": 0, "analysed": 0, "blank": 0, "bad": 0}
    bar = tqdm(desc="comments", unit="", disable=options.quiet or None, file=sys.stderr)
    try:
        for window in _windows(first, rows):
            texts = [row.text for row in window if isinstance(row, TextRow)]
            readings = pipeline.analyse(texts, batch_size=_BATCH)
            for row in window:
                counts["read"] += 1
                if isinstance(row, BadRow):
                    counts["bad"] += 1
                    tqdm.write(f"line {row.line}: {row.reason}. {row.remedy}.", file=sys.stderr)
                elif isinstance(row, BlankRow):
                    counts["blank"] += 1
                    writer.write(row.id, None)
                else:
                    counts["analysed"] += 1
                    writer.write(row.id, next(readings))
            bar.update(len(window))
    except BaseException:
        writer.abandon()
        raise
    finally:
        bar.close()
    writer.finish()
    print(" ".join(f"{name}={count}" for name, count in counts.items()))
    return EXIT_BAD_ROWS if counts["bad"] else EXIT_OK


def _windows(first: Row | None, rows: Iterator[Row]) -> Iterator[list[Row]]:
    if first is None:
        return
    window = [first, *islice(rows, _WINDOW - 1)]
    while window:
        yield window
        window = list(islice(rows, _WINDOW))


def _evaluate(options: argparse.Namespace) -> int:
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


def _verify(options: argparse.Namespace) -> int:
    artefact = artefacts.verify(options.directory or artefacts.newest())
    print(f"{artefact.version}: {len(artefact.manifest['files'])} files are as shipped")
    return EXIT_OK


def _train(options: argparse.Namespace) -> int:
    try:
        from nlp.training.run import train
    except ModuleNotFoundError as error:
        raise ValueError(
            f"Training needs {error.name}: pip install -r requirements-train.txt"
        ) from None
    train(
        options.data,
        options.out,
        seed=options.seed,
        epochs=options.epochs,
        runs=options.runs,
        resume=options.resume,
    )
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
