"""What a cell, a sheet and a list of an Excel workbook can hold: texts made fit for them, without loss in silence."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

MAX_TEXT = 32_767
"""Most characters that a cell can hold, in units of UTF-16."""

CUT = " […]"
"""What a text ends with of which the rest is left out."""

_MAX_NAME = 31
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> tuple[str, bool, bool]:
    """A text as a cell can hold it, whether control characters were replaced by U+FFFD, and whether it was cut.

    Examples
    --------
    >>> clean("a" + chr(11) + "b")
    ('a\ufffdb', True, False)
    >>> text, _, cut = clean("=" * 40_000)
    >>> len(text), text[-6:], cut
    (32767, '== […]', True)
    """
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    sound = _FORBIDDEN.sub("\ufffd", whole)
    if len(sound) <= MAX_TEXT // 2 or shorten(sound, MAX_TEXT) == sound:
        return sound, sound != whole, False
    return shorten(sound, MAX_TEXT - len(CUT)) + CUT, sound != whole, True


def shorten(text: str, most: int) -> str:
    """At most so many units of UTF-16 of a text."""
    return text.encode("utf-16-le", "replace")[: 2 * most].decode("utf-16-le", "ignore")


def sheet_name(text: str, taken: Collection[str] = ()) -> str:
    r"""Name of a sheet as Excel allows it: no ``[]:*?/\``, at most 31 characters, and unlike those that are taken.

    Examples
    --------
    >>> sheet_name("Wegen/Mobiliteit: [2026]"), sheet_name("Codes", ["codes"]), sheet_name("'")
    ('Wegen Mobiliteit 2026', 'Codes 2', 'Sheet')
    """
    plain = " ".join(re.sub(r"[\[\]:*?/\\]", " ", clean(text)[0]).split())
    used = {name.casefold() for name in (*taken, "history")}  # Excel keeps that one for itself
    name, number = shorten(plain.strip("' "), _MAX_NAME).strip("' ") or "Sheet", 1
    first = name
    while name.casefold() in used:
        number += 1
        name = f"{shorten(first, _MAX_NAME - len(f' {number}'))} {number}"
    return name


def distinct(words: Mapping[str, str]) -> dict[str, str]:
    """Words by code, of which no two are the same: a later one has its code behind it.

    Examples
    --------
    >>> distinct({"new": "nieuw", "nieuw": "nieuw"})
    {'new': 'nieuw', 'nieuw': 'nieuw (nieuw)'}
    """
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for code, word in words.items():
        text = clean(word)[0]
        while text.casefold() in taken:
            text = f"{text} ({clean(code)[0]})"
        chosen[code] = text
        taken.add(text.casefold())
    return chosen
