"""What an address to sign in with must look like, on the page and on the command line alike."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email


class AddressError(ValueError):
    """Not an e-mail address. The message says what to do."""


def checked_address(text: str) -> str:
    """The address in its usual spelling. Asks no name server. Raises AddressError."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise AddressError("Enter an e-mail address, like name@example.nhs.uk") from None
    return checked.normalized
