"""What the papers for services share: frames, names, amounts."""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from toegankelijk import labels, pages
from toegankelijk.labels import label
from toegankelijk.reports.facts import Facts


def write_page(path: Path, template: str, facts: Facts, *, lang: str, title: str, **context: Any) -> Path:
    """Write one paper: its template in the frame that all papers share, with a way back to the page that lists them."""
    trail = [{"href": "index.html", "text": label("paper.index_short", lang)}, {"href": "", "text": title}]
    trail = [] if path.name == "index.html" else trail
    foot = {key: str(facts.run.get(key, "")) for key in ("norm", "hash", "date", "version", "attribution")}
    page = pages.fill_template(f"papers/{template}", lang, title=title, trail=trail, foot=foot, **context)
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def page_title(path: Path) -> str:
    """The title of a page that was written."""
    found = re.search(r"<title>(.*?)</title>", path.read_text("utf-8"), flags=re.DOTALL)
    return html.unescape(found[1]) if found else path.stem


def file_stem(*parts: str, taken: Collection[str] = ()) -> str:
    """Name for a file, of plain letters and figures, unlike those that are taken.

    Examples
    --------
    >>> file_stem("letter", "Dienst Wégen & Groen"), file_stem("letter", "../x", taken=["letter-x"])
    ('letter-dienst-wegen-groen', 'letter-x-2')
    """
    plain = unicodedata.normalize("NFKD", "-".join(parts)).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "paper"
    return next(name for n in range(1, len(taken) + 2) if (name := f"{stem}-{n}" if n > 1 else stem) not in taken)


def euros(low: float, high: float, lang: str) -> str:
    """An amount, or the amounts between which it lies; nothing where it is not known.

    Examples
    --------
    >>> euros(1000, 4000, "en"), euros(500, 500, "en"), euros(float("nan"), 4, "en")
    ('€1,000 to €4,000', '€500', '')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    ends = [labels.money(float(end), lang) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else label("sheet.from_to", lang, low=ends[0], high=ends[1])


def listed(cell: object, named: Mapping[str, str] | None = None, *, most: int = 4, lang: str = "nl") -> str:
    """What stands in a cell with ``|`` between, by name and with commas; of many the first, and how many more.

    Examples
    --------
    >>> listed("a|b|c", {"a": "A"}), listed("a|b|c", most=1, lang="en")
    ('A, b, c', 'a and 2 more')
    """
    parts = [part for part in str(cell).split("|") if part]
    names = [(named or {}).get(part, part) for part in parts]
    if len(names) <= most:
        return ", ".join(names)
    return label("paper.and_more", lang, shown=", ".join(names[:most]), count=len(names) - most)


def joined(parts: Sequence[str], lang: str) -> str:
    """Words as a list in a sentence.

    Examples
    --------
    >>> joined(["a", "b", "c"], "en")
    'a, b and c'
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {label('paper.and', lang)} {parts[-1]}"
