"""The words of messages: the shipped ones, those that L&D put in their place, and what fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, record_audit
from surveyapp.ballots.services import minutes
from surveyapp.config import PROJECT_ROOT, Settings
from surveyapp.design import in_minutes, moment
from surveyapp.languages import ENGLISH, WELSH
from surveyapp.organisation import services as organisation
from surveyapp.pulses.message_kinds import RULES, MessageKind, Words
from surveyapp.pulses.message_lint import Issue, addresses_in, issues_of, name_pairs_in
from surveyapp.pulses.models import MessageText, Wave
from surveyapp.pulses.planning import MINIMUM_GROUP_DEFAULT, SHORTEST_WAVE, closing_moment
from surveyapp.timekeeping import LOCAL_ZONE, database_now
from surveyapp.translating import in_language, link_in

#: The languages that messages may have, as their tag and as their name in English.
LANGUAGES: Mapping[str, str] = {ENGLISH: "English", WELSH: "Welsh"}

_SHIPPED = PROJECT_ROOT / "templates" / "messages"

_SUBJECT = "Subject: "

#: Before the English of a message in two languages, and between them.
_THERE_IS_MORE = "Mae’r neges hon yn Gymraeg isod.\n\n"
_BETWEEN = f"\n\n{'-' * 40}\n\n"
_BETWEEN_SUBJECTS = " / "


@dataclass(frozen=True, slots=True)
class Message:
    """A kind of message in one language, as it stands. `changed_on` is None for the shipped words."""

    kind: MessageKind
    language: str
    words: Words
    changed_on: date | None

    @property
    def is_shipped(self) -> bool:
        return self.changed_on is None


@cache
def shipped(kind: MessageKind, language: str = ENGLISH) -> Words:
    text = (_SHIPPED / language / f"{kind}.txt").read_text(encoding="utf-8").strip()
    if not RULES[kind].is_mail:
        return Words("", text)
    subject, _, body = text.partition("\n\n")
    return Words(subject.removeprefix(_SUBJECT), body)


def message(session: Session, kind: MessageKind, language: str = ENGLISH) -> Message:
    """What is sent today."""
    stored = session.get(MessageText, (kind, language))
    if stored is None:
        return Message(kind, language, shipped(kind, language), None)
    return Message(kind, language, Words(stored.subject, stored.body), stored.changed_on)


def messages(session: Session, settings: Settings) -> list[Message]:
    """All that are sent as this system is set up, and texts to copy."""
    return [
        message(session, kind, language)
        for language in settings.languages
        for kind in MessageKind
        if settings.sends_texts or not RULES[kind].is_text
    ]


def words(session: Session, kind: MessageKind, language: str = ENGLISH) -> Words:
    return message(session, kind, language).words


def written(
    session: Session,
    settings: Settings,
    wave: Wave,
    kind: MessageKind,
    *,
    link: str,
    stop_link: str = "",
) -> Words:
    """A message of a wave as it is sent, in each language on offer, each with links to pages in it.

    English stands first; a line in Welsh before it says that there is Welsh below. A text, where each
    character counts, goes without that line.
    """
    parts = [
        words(session, kind, language).filled(
            values_for(settings, wave, language, link=link, stop_link=stop_link)
        )
        for language in settings.languages
    ]
    if len(parts) == 1:
        return parts[0]
    if RULES[kind].is_text:
        return Words("", "\n\n".join(part.body for part in parts))
    return Words(
        # Once where all say the same.
        _BETWEEN_SUBJECTS.join(dict.fromkeys(part.subject for part in parts)),
        _THERE_IS_MORE + _BETWEEN.join(part.body for part in parts),
    )


def values_for(
    settings: Settings, wave: Wave, language: str = ENGLISH, *, link: str, stop_link: str = ""
) -> dict[str, str]:
    """What stands in the place of each placeholder in the messages of a wave."""
    return _values(
        settings,
        language,
        title=wave.title,
        minutes_taken=minutes(wave),
        closes_at=wave.closes_at,
        smallest_group=wave.minimum_group,
        link=link,
        stop_link=stop_link,
    )


def example_values(
    session: Session, settings: Settings, language: str = ENGLISH
) -> dict[str, str]:
    """Those of a pulse that might be launched today. The links lead nowhere."""
    today = database_now(session).astimezone(LOCAL_ZONE).date()
    return _values(
        settings,
        language,
        title="Spring pulse",
        minutes_taken=2,
        closes_at=closing_moment(today + timedelta(days=SHORTEST_WAVE.days)),
        smallest_group=MINIMUM_GROUP_DEFAULT,
        # An address with one part is known as cut off, whatever it says.
        link=f"{settings.base_url}/a/this-is-a-test",
        stop_link=f"{settings.base_url}/a/this-is-a-test",
    )


def issues(
    session: Session, settings: Settings, kind: MessageKind, chosen: Words, language: str
) -> list[Issue]:
    """What is wrong with these words, errors first."""
    return issues_of(
        chosen,
        RULES[kind],
        example_values(session, settings, language),
        is_english=language == ENGLISH,
        staff=organisation.of_staff(session, addresses_in(chosen), name_pairs_in(chosen)),
    )


def change(
    session: Session, kind: MessageKind, language: str, chosen: Words, *, actor_id: int | None
) -> None:
    """Send these words from now on, or the shipped ones again if they are the same. Audited.

    The caller has shown their `issues`, and mended the errors.
    """
    # Of two people who are the first to change the same words, the second finds those of the first.
    organisation.lock_organisation(session)
    if chosen == shipped(kind, language):
        put_back(session, kind, language, actor_id=actor_id)
        return
    session.merge(
        MessageText(
            kind=kind,
            language=language,
            subject=chosen.subject,
            body=chosen.body,
            changed_on=database_now(session).astimezone(LOCAL_ZONE).date(),
        )
    )
    _audit(session, kind, language, actor_id=actor_id, is_shipped=False)


def put_back(session: Session, kind: MessageKind, language: str, *, actor_id: int | None) -> None:
    """Send the shipped words again. Audited if others were sent."""
    stored = session.get(MessageText, (kind, language))
    if stored is not None:
        session.delete(stored)
        _audit(session, kind, language, actor_id=actor_id, is_shipped=True)


def _audit(
    session: Session, kind: MessageKind, language: str, *, actor_id: int | None, is_shipped: bool
) -> None:
    record_audit(
        session,
        Action.MESSAGE_CHANGED,
        actor_id=actor_id,
        message=kind,
        language=language,
        is_shipped=is_shipped,
    )


def _values(
    settings: Settings,
    language: str,
    *,
    title: str,
    minutes_taken: int,
    closes_at: datetime,
    smallest_group: int,
    link: str,
    stop_link: str,
) -> dict[str, str]:
    with in_language(language):
        minutes_in_words, closes = in_minutes(minutes_taken), moment(closes_at)
    return {
        "organisation": settings.organisation_name,
        "title": title,
        "minutes": minutes_in_words,
        "closes": closes,
        "smallest_group": str(smallest_group),
        "link": link_in(link, language),
        "stop_link": link_in(stop_link, language),
    }
