"""Style sheets and scripts: kept for ever, small, and asking nobody else for anything."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from surveyapp import create_app
from surveyapp.config import Settings
from surveyapp.design import assets


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder: Path = tmp_path_factory.mktemp("assets")
    environ = {
        "APP_ENV": "testing",
        "DATABASE_URL": f"sqlite:///{folder / 'test.sqlite3'}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    return create_app(Settings.from_environment(environ, instance=folder / "instance"))


def address(app: Flask, name: str) -> str:
    with app.test_request_context():
        return str(app.jinja_env.globals["asset"](name))


@pytest.mark.parametrize("name", ["nhsuk.css", "nhsuk.js", "app.js", "app.css", "favicon.svg"])
def test_named_files_are_kept_for_ever(app: Flask, name: str) -> None:
    answer = app.test_client().get(address(app, name))
    assert answer.status_code == 200
    assert answer.cache_control.immutable
    assert "Set-Cookie" not in answer.headers


def test_old_address_still_answers_but_is_not_kept(app: Flask) -> None:
    answer = app.test_client().get("/assets/0123456789ab/app.css")
    assert answer.status_code == 200
    assert not answer.cache_control.immutable


@pytest.mark.parametrize(
    "path", ["x/package.json", "x/../../config.py", "x/%2e%2e%2fconfig.py", "x/nhsuk.css/.."]
)
def test_nothing_else_is_served(app: Flask, path: str) -> None:
    assert app.test_client().get(f"/assets/{path}").status_code == 404


def test_packed_copy_is_the_same_file(app: Flask) -> None:
    where = address(app, "nhsuk.css")
    plain = app.test_client().get(where)
    packed = app.test_client().get(where, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < 40_000


def test_no_licensed_font_and_no_other_host(app: Flask) -> None:
    for name in ("nhsuk.css", "app.css"):
        style = re.sub(r"/\*.*?\*/", "", app.test_client().get(address(app, name)).text, flags=re.S)
        assert "Frutiger" not in style
        assert "@font-face" not in style
        assert not re.search(r"url\(\W?https?:", style)


def test_missing_package_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = {"nhsuk.css": (tmp_path / "gone.css", "text/css")}
    monkeypatch.setattr(assets, "_FILES", missing)
    assets._read.cache_clear()
    try:
        with pytest.raises(assets.AssetsMissingError, match="Run: make install"):
            assets.init_app(Flask("bare"))
    finally:
        assets._read.cache_clear()
