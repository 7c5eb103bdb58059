"""The question library, read from the versioned data file beside this module, and what was added to it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from surveyapp.instruments.nodes import LibraryError
from surveyapp.instruments.own import mark_used, series_of
from surveyapp.instruments.questions import (
    ALL_STAFF,
    NO_FACTOR,
    OWN_WORDS,
    Branch,
    Frame,
    Item,
    Library,
    Prompt,
    Questionnaire,
    Scale,
    Section,
    Template,
    TemplateChoice,
    Translation,
)
from surveyapp.instruments.reading import read_library
from surveyapp.instruments.sets import (
    ALL,
    is_own,
    minutes_for,
    questionnaire,
    sections_of,
    template,
    templates,
)
from surveyapp.instruments.translations import read_translation

__all__ = [
    "ALL",
    "ALL_STAFF",
    "NO_FACTOR",
    "OWN_WORDS",
    "Branch",
    "Frame",
    "Item",
    "Library",
    "LibraryError",
    "Prompt",
    "Questionnaire",
    "Scale",
    "Section",
    "Template",
    "TemplateChoice",
    "Translation",
    "current_version",
    "find",
    "has_branches",
    "is_own",
    "load_library",
    "load_translation",
    "mark_used",
    "minutes_for",
    "questionnaire",
    "questions_for",
    "sections_of",
    "series_of",
    "template",
    "templates",
]

_DIRECTORY = Path(__file__).parent / "library"
_PREFIX = "learning-culture-pulse-"


def current_version() -> str:
    """The newest version shipped."""
    versions = sorted(
        (
            path.stem.removeprefix(_PREFIX)
            for path in _DIRECTORY.glob(f"{_PREFIX}*.yaml")
            if path.stem[-1].isdecimal()  # the others hold its words in another language
        ),
        key=lambda version: tuple(int(part) for part in version.split(".")),
    )
    if not versions:
        raise LibraryError(f"No question library in {_DIRECTORY}.")
    return versions[-1]


def load_library(version: str | None = None) -> Library:
    """One version of the library, read and checked once; the newest without a version.

    Raises LibraryError when the file is missing or says something that cannot be.
    """
    return _load(version or current_version())


def load_translation(version: str, language: str) -> Translation | None:
    """The words of that version in a language, read and checked once; None where it has none.

    Raises LibraryError when there is a file and it does not hold all words of this version.
    """
    return _load_translation(version, language)


def questions_for(library: Library, template_id: str, choice_key: str) -> Questionnaire:
    """What a template's choice asks. Raises KeyError when there is no such choice."""
    return library.questionnaires[(template_id, choice_key)]


def has_branches(library: Library, template: Template) -> bool:
    """Whether it can ask learners and supervisors questions of their own."""
    forms = (library.questionnaires.get((template.id, choice.key)) for choice in template.choices)
    return any(form is not None and form.branches for form in forms)


def find(
    library: Library, *, factor: str = "", cipd: str = "", hee: str = ""
) -> tuple[tuple[Item, ...], tuple[Prompt, ...]]:
    """The questions and open questions that stand in all the frames given; '' means any."""

    def matches(question: Item | Prompt) -> bool:
        return (
            factor in ("", question.factor)
            and (not cipd or cipd in question.cipd)
            and (not hee or hee in question.hee)
        )

    return (
        tuple(item for item in library.items.values() if matches(item)),
        tuple(prompt for prompt in library.prompts.values() if matches(prompt)),
    )


@cache
def _load(version: str) -> Library:
    return read_library(_DIRECTORY / f"{_PREFIX}{version}.yaml", version)


@cache
def _load_translation(version: str, language: str) -> Translation | None:
    path = _DIRECTORY / f"{_PREFIX}{version}.{language}.yaml"
    return read_translation(path, _load(version), language) if path.is_file() else None
