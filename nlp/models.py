"""From the name of a model, as settings and commands give it, to its pipeline."""

from __future__ import annotations

from pathlib import Path

from nlp.artefacts import MANIFEST, ArtefactError
from nlp.other_models import artefact_of
from nlp.pipeline import Pipeline, load

#: What the name of a Hugging Face model begins with.
OTHER = "hf:"


def resolve(name: str = "", *, threads: int | None = None) -> Pipeline:
    """The pipeline of the model called `name`.

    Nothing is the newest shipped model. A folder with a manifest is that model, verified. `hf:FOLDER`
    is a Hugging Face model for text classification or zero-shot classification, with the settings
    file of `nlp.other_models` in its folder; `hf:FOLDER,FILE` has it elsewhere. `threads` bounds the
    processor threads of one pass. Raises ArtefactError, which says what to do.
    """
    name = name.strip()
    if not name:
        return load(threads=threads)
    is_other = name.startswith(OTHER)
    folder, _, settings = name.removeprefix(OTHER).partition(",") if is_other else (name, "", "")
    directory = Path(folder).absolute()
    if not directory.is_dir():
        raise ArtefactError(f"There is no model folder {directory}.")
    if is_other:
        artefact = artefact_of(directory, Path(settings) if settings else None)
        return Pipeline(artefact, threads=threads)
    if not (directory / MANIFEST).exists():
        raise ArtefactError(
            f"{directory} has no {MANIFEST}. For a model of Hugging Face write {OTHER}{directory}"
        )
    return load(directory, threads=threads)
