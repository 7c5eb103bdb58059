"""Requests that no browser of ours would send: parts of them, drawn from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

from bs4 import BeautifulSoup, Tag

#: Must never come back as it is: one in a page, the other as a header.
SCRIPT = "<script>zq</script>"
HEADER = "X-Zq"

#: Where a name, a number, a day or a choice is expected.
JUNK: tuple[str, ...] = (
    *("", " ", "0", "-1", "1.5", "1e309", "NaN", "-0", "0x10", "1_000", "+1", "007"),
    *("999999999", str(2**31), str(2**63 - 1), str(2**63), str(2**64), "9" * 400, "-" + "9" * 30),
    # Digits that are none to ASCII; some are to `int`, some only to `isdigit`.
    *("٣", "１２", "²", "Ⅳ"),
    *("\0", "a\0b", "\ud800", "\u202e\u2066", "é’—", "😀" * 40, "\ufeff", "\x1b[0m", "a\nb\rc"),
    *("';--", '"', "\\", "%", "%s%n", "${7*7}", "{{7*7}}", "((first name))", SCRIPT, f'"><{SCRIPT}'),
    *("../../etc/passwd", "//evil.example", "https://evil.example/", f"a\r\n{HEADER}: 1"),
    *("null", "None", "true", "[]", "{}", "=1+1", "a" * 300, "a " * 3000),
    *("2026-13-45", "9999-12-31", "0000-00-00", "2027-02-30", "31", "13", "10000", "99999999999"),
    *("own-", "own-1", "own-99999999999999999999", "a@b", "x@example.org\n", "@", "*", "_%"),
)

#: Where a part of a path is expected, as it stands on the line.
_RAW_PARTS = (
    *("%", "%zz", "%ff%fe", "%c0%af", "%00", "..%2f..", "%2e%2e", ";a=b", "%0d%0aX-Zq:%201"),
    *("%F0%9F%98%80", "%252e", "%5c"),
)

_METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "POST", "GET", "get", "ZQ")

_QUERY_NAMES = (
    *("page", "year", "unit", "topic", "wave", "below", "factor", "like", "pick", "after", "by", "sort"),
    *("subtheme", "q", "stance", "language", "next", "lang", "status", "person", "action", "scale"),
)

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "HTTP_COOKIE": ("learning_pulse=x", "=", ";;;", "learning_pulse=.eJx.a.b", "a" * 5000, "\xff=\xfe"),
    "HTTP_ACCEPT_LANGUAGE": ("cy;q=a", "*" * 500, "en;q=9e9,,", "\xff", "cy-", ";"),
    "HTTP_ACCEPT": ("application/json", "*/*;q=-1", "text/html;;", ""),
    "HTTP_RANGE": ("bytes=0-0", "bytes=-1", "bytes=9-1", "bytes=a-b", "items=1", "bytes=" + "0-1," * 50),
    "HTTP_IF_NONE_MATCH": ('"', "*", 'W/"a', ","),
    "HTTP_IF_MODIFIED_SINCE": ("yesterday", "Thu, 99 Foo 9999 99:99:99 GMT", "0"),
    "HTTP_X_FORWARDED_FOR": ("a, b, c", "'", "999.999.999.999", "::"),
    "HTTP_X_FORWARDED_PROTO": ("javascript", "https, http", ""),
    "HTTP_X_FORWARDED_HOST": ("evil.example", "a b", ":"),
    "HTTP_X_FORWARDED_PREFIX": ("/evil", "//evil.example"),
    "HTTP_X_CSRFTOKEN": ("x", "\xff"),
    "HTTP_REFERER": ("javascript:1", "\xff", "http://["),
    "HTTP_AUTHORIZATION": ("Basic x", "Basic OjpAQA==", "Bearer", "\xff"),
    "HTTP_AUTHENTICATION_TOKEN": ("x", "\xff"),
    "HTTP_HOST": ("evil.example", "a b", "[::1", "localhost:99999", "", "x" * 300, "..", "\xff"),
    "HTTP_ACCEPT_ENCODING": ("gzip;q=x", "gzip, gzip", "*"),
    "HTTP_ORIGIN": ("null", "https://evil.example"),
    "HTTP_X_REQUESTED_WITH": ("XMLHttpRequest",),
    "HTTP_METHOD_OVERRIDE": ("DELETE",),
    "HTTP_EXPECT": ("100-continue", "the unexpected"),
}


@dataclass(frozen=True)
class Sent:
    """One request as it arrives. `target` is raw; `cookie` that of who sends it."""

    method: str
    target: str
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookie: str = ""
    content_length: str | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def environ(self) -> dict[str, Any]:
        """What a web server makes of it."""
        path, _, query = self.target.partition("?")
        made: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "RAW_URI": self.target,
            "REQUEST_URI": self.target,
            "QUERY_STRING": query.encode("utf-8", "replace").decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(self.body),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if self.cookie:
            made["HTTP_COOKIE"] = self.cookie
        if self.content_type:
            made["CONTENT_TYPE"] = self.content_type
        length = str(len(self.body)) if self.content_length is None else self.content_length
        if length != "0" or self.method in {"POST", "PUT", "PATCH"}:
            made["CONTENT_LENGTH"] = length
        return {**made, **self.headers}


Pair = tuple[str, str]


@dataclass(frozen=True)
class PageForm:
    """A form as it stands on a page. `choices` are the values that a field offers, if it does."""

    method: str
    action: str
    filled: tuple[Pair, ...]
    choices: Mapping[str, tuple[str, ...]]
    buttons: tuple[Pair, ...]
    files: tuple[str, ...]


def forms_of(page: bytes, path: str) -> list[PageForm]:
    """All forms of a page but those that sign out."""
    soup = BeautifulSoup(page, "html.parser")
    found = [_form(form, path) for form in soup.find_all("form")]
    return [form for form in found if form.action != "/sign-out"]


def _form(form: Tag, path: str) -> PageForm:
    filled: list[Pair] = []
    choices: dict[str, list[str]] = {}
    buttons, files = [], []
    for tag in form.find_all(["input", "select", "textarea", "button"]):
        name, kind = str(tag.get("name", "")), str(tag.get("type", "text"))
        if not name:
            continue
        value = str(tag.get("value", ""))
        if tag.name == "button":
            buttons.append((name, value))
        elif kind == "file":
            files.append(name)
        elif kind in {"radio", "checkbox"}:
            choices.setdefault(name, []).append(value)
        elif tag.name == "select":
            choices[name] = [str(option.get("value", option.get_text())) for option in tag.find_all("option")]
        else:
            filled.append((name, tag.get_text() if tag.name == "textarea" else value))
    return PageForm(
        method=str(form.get("method", "get")).upper(),
        action=str(form.get("action") or path),
        filled=tuple(filled),
        choices={name: tuple(offered) for name, offered in choices.items()},
        buttons=tuple(buttons),
        files=tuple(files),
    )


class Draw:
    """Parts of one request, all from one seed."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def one_in(self, times: float) -> bool:
        return self.chance.random() < 1 / times

    def junk(self) -> str:
        if self.one_in(6):
            letters = [chr(code) for code in (*range(1, 256), 0x300, 0x1F600)]
            return "".join(self.chance.choices(letters, k=self.chance.randint(1, 30)))
        return self.chance.choice(JUNK)

    def part(self, good: Sequence[str], *, spoilt: float) -> str:
        """A part of a path: one that is there, or nothing of the kind."""
        if good and self.chance.random() >= spoilt:
            return quote(self.chance.choice(good), safe="")
        if self.one_in(3):
            return self.chance.choice(_RAW_PARTS)
        words = self.junk()
        if good and self.one_in(3):
            close = self.chance.choice(good)
            words = self.chance.choice([close.upper(), close.lower(), f"{close} ", close[:-1], close * 2])
        return quote(words.encode("utf-8", "surrogatepass"), safe="") or "%20"

    def method(self, declared: Sequence[str]) -> str:
        return self.chance.choice(_METHODS) if self.one_in(8) else self.chance.choice(sorted(declared))

    def query(self) -> str:
        """A query string; often none."""
        if not self.one_in(2):
            return ""
        if self.one_in(8):
            odd = ["&&=&", "%", "a=%ff", "=" * 50, "page", "a[]=1&a[b]=2", "?", "page=1;page=2"]
            return "?" + self.chance.choice(odd)
        names = [self.chance.choice(_QUERY_NAMES) for _ in range(self.chance.randint(1, 4))]
        return "?" + encoded([(name, self.junk()) for name in names])

    def headers(self) -> dict[str, str]:
        """Odd headers; mostly none."""
        if not self.one_in(6):
            return {}
        names = self.chance.sample(sorted(_HEADERS), self.chance.randint(1, 3))
        return {name: self.chance.choice(_HEADERS[name]) for name in names}

    def filled_in(self, form: PageForm) -> list[Pair]:
        """What someone might send with it, of the kind that each field expects."""
        pairs = [(name, value or self._words(name)) for name, value in form.filled]
        for name, offered in form.choices.items():
            if offered:
                many = 1 if self.one_in(2) else self.chance.randint(0, min(3, len(offered)))
                pairs += [(name, value) for value in self.chance.sample(offered, many)]
        if form.buttons:
            pairs.append(self.chance.choice(form.buttons))
        return pairs

    def _words(self, name: str) -> str:
        if name.endswith(("day", "month")):
            return str(self.chance.randint(1, 12))
        if name.endswith("year"):
            return self.chance.choice(["2026", "2027", "2028"])
        if "email" in name or "address" in name:
            return self.chance.choice(["new.person@staff.example", "maple.0@staff.example"])
        return self.chance.choice(["", "7", "A ward round that people can learn from", "Maple", "2027-03-01"])

    def spoilt(self, pairs: list[Pair]) -> list[Pair]:
        """One to three fields bent, doubled, left out or put in. The form's token stays."""
        pairs = list(pairs)
        for _ in range(self.chance.choice((0, 1, 1, 1, 2, 3))):
            places = [n for n, (name, _) in enumerate(pairs) if name != "csrf_token"]
            if not places:
                break
            place = self.chance.choice(places)
            name, value = pairs[place]
            match self.chance.randrange(6):
                case 0 | 1 | 2:
                    pairs[place] = (name, self.junk())
                case 3:
                    pairs.append((name, self.chance.choice([value, self.junk()])))
                case 4:
                    del pairs[place]
                case _:
                    new = self.chance.choice([f"{name}-0", f"{name}[]", self.junk(), "go"])
                    pairs.append((new, self.junk()))
        return pairs

    def body(self, pairs: Sequence[Pair], files: Sequence[str]) -> tuple[bytes, str]:
        """These fields as a body and its type, mostly as a browser sends them."""
        if files and not self.one_in(6):
            return _multipart(pairs, [(name, *self._file()) for name in files])
        match self.chance.randrange(14):
            case 0:
                return _multipart(pairs, [("file", *self._file())])
            case 1:
                whole, kind = _multipart(pairs, [])
                return whole[: self.chance.randrange(len(whole) + 1)], kind
            case 2:
                return json.dumps(dict(pairs)).encode(), "application/json"
            case 3:
                odd = (b"[" * 50_000, b'{"a":' * 5_000, b"null", b"{", b"\xff", b'"\\ud800"')
                return self.chance.choice(odd), "application/json"
            case 4:
                return encoded(pairs).encode() + b"&\xff\xfe=%ff&%zz=%", _URLENCODED
            case 5:
                return encoded(pairs).encode(), self.chance.choice(_KINDS)
            case 6 if self.one_in(3):
                return encoded([*pairs, *((f"f{n}", "") for n in range(2_000))]).encode(), _URLENCODED
            case 6 if self.one_in(2):
                return encoded([*pairs, ("large", "a" * 600_000)]).encode(), _URLENCODED
        return encoded(pairs).encode(), _URLENCODED

    def length(self, body: bytes) -> str | None:
        """A wrong Content-Length; nearly always None, which is the right one."""
        if not self.one_in(40):
            return None
        near = [str(len(body) + 9), str(len(body) // 2)]
        return self.chance.choice(["", "-1", "a", "9" * 30, "99999999", *near])

    def _file(self) -> tuple[str, bytes]:
        name = self.chance.choice(["staff.csv", "", "../../x", "a\0b", "é.yaml", "x" * 300])
        return name, self.chance.choice(_FILES)


_URLENCODED = "application/x-www-form-urlencoded"

_KINDS = (
    *("text/plain", "text/csv", "application/xml", "x", ";", "\xff", f"{_URLENCODED}; charset=utf-7"),
    *("multipart/form-data", "multipart/form-data; boundary="),
)

_FILES: tuple[bytes, ...] = (
    b"",
    b"email,unit,staff_group\nnew@staff.example,Maple,Nursing\n",
    b"email,unit,staff_group,status\nmaple.0@staff.example,Oak,Nursing,away\nx,Nowhere,,\n",
    b"email;unit\n\xff\xfe\x00",
    b"\xef\xbb\xbfemail,unit,staff_group\r\n" + b"a@b.example,\"Maple\n,x\r\n" * 3,
    b"email,unit,staff_group\n" + b"a" * 300 + b"@b.example," + b"u > " * 60 + b"u,\x00\n",
    b"title: A\nquestions: monthly_pulse_5\nevery: month\nfirst: 2027-03-01\n",
    b"title: [1, {a: *b}]\nfirst: 99999999999-01-01\nevery: 5\n",
    b"title: A\nfirst: 9999-12-31\nevery: month\nquestions: [monthly_pulse_5, 3, null]\nopen_days: 1e400\n",
    b"a: &a [*a]\n",
    b"!!python/object/apply:os.system [x]\n",
    b"- " * 3_000,
    b"PK\x03\x04" + b"\0" * 100,
)


def encoded(pairs: Sequence[Pair]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(words: str) -> str:
    return quote_plus(words.encode("utf-8", "surrogatepass"))


def _multipart(pairs: Sequence[Pair], files: Sequence[tuple[str, str, bytes]]) -> tuple[bytes, str]:
    lines = []
    for name, value in pairs:
        head = f'Content-Disposition: form-data; name="{name}"\r\n\r\n'
        lines.append((head + value).encode("utf-8", "surrogatepass"))
    for name, filename, content in files:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        lines.append(f"{head}Content-Type: text/csv\r\n\r\n".encode() + content)
    body = b"".join(b"--zq\r\n" + line + b"\r\n" for line in lines) + b"--zq--\r\n"
    return body, "multipart/form-data; boundary=zq"
