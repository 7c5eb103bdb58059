"""`python -m nlp train`, `teach` and `learn-names`: what the model and redaction have learnt."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from nlp.commands import EXIT_OK


def add_to(commands: Any) -> None:
    """Add both commands to the parser's subparsers."""
    train = commands.add_parser(
        "train",
        help="train a model from labelled comments (needs requirements-train.txt)",
        description="Learns from comments_train.jsonl, comments_authored.jsonl and "
        "patient_feedback.csv of DATA, from the comments that ship with the project, and from what "
        "teachers said of them; sets thresholds and calibration on comments_dev.jsonl and "
        "comments_authored_dev.jsonl; writes a model folder to OUT. Seeded; on the CPU; eight "
        "minutes for each epoch on two cores. A shipped model learns an organisation's own "
        "corrections, without DATA, by --start MODEL --extra FILE.",
    )
    train.add_argument(
        "--data",
        type=Path,
        metavar="DATA",
        help="can be left out with --start: then what ships is learnt from, and --extra",
    )
    train.add_argument("--out", required=True, type=Path, metavar="OUT")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument(
        "--epochs",
        type=int,
        help="9; from a model's weights 5, from pruned ones 10, with --like 2; 0 leaves them",
    )
    train.add_argument("--runs", type=int, default=1, help="trainings that are averaged")
    train.add_argument(
        "--extra",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="more labelled comments to learn from, such as an organisation's own corrections; "
        "can be given several times",
    )
    train.add_argument(
        "--no-review-sites", action="store_true", help="learn nothing from employer reviews"
    )
    train.add_argument(
        "--start",
        type=Path,
        metavar="MODEL",
        help="go on from this model's weights, at lower rates",
    )
    train.add_argument(
        "--frozen",
        type=int,
        metavar="LAYERS",
        help="with --start: how many of the layers, from below, stay as they are (1; 6 leaves the heads)",
    )
    train.add_argument(
        "--prune",
        type=_share,
        default=1.0,
        metavar="SHARE",
        help="with --start: the share of its heads and inner neurons that goes on, between 0 and 1",
    )
    train.add_argument(
        "--like",
        type=Path,
        metavar="MODEL",
        help="with --start: learn above all to say what this model says, of 50,000 mixtures of the texts "
        "too; what is pruned learns to be like its START",
    )
    train.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    train.set_defaults(run=_train)

    teach = commands.add_parser(
        "teach",
        help="train a large network and keep what it says of each text",
        description="Trains all-mpnet-base-v2 on the same comments and keeps its opinions, from "
        "which `train` learns as well. An hour and a half on two cores.",
    )
    teach.add_argument("--data", required=True, type=Path, metavar="DATA")
    teach.add_argument(
        "--wheels", required=True, type=Path, metavar="FOLDER", help="where the encoder's wheels are"
    )
    teach.add_argument("--seed", type=int, default=1)
    teach.add_argument("--epochs", type=int, default=3)
    teach.add_argument("--resume", action="store_true", help="go on from the last whole epoch")
    teach.set_defaults(run=_teach)

    learn_names = commands.add_parser(
        "learn-names",
        help="learn the weights by which redaction tells names",
        description="Learns from the sentences and comments that ship with the project, and writes "
        "the weights to OUT. Seeded; half a minute on one core.",
    )
    learn_names.add_argument("--out", required=True, type=Path, metavar="OUT")
    learn_names.add_argument("--seed", type=int, default=1)
    learn_names.set_defaults(run=_learn_names)


def _train(options: argparse.Namespace) -> int:
    """Raises ValueError when the packages of training are missing, or nothing is named to learn from, or
    to prune."""
    if not (options.data or options.start):
        raise ValueError("Name the folder of labelled comments (--data) or a model to go on from (--start).")
    if (options.prune < 1 or options.like) and not options.start:
        raise ValueError("Name the model to prune, or to go on from (--start).")
    if options.prune < 1 and options.like:
        raise ValueError("Prune first; then go on from what came of it, with --like.")
    try:
        from nlp.training.fit import Recipe, going_on
        from nlp.training.run import train
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    recipe = Recipe(seed=options.seed, runs=options.runs)
    if options.start:
        recipe = going_on(
            recipe,
            options.start.resolve().name,
            left=options.prune,
            like=options.like.resolve().name if options.like else "",
        )
        if options.frozen is not None:
            recipe = replace(recipe, frozen=options.frozen)
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    train(
        options.data,
        options.out,
        recipe=recipe,
        extra=options.extra,
        review_sites=not options.no_review_sites,
        start=options.start,
        like=options.start if options.prune < 1 else options.like,
        resume=options.resume,
    )
    return EXIT_OK


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share: give a number above 0, 1 at most")
    return share


def _teach(options: argparse.Namespace) -> int:
    try:
        from nlp.training.teach import teach
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    path = teach(
        options.data,
        options.wheels,
        seed=options.seed,
        epochs=options.epochs,
        resume=options.resume,
    )
    print(path)
    return EXIT_OK


def _learn_names(options: argparse.Namespace) -> int:
    try:
        from nlp.training.names.learn import learn
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    print(f"{learn(options.out, seed=options.seed)} signs have a weight")
    return EXIT_OK


def _missing(error: ModuleNotFoundError) -> ValueError:
    return ValueError(f"Training needs {error.name}: pip install -r requirements-train.txt")
