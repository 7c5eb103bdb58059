"""A model folder is loaded exactly as shipped or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nlp import artefacts
from nlp.artefacts import ArtefactError
from nlp.pipeline import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / artefacts.newest().name
    shutil.copytree(artefacts.newest(), copy)
    return copy


def test_the_shipped_model_is_whole() -> None:
    assert artefacts.verify(artefacts.newest()).version == artefacts.newest().name


def test_a_changed_file_is_refused(folder: Path) -> None:
    with (folder / "model.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00tampered")
    with pytest.raises(ArtefactError, match="not the file that was shipped. Restore"):
        load(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ArtefactError, match=r"tokenizer\.json"):
        load(folder)


def test_a_file_that_nobody_named_is_refused(folder: Path) -> None:
    (folder / "extra.py").write_text("", encoding="utf-8")
    with pytest.raises(ArtefactError, match=r"extra\.py"):
        load(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 99, "files": {}}'])
def test_a_broken_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / artefacts.MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(ArtefactError):
        load(folder)


def test_an_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="Restore"):
        load(tmp_path / "nowhere")


def test_a_component_that_this_release_lacks_is_named(folder: Path) -> None:
    path = folder / artefacts.MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["components"][-1]["factory"] = "flags_oracle_v9"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ArtefactError, match="flags_oracle_v9"):
        load(folder)
