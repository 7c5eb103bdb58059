"""Pages of the question library."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from surveyapp.instruments import own_views, services, set_views
from surveyapp.instruments.forms import BrowseForm
from surveyapp.permissions import Permission, requires

blueprint = Blueprint("library", __name__, url_prefix="/library")
blueprint.register_blueprint(own_views.blueprint)
blueprint.register_blueprint(set_views.blueprint)


@blueprint.get("")
@requires(Permission.BROWSE_LIBRARY)
def index() -> str:
    library = services.load_library()
    form = BrowseForm(library, request.args)
    items, prompts = services.find(
        library,
        factor=form.factor.data or "",
        cipd=form.cipd.data or "",
        hee=form.hee.data or "",
    )
    return render_template(
        "library/index.html", library=library, form=form, items=items, prompts=prompts
    )


@blueprint.get("/<item_id>")
@requires(Permission.BROWSE_LIBRARY)
def item(item_id: str) -> str:
    library = services.load_library()
    found = library.items.get(item_id)
    if found is None:
        abort(404)
    return render_template(
        "library/item.html", library=library, item=found, scale=library.scales[found.scale]
    )
