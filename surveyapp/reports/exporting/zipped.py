"""Office files are ZIP archives that tell when they were written, to the second. These do not."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")

#: The earliest that a ZIP archive can say.
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def dated(content: bytes, day: date) -> bytes:
    """The same archive, written on that day, as are the workbooks inside it."""
    moment = rb"\g<1>" + f"{day.isoformat()}T00:00:00Z".encode() + rb"\g<2>"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for part in before.infolist():
            held = before.read(part)
            if part.filename.endswith(".xlsx"):
                held = dated(held, day)
            elif part.filename.endswith("docProps/core.xml"):
                held = _MOMENT.sub(moment, held)
            after.writestr(zipfile.ZipInfo(part.filename, _EARLIEST), held, zipfile.ZIP_DEFLATED)
    return out.getvalue()
