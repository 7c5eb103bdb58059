"""Reading a library's words in another language: all of them, of this very version, and no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from surveyapp.instruments.nodes import LibraryError, read_yaml
from surveyapp.instruments.questions import (
    OUR_OWN,
    OWN_WORDS,
    WHAT_CHANGED,
    Library,
    RoleWords,
    ScaleWords,
    Translation,
)


def read_translation(path: Path, library: Library, language: str) -> Translation:
    """Raises LibraryError when words are missing, are of no question of the library, or are no text."""
    data = read_yaml(path)
    try:
        return _translation(data, library, language)
    except LibraryError as error:
        raise LibraryError(f"{path.name}: {error}") from None


def _translation(data: Any, library: Library, language: str) -> Translation:
    parts = _exactly(data, {"meta", "questions", "scales", "hint", "titles", "role"}, "the file")
    meta = parts["meta"] if isinstance(parts["meta"], Mapping) else {}
    for name, expected in (("version", library.version), ("language", language)):
        if meta.get(name) != expected:
            raise LibraryError(f"meta.{name} is {meta.get(name)!r}; it must be {expected!r}")
    scales = {}
    for scale_id, value in _exactly(parts["scales"], library.scales.keys(), "scales").items():
        place = f"scales.{scale_id}"
        words = _exactly(value, {"points", "not_applicable"}, place)
        points = [value for value, _ in library.scales[scale_id].points]
        scales[scale_id] = ScaleWords(
            points=_texts(words["points"], points, f"{place}.points"),
            not_applicable=_text(words["not_applicable"], f"{place}.not_applicable"),
        )
    titles = _texts(parts["titles"], _titles(library).keys(), "titles")
    questions = {*library.items, *library.prompts, library.follow_up.id}
    return Translation(
        version=library.version,
        language=language,
        questions=_texts(parts["questions"], questions, "questions"),
        scales=scales,
        hint=_text(parts["hint"], "hint"),
        titles={english: titles[key] for key, english in _titles(library).items()},
        role=_role(parts["role"], library),
    )


def _role(value: Any, library: Library) -> RoleWords:
    words = _exactly(value, {"text", "hint", "points", "not_applicable"}, "role")
    points = [value for value, _ in library.role_question.points]
    return RoleWords(
        text=_text(words["text"], "role.text"),
        hint=_text(words["hint"], "role.hint"),
        options=ScaleWords(
            points=_texts(words["points"], points, "role.points"),
            not_applicable=_text(words["not_applicable"], "role.not_applicable"),
        ),
    )


def _titles(library: Library) -> dict[str, str]:
    """What may stand above the questions of a page, in English, by its key in the file."""
    frames = {**library.factors, **library.cipd, **library.hee}
    return {
        **{code: frame.name for code, frame in frames.items()},
        **{template.id: template.name for template in library.templates.values()},
        "role": library.role_question.title,
        "own_words": OWN_WORDS,
        "what_changed": WHAT_CHANGED,
        "our_own": OUR_OWN,
    }


def _exactly(value: Any, keys: Collection[Any], place: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise LibraryError(f"{place} must be a set of named values, not {value!r}")
    for problem, found in (("has no", set(keys) - value.keys()), ("knows no", value.keys() - set(keys))):
        if found:
            raise LibraryError(f"{place} {problem} {', '.join(sorted(map(str, found)))}")
    return value


def _texts(value: Any, keys: Collection[Any], place: str) -> dict[Any, str]:
    words = _exactly(value, keys, place)
    return {key: _text(words[key], f"{place}.{key}") for key in words}


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LibraryError(f"{place} must be text, not {value!r}")
    return value
