"""`python -m surveyapp.disclosure audit FILE.json`: try the gate on an organisation."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from surveyapp.disclosure import audit

_EXAMPLE = """\
The file describes who answered:

  {"k": 10,
   "units": [{"id": "trust", "parent": null}, {"id": "maple", "parent": "trust"}],
   "respondents": [{"unit": "maple", "group": "Nursing"}, ...]}

"group" is the respondent's place in the one breakdown of the organisation, such as a staff group;
leave it out where there is none. With "published_units" and "published_groups" in the file, that
choice is audited instead of the gate's own: so the output of another tool can be tried.

Prints {"published_units", "published_groups", "derivable_below_k"} as JSON; the last names a crowd
of fewer than k people whose figures follow, and the figures that give it away.

Exit codes: 0 nothing below k follows, 1 something does, 2 the file cannot be used.
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m surveyapp.disclosure",
        description="Disclosure control on an organisation described in a file.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    auditing = commands.add_parser(
        "audit",
        help="what would be shown, and whether anything about fewer than k people follows",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    auditing.add_argument("file", metavar="FILE.json", help="the description, or - for standard input")
    options = parser.parse_args(arguments)
    try:
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text("utf-8-sig")
        found = audit.audit(audit.read(text))
    except OSError as error:
        return _refuse(f"{options.file} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        return _refuse(f"{options.file} is not UTF-8 text.")
    except ValueError as error:
        return _refuse(str(error))
    print(json.dumps(found, indent=2))
    return 1 if found["derivable_below_k"] else 0


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
