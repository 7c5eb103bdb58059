"""Style sheets and scripts: the design system's, from its package, and our few additions."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request

from surveyapp.config import PROJECT_ROOT
from surveyapp.permissions import public

_PACKAGE = PROJECT_ROOT / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"
_OWN = Path(__file__).parent / "static"

#: Everything that is served, by the name in its address: the file and its kind.
_FILES = {
    "nhsuk.css": (_PACKAGE / "nhsuk-frontend.min.css", "text/css"),
    "nhsuk.js": (_PACKAGE / "nhsuk-frontend.min.js", "text/javascript"),
    "app.js": (_OWN / "app.js", "text/javascript"),
    "comment-guard.js": (_OWN / "comment-guard.js", "text/javascript"),
    "copy.js": (_OWN / "copy.js", "text/javascript"),
    "handed-on.css": (_OWN / "handed-on.css", "text/css"),
    "handed-on.js": (_OWN / "handed-on.js", "text/javascript"),
    "one-key.js": (_OWN / "one-key.js", "text/javascript"),
    "waiting.js": (_OWN / "waiting.js", "text/javascript"),
    "poster.css": (_OWN / "poster.css", "text/css"),
    "app.css": (_OWN / "app.css", "text/css"),
    "favicon.svg": (_OWN / "favicon.svg", "image/svg+xml"),
}

#: The design system's own font is licensed to NHS bodies, and fetching it would tell its host who
#: opens a pulse.
_LICENSED_FONT = re.compile(rb"@font-face\s*\{[^}]*\}|Frutiger W01\s*,\s*")

_YEAR = 365 * 24 * 60 * 60
_HOUR = 60 * 60

blueprint = Blueprint("assets", __name__)


class AssetsMissingError(RuntimeError):
    """The front-end package is not installed."""


@dataclass(frozen=True, slots=True)
class _Asset:
    kind: str
    plain: bytes
    packed: bytes
    digest: str


def init_app(app: Flask) -> None:
    """Read every file once, so that a missing one stops the start and not the first visitor."""
    for name in _FILES:
        _read(name)
    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = _address


@cache
def _address(name: str) -> str:
    """The digest in it lets browsers keep the file for ever.

    Made without the request: one whose Host is refused has no addresses, and still gets a page.
    """
    addresses = current_app.url_map.bind("")
    return addresses.build("assets.file", {"digest": _read(name).digest, "name": name})


@cache
def _read(name: str) -> _Asset:
    path, kind = _FILES[name]
    try:
        content = path.read_bytes()
    except OSError:
        raise AssetsMissingError(f"{path} is missing. Run: make install") from None
    if kind == "text/css":
        content = _LICENSED_FONT.sub(b"", content)
    return _Asset(
        kind=kind,
        plain=content,
        packed=gzip.compress(content, mtime=0),
        digest=hashlib.sha256(content).hexdigest()[:12],
    )


@blueprint.get("/assets/<digest>/<name>")
@public
def file(digest: str, name: str) -> Response:
    if name not in _FILES:
        abort(404)
    asset = _read(name)
    wants_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(asset.packed if wants_packed else asset.plain, mimetype=asset.kind)
    if wants_packed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.cache_control.public = True
    if digest == asset.digest:
        response.cache_control.max_age = _YEAR
        response.cache_control.immutable = True
    else:
        # A page made before an upgrade still gets its style, but not for ever.
        response.cache_control.max_age = _HOUR
    return response
