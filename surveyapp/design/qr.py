"""QR codes as one SVG path, which prints sharply at any size."""

from __future__ import annotations

from dataclasses import dataclass

import segno

#: The standard asks for a quiet margin of four modules.
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class QrCode:
    """`size` is the side of the drawing in modules, its margin included; `path` its dark parts."""

    size: int
    path: str

    @property
    def svg(self) -> str:
        """The drawing as a file of its own."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.size} {self.size}" '
            f'shape-rendering="crispEdges"><rect width="{self.size}" height="{self.size}" fill="#fff"/>'
            f'<path d="{self.path}" fill="#000"/></svg>'
        )


def qr_code(address: str) -> QrCode:
    """The code of an address. A quarter of it may be torn or dirty and it can still be read."""
    code = segno.make_qr(address, error="q")
    rows = [list(row) for row in code.matrix_iter(border=_MARGIN)]
    return QrCode(len(rows), "".join(_runs(rows)))


def _runs(rows: list[list[int]]) -> list[str]:
    """A bar for each run of dark modules in a row, so that no hairline parts them in print."""
    bars = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                bars.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length or 1
    return bars
