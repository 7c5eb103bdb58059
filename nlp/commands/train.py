"""`python -m nlp train`: a model folder from labelled comments."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nlp.commands import EXIT_OK


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser(
        "train",
        help="train a model from labelled comments (needs requirements-train.txt)",
        description="Reads comments_train.jsonl and comments_authored.jsonl from DATA to learn "
        "from, comments_dev.jsonl and comments_authored_dev.jsonl to set thresholds and "
        "calibration, and writes a model folder to OUT. Seeded; on the CPU; about a quarter of an "
        "hour for each run on two cores.",
    )
    parser.add_argument("--data", required=True, type=Path, metavar="DATA")
    parser.add_argument("--out", required=True, type=Path, metavar="OUT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--runs", type=int, default=1, help="trainings that are averaged")
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises ValueError when the packages of training are not installed."""
    try:
        from nlp.training.run import train
    except ModuleNotFoundError as error:
        raise ValueError(f"Training needs {error.name}: pip install -r requirements-train.txt") from None
    train(
        options.data,
        options.out,
        seed=options.seed,
        epochs=options.epochs,
        runs=options.runs,
        resume=options.resume,
    )
    return EXIT_OK
