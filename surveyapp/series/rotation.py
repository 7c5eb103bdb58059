"""Which sets of questions take turns. Pure."""

from __future__ import annotations

from surveyapp.instruments import services as instruments


def choices_of(template_id: str) -> tuple[str, ...]:
    """The keys of a template's sets in the order in which waves ask them.

    An own set has one, and only the database knows whether there is such a set. Raises KeyError, with
    the templates there are, for one that is not in the library.
    """
    if instruments.is_own(template_id):
        return (instruments.ALL,)
    templates = instruments.load_library().templates
    if template_id not in templates:
        raise KeyError(f"Choose from {', '.join(templates)}")
    return tuple(choice.key for choice in templates[template_id].choices)
