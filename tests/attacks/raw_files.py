"""Reading the files of a database as they lie on a disk, beneath what its tables say."""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveyapp.extensions import db
from tests.support.servers import PostgresCluster

_HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")

#: Voucher hash and ballot id.
Pairs = dict[str, str]


# ---------------------------------------------------------------- PostgreSQL


@dataclass(frozen=True, slots=True)
class HeapRow:
    """A version of a row, dead or alive. `place` is where it lies."""

    place: tuple[int, int]
    xmin: int
    data: bytes


def heap(cluster: PostgresCluster, table: str) -> list[HeapRow]:
    """Every version of every row that the pages of a table still hold, in the order of lying."""
    with cluster.connect(str(db.engine.url.database)) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pageinspect")
        rows = connection.execute(
            "SELECT page, lp, t_xmin::text::bigint, t_data"
            " FROM generate_series(0, pg_relation_size(%(table)s::text::regclass) / 8192 - 1) AS page,"
            " heap_page_items(get_raw_page(%(table)s::text, page::int)) WHERE t_data IS NOT NULL"
            " ORDER BY page, lp",
            {"table": table},
        ).fetchall()
    return [HeapRow((page, line), xmin, bytes(data)) for page, line, xmin, data in rows]


def pairs_by_transaction(vouchers: Sequence[HeapRow], ballots: Sequence[HeapRow]) -> Pairs:
    """A voucher and a ballot that one transaction wrote, if it wrote just one of each."""
    hashes, ids = _by_transaction(vouchers, _HASH), _by_transaction(ballots, _ID)
    return {
        hashes[xmin][0]: ids[xmin][0]
        for xmin in hashes.keys() & ids.keys()
        if len(hashes[xmin]) == len(ids[xmin]) == 1
    }


def pairs_by_place(vouchers: Sequence[HeapRow], ballots: Sequence[HeapRow]) -> Pairs:
    """The nth voucher that was written anew with the nth ballot.

    All vouchers were written at first in one transaction; the place of an old version is used
    again, so this is a guess, where the number of the transaction is none.
    """
    hashes = _by_transaction(vouchers, _HASH)
    again = [row for row in vouchers if len(hashes[row.xmin]) == 1]
    written = [found.decode() for row in again for found in _HASH.findall(row.data)]
    cast = [found.decode() for row in ballots for found in _ID.findall(row.data)]
    return dict(zip(written, cast, strict=False))


def _by_transaction(rows: Iterable[HeapRow], pattern: re.Pattern[bytes]) -> Mapping[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row.xmin] += [match.decode() for match in pattern.findall(row.data)]
    return found


# ---------------------------------------------------------------- SQLite


def log_transactions(wal: bytes) -> Iterator[list[bytes]]:
    """The pages of each transaction in a write-ahead log, old ones behind the end included."""
    if len(wal) < 32:
        return
    size = struct.unpack(">I", wal[8:12])[0]
    pages: list[bytes] = []
    for start in range(32, len(wal) - 24 - size + 1, 24 + size):
        commits = struct.unpack(">I", wal[start + 4 : start + 8])[0]
        pages.append(wal[start + 24 : start + 24 + size])
        if commits:
            yield pages
            pages = []


def pairs_in_log(wal: bytes, hashes: Iterable[str], ids: Iterable[str]) -> Pairs:
    """A voucher that changed and a ballot that came in the same transaction."""
    wanted, new = [h.encode() for h in hashes], {i.encode() for i in ids}
    headers: dict[bytes, bytes] = {}
    pairs: Pairs = {}
    for pages in log_transactions(wal):
        changed, come = set(), set()
        for page in pages:
            for wanted_hash in wanted:
                place = page.find(wanted_hash)
                # The kind of each column stands right before the first one: 'spent' is 8 or 9.
                header = page[place - 4 : place]
                if place < 0 or headers.get(wanted_hash) == header:
                    continue
                if wanted_hash in headers:
                    changed.add(wanted_hash)
                headers[wanted_hash] = header
            come |= {ballot for ballot in new if ballot in page}
        new -= come
        if len(changed) == len(come) == 1:
            pairs[changed.pop().decode()] = come.pop().decode()
    return pairs


def orders_in_pages(files: Iterable[bytes], ids: Iterable[str], *, size: int = 4096) -> list[list[str]]:
    """Page by page the ids that lie on it, in the order of lying: SQLite fills a page from its end."""
    wanted = {each.encode() for each in ids}
    orders = []
    for contents in files:
        for start in range(0, len(contents), size):
            page = contents[start : start + size]
            places = {place: each for each in wanted if (place := page.rfind(each)) >= 0}
            orders.append([places[place].decode() for place in sorted(places, reverse=True)])
    return [order for order in orders if order]
