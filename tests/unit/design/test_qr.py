"""QR codes as drawings."""

from __future__ import annotations

import re

import pytest
import segno

from surveyapp.design.qr import qr_code


@pytest.mark.parametrize(
    "address", ["https://pulse.example.org/o/2345678", "http://127.0.0.1:8000/o/bcdfghj"]
)
def test_the_drawing_is_the_code_with_its_quiet_margin(address: str) -> None:
    code = qr_code(address)
    drawn = [[0] * code.size for _ in range(code.size)]
    bars = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", code.path)
    for x, y, length, back in ((int(a), int(b), int(c), int(d)) for a, b, c, d in bars):
        assert length == back
        for place in range(x, x + length):
            drawn[y][place] = 1
    expected = [list(row) for row in segno.make_qr(address, error="q").matrix_iter(border=4)]
    assert drawn == expected
    assert not any(map(any, drawn[:4] + drawn[-4:]))


def test_an_address_fits_a_code_that_a_phone_can_read_from_afar() -> None:
    assert qr_code("https://pulse.longish-name-of-a-trust.nhs.uk/o/2345678").size <= 49
