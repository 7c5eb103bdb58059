"""The model that COMMENT_MODEL names is the one that reads comments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from nlp import artefacts
from surveyapp.comments import jobs
from surveyapp.config import Settings
from tests.conftest import on_sqlite


def name_model(app: Flask, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings: Settings = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, comment_model=name))


def test_the_setting_is_read_and_nothing_is_the_shipped_model(tmp_path: Path) -> None:
    env = {"APP_ENV": "testing", "COMMENT_MODEL": " hf:/srv/models/theirs "}
    assert Settings.from_environment(env, instance=tmp_path).comment_model == "hf:/srv/models/theirs"
    assert Settings.from_environment({"APP_ENV": "testing"}, instance=tmp_path).comment_model == ""


@on_sqlite
def test_a_model_folder_that_is_named_reads_comments(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    name_model(app, monkeypatch, str(artefacts.newest()))
    (reading,) = jobs.pipeline().analyse(["My manager is good."])
    assert reading.model_version == artefacts.newest().name


@on_sqlite
def test_a_wrong_name_is_told_to_whoever_runs_the_worker(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name_model(app, monkeypatch, f"hf:{tmp_path / 'absent'}")
    with pytest.raises(jobs.AnalysisError, match="There is no model folder"):
        jobs.pipeline()
