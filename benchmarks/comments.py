"""The comment pipeline as a command: from a file to a file, in a process of its own."""

from __future__ import annotations

import csv
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Measurement
from nlp.labelled import OWN_DEVELOPMENT_SET

#: The comments that ship with the project, this many times over.
COPIES = 5


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "comments.csv"
        comments = write_comments(source)
        runs = []
        for run in range(3):
            # A new process each time: the peak of memory is kept for a process's children as one.
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                runs.append(pool.apply(_analyse, (str(source), f"{directory}/out-{run}.csv")))
    yield Measurement(
        f"comments redacted and analysed, {comments} of staff's own, loading included",
        "a second",
        tuple(comments / taken for taken, _ in runs),
    )
    yield Measurement("peak of memory while analysing", "MB", tuple(peak for _, peak in runs))


def write_comments(path: Path) -> int:
    """Writes a CSV with the columns `id` and `text`; how many rows."""
    texts = [json.loads(line)["text"] for line in OWN_DEVELOPMENT_SET.open(encoding="utf-8")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows(enumerate(texts * COPIES))
    return len(texts) * COPIES


def _analyse(source: str, out: str) -> tuple[float, float]:
    start = time.perf_counter()
    command = ["analyse", source, "--text-column", "text", "--out", out, "--quiet"]
    subprocess.run([sys.executable, "-m", "nlp", *command], check=True, capture_output=True)
    taken = time.perf_counter() - start
    return taken, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
