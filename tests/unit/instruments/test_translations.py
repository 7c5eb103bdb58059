"""The library's words in Welsh: all of them, of the same version, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from surveyapp.instruments import services
from surveyapp.instruments.services import Library, LibraryError, Translation
from surveyapp.instruments.translations import read_translation

SHIPPED = Path(services.__file__).parent / "library" / "learning-culture-pulse-0.1.0.cy.yaml"


@pytest.fixture(scope="module")
def library() -> Library:
    return services.load_library("0.1.0")


@pytest.fixture(scope="module")
def welsh() -> Translation:
    found = services.load_translation("0.1.0", "cy")
    assert found is not None
    return found


def test_the_newest_library_has_words_in_welsh() -> None:
    assert services.load_translation(services.current_version(), "cy") is not None
    assert services.load_translation(services.current_version(), "fr") is None


def test_every_question_scale_and_title_has_words_of_its_own(
    library: Library, welsh: Translation
) -> None:
    english = {q.id: q.text for q in (*library.items.values(), *library.prompts.values())}
    english[library.follow_up.id] = library.follow_up.text
    assert welsh.questions.keys() == english.keys()
    assert len(set(welsh.questions.values())) == len(english)
    assert [each for each, text in welsh.questions.items() if text == english[each]] == []
    for scale_id, scale in library.scales.items():
        words = welsh.scales[scale_id]
        assert list(words.points) == [value for value, _ in scale.points]
        assert len({*words.points.values(), words.not_applicable}) == len(scale.points) + 1
    for form in library.questionnaires.values():
        assert all(section.title in welsh.titles for section in form.sections)
    assert services.OWN_WORDS in welsh.titles


def test_a_question_on_how_often_names_its_period_and_asks(
    library: Library, welsh: Translation
) -> None:
    for item in library.items.values():
        text = welsh.questions[item.id]
        assert text.startswith("Yn ystod y 3 mis diwethaf, pa mor aml") == (item.scale == "freq5")
        assert text[-1] == ("?" if item.scale == "freq5" else "."), item.id
        assert len(text.split()) <= 22, item.id


def test_the_file_says_that_nobody_has_checked_it() -> None:
    head = SHIPPED.read_text(encoding="utf-8").partition("questions:")[0]
    assert "DRAFT" in head and "draft_unchecked" in head


# ---------------------------------------------------------------- a file that is wrong


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda data: data["questions"].pop("LEA1"), "questions has no LEA1"),
        (lambda data: data["questions"].update(LEA9="Rhywbeth"), "questions knows no LEA9"),
        (lambda data: data["questions"].update(LEA1=" "), "questions.LEA1 must be text"),
        (lambda data: data["questions"].update(LEA1=7), "questions.LEA1 must be text"),
        (lambda data: data["questions"].pop("ACT1"), "questions has no ACT1"),
        (lambda data: data["scales"].pop("freq5"), "scales has no freq5"),
        (lambda data: data["scales"]["agree5"]["points"].pop(3), "scales.agree5.points has no 3"),
        (lambda data: data["scales"]["agree5"].pop("not_applicable"), "scales.agree5 has no not_applicable"),
        (lambda data: data["titles"].pop("F3"), "titles has no F3"),
        (lambda data: data["titles"].update(F8="Arall"), "titles knows no F8"),
        (lambda data: data["meta"].update(version="0.2.0"), "meta.version is '0.2.0'; it must be '0.1.0'"),
        (lambda data: data["meta"].update(language="fr"), "meta.language is 'fr'; it must be 'cy'"),
        (lambda data: data.pop("hint"), "the file has no hint"),
        (lambda data: data.update(more={}), "the file knows no more"),
        (lambda data: data.update(questions=[]), "questions must be a set of named values"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    change: Change, complaint: str, library: Library, tmp_path: Path
) -> None:
    data = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(data)
    file = tmp_path / "words.cy.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    with pytest.raises(LibraryError) as raised:
        read_translation(file, library, "cy")
    assert str(raised.value).startswith(f"words.cy.yaml: {complaint}")


@pytest.mark.parametrize("content", ["", "[]", "meta: [", "\xff\xfe"])
def test_a_file_that_holds_no_words_is_refused(
    content: str, library: Library, tmp_path: Path
) -> None:
    file = tmp_path / "words.cy.yaml"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(LibraryError, match=r"words\.cy\.yaml"):
        read_translation(file, library, "cy")
