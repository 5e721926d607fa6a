"""Timecodes: what an editor calls a clip's first frame, such as 10:00:00:00 (SMPTE ST 12-1)."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["later"]

_CODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d+)")


def later(code: str, seconds: float, rate: Fraction) -> str | None:
    """The timecode of the frame that is shown so many seconds after that of `code`.

    Args:
        code: hours:minutes:seconds:frames; with ; or . before the frames it drops numbers, so that
            it keeps the clock's time at 29.97 and 59.94 frames a second.
        seconds: 0 or more.
        rate: frames a second.

    Returns:
        It is counted past midnight from 0. None where `code` is no timecode.
    """
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    hours, minutes, whole, frames = (int(found[i]) for i in (1, 2, 3, 5))
    each = max(round(rate), 1)  # numbers a second
    # The first numbers of each minute, but of each tenth, aren't given to frames.
    dropped = round(each / 15) if found[4] != ":" and each % 30 == 0 else 0
    minutes += 60 * hours
    number = (60 * minutes + whole) * each + frames - dropped * (minutes - minutes // 10)
    number += round(seconds * rate)
    minute, ten = 60 * each - dropped, 600 * each - 9 * dropped
    tens, rest = divmod(number % (144 * ten), ten)
    passed = max(rest - dropped, 0) // minute  # the first of ten minutes is longer
    number = tens * 600 * each + rest + dropped * passed
    whole, frames = divmod(number, each)
    hours, minutes, whole = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours:02}:{minutes:02}:{whole:02}{found[4]}{frames:02}"
