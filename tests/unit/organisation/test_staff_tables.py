"""Reading staff files: the same rows come out of every kind of file, and nothing bad gets in."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from surveyapp.organisation import staff_table, staff_workbook
from surveyapp.organisation.staff_columns import (
    ColumnsError,
    StaffColumns,
    chosen,
    exact,
    fingerprint,
    guess,
    named,
    picker,
)
from surveyapp.organisation.staff_file import read_table
from surveyapp.organisation.staff_table import DateCell, StaffFileError
from tests.factories.staff_files import ESR, text_file, workbook

HEADINGS = ("Work Email", "Division", "Ward", "Staff Group", "Notes")
MAPPING = {
    "email": ["work email"],
    "unit": ["Division", "Ward"],
    "staff_group": ["Staff Group"],
}

#: What all encodings can spell, with everything that separates and quotes.
CELLS = st.sampled_from(
    [
        *("", "a@example.org", "Ward 4", "Théâtre, 2", 'the "old" wing'),
        *("a;b", "x\ty", "O’Neill – £5", "two\nlines"),
    ]
)
ROWS = st.lists(st.lists(CELLS, min_size=5, max_size=5).map(tuple).filter(any), min_size=1, max_size=6)
ORDERS = st.permutations(range(5))
QUICK = settings(deadline=None, max_examples=60)


def read(content: bytes) -> list[tuple[int, dict[str, str]]]:
    table = read_table(content)
    headings = named(table.headings)
    pick = picker(headings, chosen(headings, MAPPING))
    return [(line, pick(values)) for line, values in table.rows]


def turned(rows: Sequence[Sequence[str]], order: Sequence[int]) -> list[list[str]]:
    return [[row[place] for place in order] for row in rows]


def refusal(content: bytes) -> str:
    with pytest.raises(StaffFileError) as caught:
        list(read_table(content).rows)
    return str(caught.value)


# ---------------------------------------------------------------- one table, many spellings


@given(
    ROWS,
    ORDERS,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
@QUICK
def test_encodings_separators_and_orders_give_the_same_rows(
    rows: list[tuple[str, ...]], order: list[int], encoding: str, separator: str, says: bool
) -> None:
    plain = read(text_file([HEADINGS, *rows]))
    content = text_file(
        turned([HEADINGS, *rows], order), separator=separator, encoding=encoding, says_separator=says
    )
    # The line that names the separator counts, as an editor counts it.
    assert read(content) == [(line + says, row) for line, row in plain]


@given(ROWS, ORDERS)
@settings(deadline=None, max_examples=15)
def test_a_workbook_gives_the_same_rows_as_text(rows: list[tuple[str, ...]], order: list[int]) -> None:
    plain = [row for _, row in read(text_file([HEADINGS, *rows]))]
    content = workbook(turned([HEADINGS, *rows], order))
    assert read(content) == list(enumerate(plain, start=2))


def test_cells_are_read_as_people_see_them() -> None:
    rows = [["a", "b", "c", "d"], [None, None], [7, 7.0, True, date(2026, 5, 4)]]
    ((line, values),) = read_table(workbook([[], *rows])).rows
    assert (line, values) == (4, ["7", "7", "TRUE", "2026-05-04"])
    assert isinstance(values[3], DateCell)


def test_a_formula_counts_as_its_last_result_and_is_never_run() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a"])
        sheet.write_formula(1, 0, '=LOWER("A@EXAMPLE.ORG")', value="a@example.org")
    assert list(read_table(out.getvalue()).rows) == [(2, ["a@example.org"])]


def test_empty_columns_on_the_right_do_no_harm() -> None:
    table = read_table(b"a,b\n1,2,,\n3,4,5\n")
    assert list(table.rows) == [(2, ["1", "2"]), (3, ["3", "4", "5"])]


# ---------------------------------------------------------------- what is no staff list


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        return {name: made.read(name) for name in made.namelist()}


GOOD = workbook([HEADINGS, ["a@example.org", "Surgery", "Ward 4", "Nursing", ""]])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (workbook([]), "has nothing in it"),
        (workbook([HEADINGS], others=["Old list"]), "2 sheets with something in them: 'Sheet', 'Old list'"),
        (workbook([HEADINGS, ["=1+1"]]), "formulas whose results were never saved"),
        (GOOD[: len(GOOD) // 2], "damaged"),
        (archive(parts_of(GOOD) | {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"}), "damaged"),
        (archive(parts_of(GOOD) | {"xl/vbaProject.bin": b"x"}), "holds macros"),
        (archive({"xl/workbook.bin": b"x", "[Content_Types].xml": b"x"}), "binary workbook"),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "has a password"),
        ("Zoë,a\n".encode() + b"\xff,b\n", "Line 2 holds letters that cannot be read"),
        (b"\x89PNG\r\n\x1a\n\x01\x02", "not a staff list"),
        (b"a,b\n" + bytes(9), "not a staff list"),
        (b'a,b\n"x', "Check its quotation marks"),
        (",".join("abc" * 100).encode() + b"\n", "more than 200 columns"),
    ],
)
def test_what_is_no_staff_list_is_refused_with_a_remedy(content: bytes, says: str) -> None:
    assert says in refusal(content)


@pytest.mark.parametrize("times", [60, pytest.param(3_000, marks=pytest.mark.soak)])
def test_a_damaged_workbook_gives_rows_or_a_remedy(times: int) -> None:
    chance, parts = random.Random(7), parts_of(GOOD)
    for _ in range(times):
        name = chance.choice(list(parts))
        damaged = bytearray(parts[name])
        place = chance.randrange(len(damaged))
        if chance.random() < 0.4:
            del damaged[place : place + chance.randint(1, 60)]
        else:
            damaged[place] = chance.randrange(32, 127)
        content = archive(parts | {name: bytes(damaged)})
        try:
            table = read_table(content)
            named(table.headings)
            assert all(isinstance(line, int) for line, _ in table.rows)
        except StaffFileError as refused:
            assert str(refused).endswith(".")


def test_what_unpacks_to_too_much_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = archive(parts_of(GOOD) | {"xl/worksheets/sheet1.xml": bytes(2_000_000)})
    assert len(bomb) < 20_000
    monkeypatch.setattr(staff_workbook, "_MOST_UNPACKED", 1_000_000)
    assert "too large once it is unpacked" in refusal(bomb)


def test_a_list_may_be_long_and_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["a"], *[["x"]] * 6]
    for module in (staff_table, staff_workbook):
        monkeypatch.setattr(module, "MAX_ROWS", 4)
    assert "more than 4 rows" in refusal(workbook(rows))


def test_a_hidden_sheet_and_a_sheet_with_styles_only_are_passed_over() -> None:
    book = Workbook()
    book.active.append(["a", "b"])
    hidden = book.create_sheet("Hidden")
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    book.create_sheet("Styled")["A9"].number_format = "0.00"
    out = io.BytesIO()
    book.save(out)
    assert read_table(out.getvalue()).headings == ("a", "b")


# ---------------------------------------------------------------- which column is which


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (ESR, StaffColumns("Work Email", ("Division", "Ward/Dept"), "Staff Group", "Assignment Status")),
        (
            ("Email Address", "Organisation L1", "Organisation L3", "Organisation L4", "Staff Group"),
            StaffColumns("Email Address", ("Organisation L3", "Organisation L4"), "Staff Group"),
        ),
        (("E-MAIL", "Directorate", "Team"), StaffColumns("E-MAIL", ("Directorate", "Team"), "")),
        (("x", "y"), StaffColumns("", (), "")),
    ],
)
def test_common_headings_are_guessed(headings: tuple[str, ...], expected: StaffColumns) -> None:
    assert guess(headings) == expected
    assert exact(headings) is None


def test_our_own_headings_need_no_guess() -> None:
    assert exact(("Unit", "E-mail", "STAFF_GROUP")) == StaffColumns("E-mail", ("Unit",), "STAFF_GROUP")


def test_headings_that_stand_twice_have_names_of_their_own() -> None:
    headings = named(("Unit", "", "unit", "Unit", "Unit 2"))
    assert headings == ("Unit", "Column 2", "unit (2)", "Unit (3)", "Unit 2 (2)")
    assert fingerprint(headings) == fingerprint(tuple(reversed(headings)))


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({}, "Say which column holds the e-mail address"),
        ({"email": ["Post"]}, "no column 'Post'"),
        ({"email": ["Ward", "Notes"]}, "Name 1 column or fewer"),
        ({"email": ["Ward"], "unit": ["Ward"]}, "'Ward' is used already"),
    ],
)
def test_columns_that_cannot_be_meant_are_refused(choices: dict[str, list[str]], says: str) -> None:
    with pytest.raises(ColumnsError, match=says):
        chosen(HEADINGS, choices)


def test_a_unit_of_several_columns_is_a_path_without_gaps_and_echoes() -> None:
    pick = picker(HEADINGS, chosen(HEADINGS, MAPPING))
    rows = [("Surgery", "Ward 4"), ("Estates", "ESTATES "), ("", "Ward 9"), ("Surgery", "")]
    assert [pick(["a", *levels, "g", ""])["unit"] for levels in rows] == [
        *("Surgery > Ward 4", "Estates", "Ward 9", "Surgery")
    ]
