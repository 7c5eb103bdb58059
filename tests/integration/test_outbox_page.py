"""The outbox, where mails wait to be read when there is no mail server."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from flask import Flask

from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs, outbox
from tests.conftest import SignIn, on_sqlite
from tests.factories import waves as made
from tests.factories.organisation import Organisation
from tests.support.client import CheckingClient


@on_sqlite
def test_the_outbox_is_for_administrators(planner: CheckingClient, sign_in: SignIn) -> None:
    assert planner.get("/pulses/outbox").status_code == 403
    admin = sign_in(RoleName.ADMINISTRATOR)
    assert admin.get("/pulses/outbox").status_code == 200
    assert "/pulses/outbox" in admin.get("/").text
    assert "/pulses/outbox" not in planner.get("/").text


@on_sqlite
@pytest.mark.usefixtures("smtp")
def test_with_a_mail_server_there_is_no_outbox(sign_in: SignIn) -> None:
    admin = sign_in(RoleName.ADMINISTRATOR)
    assert admin.get("/pulses/outbox").status_code == 404
    assert "/pulses/outbox" not in admin.get("/").text


def kept_mail(directory: Path, name: str, content: bytes, *, age: int = 0) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))


@pytest.fixture
def kept(app: Flask) -> Path:
    return Path(app.instance_path) / "outbox"


@pytest.fixture
def admin(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.ADMINISTRATOR)


@on_sqlite
def test_an_empty_outbox(admin: CheckingClient) -> None:
    assert "There is no e-mail yet" in admin.get("/pulses/outbox").text


@on_sqlite
def test_sent_mails_can_be_read_and_their_links_followed(
    admin: CheckingClient, client: CheckingClient, trust: Organisation
) -> None:
    wave = made.open_wave([trust.root], title="Café <b> pulse")
    jobs.send_mail(wave.id)
    first = admin.get("/pulses/outbox")
    assert "46 e-mails, page 1 of 3" in first.text
    assert "Trust: Café &lt;b&gt; pulse" in first.text and "@staff.example" in first.text
    seen = set()
    for page in (1, 2, 3):
        text = admin.get(f"/pulses/outbox?page={page}").text
        seen |= set(re.findall(r'href="https://pulse.example.org(/a/[^"]+)"', text))
    assert len(seen) == 46
    assert client.head(seen.pop()).status_code == 200


@pytest.mark.parametrize("page", ["0", "-5", "99", "9" * 400, "x", ""])
@on_sqlite
def test_any_page_number_shows_a_page(page: str, admin: CheckingClient, kept: Path) -> None:
    kept_mail(kept, "1.log", b"To: a@staff.example\n\nHello\n")
    assert "Hello" in admin.get("/pulses/outbox", query_string={"page": page}).text


@on_sqlite
def test_odd_files_do_no_harm(admin: CheckingClient, kept: Path) -> None:
    end = b"\n" + b"-" * 79 + b"\n"
    kept_mail(kept, "good.log", b"To: good@staff.example\nSubject: Hi\n\nHello" + end, age=9)
    kept_mail(kept, "two.log", (b"To: x@staff.example\n\nOne" + end) * 2, age=8)
    kept_mail(kept, "empty.log", b"")
    kept_mail(kept, "half.log", b"To: half@staff.example\nSub")
    kept_mail(kept, "cut.log", b"To: cut@staff.example\nSubject: =?utf-8?q?caf")
    kept_mail(kept, "noise.log", bytes(range(256)) * 300)
    kept_mail(kept, "charset.log", b"To: c@staff.example\nSubject: =?none?q?x?=\n"
              b"Content-Type: text/plain; charset=none\n\nOdd \xff letters" + end)
    kept_mail(kept, "base64.log", b"To: d@staff.example\nContent-Transfer-Encoding: base64\n\n???")
    kept_mail(kept, "parts.log", b"To: e@staff.example\nContent-Type: multipart/mixed\n\nx")
    kept_mail(kept, "evil.log", b"To: <script>@x\n\n<script>alert(1)</script>" + end)
    kept_mail(kept, "link.log", b"To: f@staff.example\n\nhttps://elsewhere.example/a/b" + end)
    kept_mail(kept, "notes.txt", b"To: notes@staff.example\n\nNot a mail of ours")
    (kept / "folder.log").mkdir()
    (kept / "dangling.log").symlink_to(kept / "gone")
    (kept / "outside.log").symlink_to("/etc/passwd")
    page = admin.get("/pulses/outbox").text
    assert "good@staff.example" in page and page.count("x@staff.example") >= 2
    assert "notes@staff.example" not in page and "root:" not in page
    assert "<script>alert" not in page and 'href="https://elsewhere' not in page


@on_sqlite
def test_an_outbox_that_cannot_be_read_is_empty(admin: CheckingClient, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("a file where the folder should be")
    assert "There is no e-mail yet" in admin.get("/pulses/outbox").text


def test_the_newest_mails_come_first(tmp_path: Path) -> None:
    for number in range(300):
        kept_mail(tmp_path, f"{number % 7}-{number}.log", b"To: p%d@x\n\nHi" % number, age=number)
    page = outbox.read_page(tmp_path, number=2, size=20)
    assert [mail.to for mail in page.mails] == [f"p{number}@x" for number in range(20, 40)]
    assert (page.pages, page.total) == (15, 300)
