"""All that a Redis holds, as one heap of bytes to search."""

from __future__ import annotations

import zlib
from typing import Any

from redis import Redis


def everything_in(redis: Redis) -> bytes:
    """Every key and every value of every database, unpacked where RQ packs them."""
    heap: list[bytes] = []
    for key in redis.scan_iter("*", count=1000):
        heap.append(key)
        heap += _flat(_value(redis, key))
    return b"\n".join(heap)


def _value(redis: Any, key: bytes) -> Any:
    match redis.type(key):
        case b"string":
            return redis.get(key)
        case b"hash":
            return redis.hgetall(key)
        case b"list":
            return redis.lrange(key, 0, -1)
        case b"set":
            return redis.smembers(key)
        case b"zset":
            return redis.zrange(key, 0, -1)
        case b"stream":
            return [fields for _, fields in redis.xrange(key)]
        case other:
            raise AssertionError(f"A Redis value of kind {other!r} cannot be searched.")


def _flat(value: Any) -> list[bytes]:
    if isinstance(value, dict):
        return [part for pair in value.items() for each in pair for part in _flat(each)]
    if isinstance(value, (list, set, tuple)):
        return [part for each in value for part in _flat(each)]
    raw = value if isinstance(value, bytes) else str(value).encode()
    try:
        return [raw, zlib.decompress(raw)]  # jobs and tracebacks
    except zlib.error:
        return [raw]
