"""What the question library is made of. Frozen; knows nothing of files or pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A rating scale: points from worst to best, and the option that is not scored."""

    id: str
    points: tuple[tuple[int, str], ...]
    not_applicable: str
    favourable: frozenset[int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A factor, a CIPD criterion or an HEE domain."""

    code: str
    name: str
    meaning: str


#: A form of up to this many questions is one page (G2).
ONE_PAGE = 5

#: The audience of what everybody is asked.
ALL_STAFF = "all_staff"

#: Stands for a factor where a question is about none: it is in no score.
NO_FACTOR = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A scored question with its place in each frame. `set` is the family that reports it."""

    id: str
    text: str
    scale: str
    reverse: bool
    factor: str
    cipd: tuple[str, ...]
    hee: tuple[str, ...]
    audience: str
    anchor: bool
    set: str
    source: str
    #: Its words in Welsh where they are not in the library's translation: an own question's. Empty without.
    text_cy: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """An open question. `max_chars` is the longest comment it takes."""

    id: str
    text: str
    factor: str
    cipd: tuple[str, ...]
    hee: tuple[str, ...]
    hint: str
    max_chars: int
    #: As of an item.
    text_cy: str = ""


@dataclass(frozen=True, slots=True)
class RoleQuestion:
    """Which branches a person belongs to, as they say themselves. It is in no score and never stored.

    `points` are values and labels; `leads_to` are audiences by value; `prefer_not` leads to none.
    """

    id: str
    title: str
    text: str
    hint: str
    points: tuple[tuple[int, str], ...]
    leads_to: Mapping[int, tuple[str, ...]]
    prefer_not: str


@dataclass(frozen=True, slots=True)
class OpenScale:
    """How every open question is answered. `max_chars` is the longest comment that one takes."""

    hint: str
    max_chars: int


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """One ready-made set of questions of a template, such as month 1 of rotation A.

    `quarter` are the keys of the sets that make up a quarter, where this one is its last.
    """

    key: str
    label: str
    quarter: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    name: str
    minutes: int
    open_days: int
    choices: tuple[TemplateChoice, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that stand on one page together, in order, and that page's heading."""

    title: str
    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """What only people of one audience are asked, in order. Sections hold the same items in order."""

    audience: str
    items: tuple[Item, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What one wave asks, in the order in which it asks. Sections hold the same items in order.

    `branches` are for those who say that they belong there, in waves that ask.
    """

    items: tuple[Item, ...]
    prompts: tuple[Prompt, ...]
    sections: tuple[Section, ...]
    branches: tuple[Branch, ...] = ()


#: Titles of pages that hold no one scale of the library.
OWN_WORDS = "In your own words"
#: What the follow-up question is about, and what an organisation's own question of no factor is.
WHAT_CHANGED = "What changed"
OUR_OWN = "Our own question"


@dataclass(frozen=True, slots=True)
class ScaleWords:
    """A rating scale's labels by point, and that of the option that is not scored."""

    points: Mapping[int, str]
    not_applicable: str


@dataclass(frozen=True, slots=True)
class RoleWords:
    """The words of the question about roles; its options are like a scale's."""

    text: str
    hint: str
    options: ScaleWords


@dataclass(frozen=True, slots=True)
class Translation:
    """All words of a library that staff see, in another language.

    `questions` are by id, `scales` by id, `titles` of pages by the English title.
    """

    version: str
    language: str
    questions: Mapping[str, str]
    scales: Mapping[str, ScaleWords]
    hint: str
    titles: Mapping[str, str]
    role: RoleWords


@dataclass(frozen=True, slots=True)
class Library:
    """One version of the questions. `claim` is all that may be said of where they come from."""

    version: str
    status: str
    claim: str
    items: Mapping[str, Item]
    prompts: Mapping[str, Prompt]
    scales: Mapping[str, Scale]
    open_scale: OpenScale
    audiences: Mapping[str, str]
    sources: Mapping[str, str]
    factors: Mapping[str, Frame]
    cipd: Mapping[str, Frame]
    hee: Mapping[str, Frame]
    factor_scales: Mapping[str, tuple[str, ...]]
    cipd_scales: Mapping[str, tuple[str, ...]]
    hee_scales: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, Template]
    questionnaires: Mapping[tuple[str, str], Questionnaire]
    #: What a pulse asks last once something was done: whether anyone noticed. No template holds it.
    follow_up: Item
    #: What longer forms ask before the questions of a branch.
    role_question: RoleQuestion

    def audience_of(self, item_id: str) -> str:
        """Whom a question is for. What is not of this library is for everybody."""
        found = self.items.get(item_id)
        return found.audience if found else ALL_STAFF

    def subject(self, item_id: str, factor: str) -> str:
        """What a question is about, in the words that stand beside it."""
        if factor != NO_FACTOR:
            return self.factors[factor].name
        return WHAT_CHANGED if item_id == self.follow_up.id else OUR_OWN
