"""Reading a library file. Whatever is wrong in it is said with its place in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from surveyapp.instruments.nodes import LibraryError, Node, read_yaml
from surveyapp.instruments.questions import (
    ALL_STAFF,
    NO_FACTOR,
    ONE_PAGE,
    Branch,
    Frame,
    Item,
    Library,
    OpenScale,
    Prompt,
    Questionnaire,
    RoleQuestion,
    Scale,
    Section,
    Template,
    TemplateChoice,
)

#: Audiences that get questions of their own, in the order in which these are asked.
_BRANCHES = ("learners", "supervisors")


def read_library(path: Path, version: str) -> Library:
    """Raises LibraryError when the file cannot be read or says something that cannot be."""
    data = read_yaml(path)
    try:
        library = _library(Node(data, ""))
        if library.version != version:
            raise LibraryError(f"meta.version is {library.version}; the file's name says {version}")
        _check(library)
    except LibraryError as error:
        raise LibraryError(f"{path.name}: {error}") from None
    return library


def _library(data: Node) -> Library:
    scales = {
        key: _scale(key, node)
        for key, node in data["scales"].entries()
        if isinstance(node.value, dict) and node.value.get("type") == "ordinal"
    }
    frameworks = data["frameworks"]
    factors = {
        key: Frame(key, node["name"].a(str), node["meaning"].a(str))
        for key, node in frameworks["factors"].entries()
    }
    cipd = {
        key: Frame(key, node["name"].a(str), node["level"].a(str))
        for key, node in frameworks["cipd"].entries()
    }
    hee = {
        key: Frame(key, node["name"].a(str), "")
        for key, node in frameworks["hee"].entries()
        if isinstance(node.value, dict)
    }
    audiences = {
        key: node["label"].a(str)
        for key, node in data["audiences"].entries()
        if isinstance(node.value, dict)
    }
    items = _by_id(
        (_item(row, scales, factors, cipd, hee, audiences) for row in data["items"].rows()), "items"
    )
    open_scale = OpenScale(
        hint=data["scales"]["text"]["hint"].a(str),
        max_chars=data["scales"]["text"]["max_chars"].a(int),
    )
    prompts = _by_id(
        (
            Prompt(
                id=row["id"].a(str),
                text=row["text"].a(str),
                factor=row["primary_factor"].one_of(factors).code,
                cipd=_codes(row["cipd"], cipd),
                hee=_codes(row["hee"], hee),
                hint=open_scale.hint,
                max_chars=open_scale.max_chars,
            )
            for row in data["open_text"].rows()
        ),
        "open_text",
    )
    families = data["reporting_scales"]
    factor_scales = _family(families["factor_family"], factors, items)
    cipd_scales = _family(families["cipd_family"], cipd, items)
    hee_scales = _family(families["hee_family"], hee, items)
    templates, questionnaires = _Forms(
        data["templates"],
        items,
        prompts,
        {**factors, **cipd, **hee},
        {**factor_scales, **cipd_scales, **hee_scales},
    ).read()
    return Library(
        version=data["meta"]["version"].a(str),
        status=data["meta"]["status"].a(str),
        claim=data["meta"]["claim_allowed"].a(str),
        items=items,
        prompts=prompts,
        scales=scales,
        open_scale=open_scale,
        audiences=audiences,
        sources={
            key: node["title"].a(str)
            for key, node in data["sources"].entries()
            if isinstance(node.value, dict)
        },
        factors=factors,
        cipd=cipd,
        hee=hee,
        factor_scales=factor_scales,
        cipd_scales=cipd_scales,
        hee_scales=hee_scales,
        templates=templates,
        questionnaires=questionnaires,
        follow_up=_follow_up(data["follow_up"], scales),
        role_question=_role_question(data["role_question"], audiences),
    )


def _scale(key: str, node: Node) -> Scale:
    points = tuple((p["value"].a(int), p["label"].a(str)) for p in node["points"].rows())
    if not points or [value for value, _ in points] != list(range(1, len(points) + 1)):
        raise LibraryError(f"{node.place}.points must be numbered 1, 2, 3 … from worst to best")
    return Scale(
        id=key,
        points=points,
        not_applicable=node["na_option"]["label"].a(str),
        favourable=frozenset(row.a(int) for row in node["favourable"].rows()),
    )


def _item(
    row: Node,
    scales: Mapping[str, Scale],
    factors: Mapping[str, Frame],
    cipd: Mapping[str, Frame],
    hee: Mapping[str, Frame],
    audiences: Mapping[str, str],
) -> Item:
    row["audience"].one_of(audiences)
    return Item(
        id=row["id"].a(str),
        text=row["text"].a(str),
        scale=row["scale"].one_of(scales).id,
        reverse=row["reverse"].a(bool),
        factor=row["primary_factor"].one_of(factors).code,
        cipd=_codes(row["cipd"], cipd),
        hee=_codes(row["hee"], hee),
        audience=row["audience"].a(str),
        anchor=row["anchor"].a(bool),
        set=row["set"].a(str),
        source=row["source"].a(str),
    )


def _follow_up(row: Node, scales: Mapping[str, Scale]) -> Item:
    """The one question that stands in no frame."""
    return Item(
        id=row["id"].a(str),
        text=row["text"].a(str),
        scale=row["scale"].one_of(scales).id,
        reverse=False,
        factor=NO_FACTOR,
        cipd=(),
        hee=(),
        audience=ALL_STAFF,
        anchor=False,
        set="follow_up",
        source=row["source"].a(str),
    )


def _role_question(row: Node, audiences: Mapping[str, str]) -> RoleQuestion:
    options = [*row["options"].rows()]
    values = [option["value"].a(int) for option in options]
    if not values or values != list(range(1, len(values) + 1)):
        raise LibraryError(f"{row.place}.options must be numbered 1, 2, 3 …")
    for option in options:
        for audience in option["leads_to"].rows():
            audience.one_of(audiences)
    return RoleQuestion(
        id=row["id"].a(str),
        title=row["title"].a(str),
        text=row["text"].a(str),
        hint=row["hint"].a(str),
        points=tuple((option["value"].a(int), option["label"].a(str)) for option in options),
        leads_to={option["value"].a(int): option["leads_to"].texts() for option in options},
        prefer_not=row["prefer_not"].a(str),
    )


def _codes(node: Node, frames: Mapping[str, Frame]) -> tuple[str, ...]:
    return tuple(row.one_of(frames).code for row in node.rows())


_Question = TypeVar("_Question", Item, Prompt)


def _by_id(questions: Iterable[_Question], place: str) -> dict[str, _Question]:
    found: dict[str, _Question] = {}
    for question in questions:
        if question.id in found:
            raise LibraryError(f"{place} holds {question.id} twice")
        found[question.id] = question
    return found


def _family(
    node: Node, frames: Mapping[str, Frame], items: Mapping[str, Item]
) -> dict[str, tuple[str, ...]]:
    family: dict[str, tuple[str, ...]] = {}
    for code, ids in node.entries():
        if code not in frames:
            raise LibraryError(f"{ids.place} is not a frame of the file")
        members = [row.one_of(items) for row in ids.rows()]
        # A mean over different response scales would mean nothing.
        if len({item.scale for item in members}) != 1:
            raise LibraryError(f"{ids.place} must hold items of one response scale")
        family[code] = tuple(item.id for item in members)
    return family


class _Forms:
    """Turns the templates into questionnaires."""

    def __init__(
        self,
        data: Node,
        items: Mapping[str, Item],
        prompts: Mapping[str, Prompt],
        frames: Mapping[str, Frame],
        scales: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._data, self._items, self._prompts = data, items, prompts
        self._frames, self._scales = frames, scales
        self._scale_of = {item_id: code for code, ids in scales.items() for item_id in ids}
        self._templates: dict[str, Template] = {}
        self._questionnaires: dict[tuple[str, str], Questionnaire] = {}

    def read(self) -> tuple[dict[str, Template], dict[tuple[str, str], Questionnaire]]:
        pulse = self._data["monthly_pulse_5"]
        for rotation, months in pulse["rotations"].entries():
            keys: tuple[str, ...] = ()
            last = len(list(months.entries()))
            for month, slots in months.entries():
                number = month.removeprefix("month_")
                key = f"{rotation}-{number}"
                keys += (key,)
                self._add(
                    "monthly_pulse_5",
                    TemplateChoice(
                        key,
                        f"Rotation {rotation}, month {number}",
                        keys if len(keys) == last else (),
                    ),
                    [self._slot(row) for row in slots.rows()],
                    pulse["open_text"][month],
                )
        quarterly = self._data["quarterly_12"]
        for quarter, slot in quarterly["slot_12_by_quarter"].entries():
            self._add(
                "quarterly_12",
                TemplateChoice(quarter, f"Quarter {quarter.removeprefix('q')}"),
                [*(self._slot(row) for row in quarterly["items"].rows()), self._slot(slot)],
                quarterly["open_text"],
                {audience: [slot[audience].one_of(self._items)] for audience in _BRANCHES},
            )
        yearly = self._data["annual_full"]
        ids = [i for row in yearly["page_order"].rows() for i in row.one_of(self._scales)]
        self._add(
            "annual_full",
            TemplateChoice("full", "All questions"),
            [self._items[item_id] for item_id in ids],
            yearly["open_text"],
            {
                audience: [
                    self._items[item_id]
                    for row in yearly[f"{audience}_add_scales"].rows()
                    for item_id in row.one_of(self._scales)
                ]
                for audience in _BRANCHES
            },
        )
        return self._templates, self._questionnaires

    def _slot(self, node: Node) -> Item:
        # In a branch slot everybody gets this item, or its trend would be one of other people. The
        # short form is one page, which cannot ask first who is who.
        return (node if isinstance(node.value, str) else node["all_staff"]).one_of(self._items)

    def _add(
        self,
        template_id: str,
        choice: TemplateChoice,
        items: Sequence[Item],
        open_text: Node,
        branches: Mapping[str, Sequence[Item]] | None = None,
    ) -> None:
        node = self._data[template_id]
        others = self._templates[template_id].choices if template_id in self._templates else ()
        self._templates[template_id] = Template(
            id=template_id,
            name=node["name"].a(str),
            minutes=node["minutes"].a(int),
            open_days=node["open_days"].a(int),
            choices=(*others, choice),
        )
        for audience, asked in {ALL_STAFF: items, **(branches or {})}.items():
            for item in asked:
                if item.audience != audience:
                    whom = audience.replace("_", " ")
                    raise LibraryError(f"{node.place} asks {whom} {item.id}, for {item.audience}")
        self._questionnaires[(template_id, choice.key)] = Questionnaire(
            items=tuple(items),
            prompts=tuple(row.one_of(self._prompts) for row in open_text.rows()),
            sections=self._sections(node["name"].a(str), items),
            branches=tuple(
                Branch(audience, tuple(asked), self._by_scale(asked))
                for audience, asked in (branches or {}).items()
            ),
        )

    def _sections(self, title: str, items: Sequence[Item]) -> tuple[Section, ...]:
        if len(items) <= ONE_PAGE:
            return (Section(title, tuple(item.id for item in items)),)
        return self._by_scale(items)

    def _by_scale(self, items: Iterable[Item]) -> tuple[Section, ...]:
        sections: list[Section] = []
        last = ""
        for item in items:
            code = self._scale_of[item.id]
            together = sections.pop().item_ids if code == last else ()
            sections.append(Section(self._frames[code].name, (*together, item.id)))
            last = code
        return tuple(sections)


def _check(library: Library) -> None:
    """What no single row can show."""
    families = (library.factor_scales, library.cipd_scales, library.hee_scales)
    uses = Counter(i for family in families for ids in family.values() for i in ids)
    for item_id in library.items:
        if uses[item_id] != 1:
            raise LibraryError(
                f"{item_id} must be in one reporting scale; it is in {uses[item_id]}"
            )
    for (template_id, key), form in library.questionnaires.items():
        twice = [i for i, count in Counter(item.id for item in form.items).items() if count > 1]
        if twice:
            raise LibraryError(f"templates.{template_id} {key} asks {', '.join(twice)} twice")
    if library.follow_up.id in {*library.items, *library.prompts}:
        raise LibraryError(f"follow_up.id {library.follow_up.id} is a question of its own already")
    if library.role_question.id in {*library.items, *library.prompts, library.follow_up.id}:
        raise LibraryError(f"role_question.id {library.role_question.id} is a question of its own already")
    if "validated" in library.claim:
        raise LibraryError("meta.claim_allowed must not say that the questions are validated")
