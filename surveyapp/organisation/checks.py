"""What may stand in a unit's name and in a row of the staff list, from a form or from a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from email_validator import EmailNotValidError, validate_email

#: Between the names of a unit's path: 'Hospital > Surgery > Ward 4'.
PATH_SEPARATOR = ">"

LONGEST_NAME = 120
LONGEST_STAFF_GROUP = 80

#: What people put between the digits of a number.
_BETWEEN_DIGITS = re.compile(r"[\s().\u2010-\u2013-]+")

#: E.164; of the United Kingdom, only mobiles.
_MOBILE = re.compile(r"\+(?:447[0-9]{9}|(?!44)[1-9][0-9]{7,14})")

#: A spreadsheet runs a cell that starts with one of these.
_FORMULA_STARTS = ("=", "+", "-", "@")


class OrganisationError(ValueError):
    """A change that cannot be made. `field` names the form field; the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def plain(field: str, text: str) -> str:
    """The text with single spaces. Raises OrganisationError for what hides or runs in a sheet."""
    # The non-breaking space of word processors is meant as a space.
    text = text.replace("\xa0", " ").strip(" ")
    # Nearly all that is typed is plain ASCII, which can be told at once.
    for character in "" if text.isascii() and text.isprintable() else text:
        # Controls, invisible marks, half characters, and the separators of lines.
        if unicodedata.category(character)[0] == "C" or character in "\u2028\u2029":
            raise OrganisationError(
                field, "Delete this value and type it again: it holds a hidden character"
            )
    if text.startswith(_FORMULA_STARTS):
        raise OrganisationError(
            field, f"Remove the '{text[0]}' at the start: a spreadsheet would run it as a formula"
        )
    return " ".join(text.split())


def unit_name(text: str) -> str:
    name = plain("name", text)
    if not name:
        raise OrganisationError("name", "Enter a name for the unit")
    if len(name) > LONGEST_NAME:
        raise OrganisationError("name", f"Name must be {LONGEST_NAME} characters or fewer")
    if PATH_SEPARATOR in name:
        raise OrganisationError("name", f"Name must not contain '{PATH_SEPARATOR}'")
    return name


def email_address(text: str) -> str:
    """The address in the one spelling that is stored. Asks no name server."""
    address = plain("email", text).lower()
    if not address:
        raise OrganisationError("email", "Enter an e-mail address")
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise OrganisationError(
            "email", "Enter an e-mail address, like name@example.nhs.uk"
        ) from None
    return checked.normalized


def mobile_number(text: str) -> str | None:
    """The number in the form of E.164, such as +447700900123; None for an empty value.

    Takes what people write: spaces, brackets and dashes, 07…, 0044…, and 7… from spreadsheets that
    take the 0 away. Only its form is checked.
    """
    digits = _BETWEEN_DIGITS.sub("", text.replace("(0)", ""))
    if not digits:
        return None
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+44{digits[1:]}"
    elif digits.startswith("7") and len(digits) == 10:
        digits = f"+44{digits}"
    if _MOBILE.fullmatch(digits) is None:
        raise OrganisationError("mobile", "Enter a mobile number, like 07700 900123, or none")
    return digits


def staff_group(text: str, spellings: Mapping[str, str]) -> str:
    """The group in the spelling that is known already. `spellings` is keyed by `folded`."""
    group = plain("staff_group", text)
    if not group:
        raise OrganisationError("staff_group", "Enter a staff group, such as Nursing")
    if len(group) > LONGEST_STAFF_GROUP:
        raise OrganisationError(
            "staff_group", f"Staff group must be {LONGEST_STAFF_GROUP} characters or fewer"
        )
    return spellings.get(folded(group), group)


def folded(text: str) -> str:
    """For comparing names and paths: no difference of case or of spaces around '>'."""
    parts = (" ".join(part.split()).casefold() for part in text.split(PATH_SEPARATOR))
    return f" {PATH_SEPARATOR} ".join(parts)


def for_a_sheet(text: str) -> str:
    """What someone wrote, as a spreadsheet shows it and never runs it."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA_STARTS) else text
