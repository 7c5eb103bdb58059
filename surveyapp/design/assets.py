"""Style sheets and scripts: the design system's, from its package, and our few additions."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, send_file, url_for

from surveyapp.config import PROJECT_ROOT
from surveyapp.permissions import public

_PACKAGE = PROJECT_ROOT / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"
_OWN = Path(__file__).parent / "static"

#: Everything that is served, by the name in its address.
_FILES = {
    "nhsuk.css": _PACKAGE / "nhsuk-frontend.min.css",
    "nhsuk.js": _PACKAGE / "nhsuk-frontend.min.js",
    "app.css": _OWN / "app.css",
    "favicon.svg": _OWN / "favicon.svg",
}

blueprint = Blueprint("assets", __name__)


class AssetsMissingError(RuntimeError):
    """The front-end package is not installed."""


def init_app(app: Flask) -> None:
    missing = [path for path in _FILES.values() if not path.is_file()]
    if missing:
        raise AssetsMissingError(f"{missing[0]} is missing. Run: make install")
    digests = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for name, path in _FILES.items()
    }
    app.register_blueprint(blueprint)
    # The digest in the address lets browsers keep the file for ever.
    app.jinja_env.globals["asset"] = lambda name: url_for(
        "assets.file", digest=digests[name], name=name
    )


@blueprint.get("/assets/<digest>/<name>")
@public
def file(digest: str, name: str) -> Response:
    if name not in _FILES:
        abort(404)
    response = send_file(_FILES[name], max_age=31536000)
    response.cache_control.immutable = True
    return response
