"""Many clients at once, in one small process of their own: each sends one form after another.

Started as `python -m benchmarks.crowd PORT CLIENTS`: reads a JSON list of [path, body] pairs from its input,
and writes the seconds that each took, and the status that came back, as JSON. It speaks HTTP itself,
for a library would cost as much as the server that is measured.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.serving import HEADERS
from surveyapp.config import PROJECT_ROOT


@dataclass(frozen=True)
class Sent:
    """`seconds` are those of the whole, `taken` those of each form."""

    seconds: float
    taken: list[float]
    statuses: list[int]

    @property
    def rate(self) -> float:
        return len(self.taken) / self.seconds


def send(port: int, forms: Sequence[tuple[str, str]], *, clients: int) -> Sent:
    """Have so many clients send these forms, each form once."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.crowd", str(port), str(clients)],
        input=json.dumps(forms),
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return Sent(**json.loads(done.stdout))


async def _all(port: int, clients: int, forms: list[tuple[str, str]]) -> Sent:
    requests = [_request(path, body) for path, body in forms]
    waiting = iter(requests)
    taken: list[float] = []
    statuses: list[int] = []

    async def client() -> None:
        for request in waiting:
            start = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            answer = await reader.read(-1)
            writer.close()
            taken.append(time.perf_counter() - start)
            statuses.append(int(answer[9:12] or 0))

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Sent(time.perf_counter() - start, taken, statuses)


def _request(path: str, body: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", body]).encode()


if __name__ == "__main__":
    made = asyncio.run(_all(int(sys.argv[1]), int(sys.argv[2]), json.load(sys.stdin)))
    json.dump({"seconds": made.seconds, "taken": made.taken, "statuses": made.statuses}, sys.stdout)
