"""What the processor can do that the network's speed rests on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

#: Instructions that add up products of 8-bit numbers in 32 bits (VNNI), as Linux names them.
_EXACT = {"avx512_vnni", "avx_vnni"}

_LINUX = Path("/proc/cpuinfo")


@cache
def sums_bytes_exactly(description: Path = _LINUX) -> bool:
    """Whether sums of products of 8-bit numbers are quick and exact.

    x86 processors without VNNI add pairs of them in 16 bits, which overflow. `description` is
    Linux's of its processors; where there is none the answer is no, which is always safe.
    """
    try:
        lines = description.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags = [set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")]
    return bool(flags) and all(not _EXACT.isdisjoint(each) for each in flags)
