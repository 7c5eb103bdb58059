"""L&D changes the Welsh words of messages beside the English ones."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveyapp.permissions import RoleName
from surveyapp.pulses import invitations, messages
from surveyapp.pulses.message_kinds import MessageKind
from surveyapp.pulses.models import MailKind
from tests.conftest import SignIn, on_sqlite
from tests.factories.languages import words_in
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import open_link_wave, open_wave

LIST = "/pulses/messages"
PAGE = f"{LIST}/cy/invitation"


@pytest.fixture
def offered() -> str:
    """The setting LANGUAGES."""
    return "en,cy"


@pytest.fixture
def environ(environ: dict[str, str], offered: str) -> dict[str, str]:
    return {**environ, "LANGUAGES": offered}


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 12})


@on_sqlite
@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_shipped_words_are_good_and_leave_no_placeholder(
    app: Flask, session: Session, kind: MessageKind, language: str
) -> None:
    settings = app.config["SETTINGS"]
    words = messages.shipped(kind, language)
    assert messages.issues(session, settings, kind, words, language) == []
    filled = words.filled(messages.example_values(session, settings, language))
    assert "{" not in filled.subject + filled.body


@pytest.mark.parametrize("kind", MessageKind)
def test_both_languages_say_the_same_things(kind: MessageKind) -> None:
    def placeholders(language: str) -> set[str]:
        body = messages.shipped(kind, language).body
        return {word for word in body.replace("{", "\n{").replace("}", "}\n").split("\n") if "{" in word}

    assert placeholders("en") == placeholders("cy")


@on_sqlite
def test_the_welsh_words_are_changed_apart_from_the_english_ones(
    app: Flask, session: Session, sign_in: SignIn, trust: Organisation
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    assert "<h2>Welsh</h2>" in planner.get(LIST).text
    page = planner.get(PAGE)
    assert "Invitation in Welsh" in page.text
    shown = " ".join(words_in(page.text, "cy"))
    assert "2 funud" in shown and "/a/this-is-a-test?lang=cy" in shown
    body = "Annwyl gydweithiwr,\n\n{link}\n\nMae’n cau ar {closes}."
    sent = planner.send(PAGE, subject="Eich tro chi: {title}", body=body, step="save")
    assert sent.status_code == 302
    wave = open_wave([trust.root], title="Spring pulse")
    letter = invitations.letter(session, app.config["SETTINGS"], wave)
    english, welsh = letter.body.split("-" * 40)
    assert letter.subject == "Trust: Spring pulse / Eich tro chi: Spring pulse"
    assert "Hello," in english and "Annwyl gydweithiwr," in welsh and "{" not in letter.body
    assert words_in(planner.get(f"{PAGE}/put-back").text, "cy") >= {"Trust: Spring pulse"}
    assert planner.send(f"{PAGE}/put-back").status_code == 302
    assert messages.words(session, MessageKind.INVITATION, "cy") == messages.shipped(
        MessageKind.INVITATION, "cy"
    )


@on_sqlite
@pytest.mark.parametrize("offered", [""])
def test_where_english_is_all_no_message_has_welsh_and_no_page_offers_it(
    app: Flask, session: Session, sign_in: SignIn, trust: Organisation
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    for path in (PAGE, f"{PAGE}/put-back", f"{LIST}/fr/invitation"):
        assert planner.get(path).status_code == 404
    assert "Welsh" not in planner.get(LIST).text
    for kind in MailKind:
        mail = invitations.letter(session, app.config["SETTINGS"], open_wave([trust.root]), kind)
        assert "lang=cy" not in mail.body and "Gymraeg" not in mail.body


@on_sqlite
def test_a_text_to_copy_is_in_both_languages(
    session: Session, sign_in: SignIn, trust: Organisation
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    to_all = open_link_wave(trust.root)
    page = planner.get(f"/pulses/{to_all.id}").text
    assert "Mae’r neges hon yn Gymraeg isod." in page and "Hoffai Trust glywed gennych" in page
    assert f"/o/{to_all.reference}?lang=cy\n" in page
    page = planner.get(f"/pulses/{open_wave([trust.root]).id}").text
    assert "Mae Trust wedi anfon e-bost" in page


