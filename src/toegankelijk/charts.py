"""Charts of scores, counts and trends as SVG: each with its text alternative, readable in grey print and without colours.

Shapes carry their colours themselves and use no styles or references, so that a chart is the same in a page, a notebook, a PDF.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from toegankelijk import labels

WIDTH = 640
"""Width of a chart, in its own units; a page scales it."""

ROW = 30
"""Height of a row of bars."""

NAMES = 190
"""Width that is kept for the names of rows."""

NUMBERS = 84
"""Width that is kept for numbers at the end of rows."""

INK, GREY, TRACK, BLUE = "#1a1a1a", "#5b6168", "#e3e6ea", "#0b4f8a"
"""Colours of text, of lines, of the whole of a bar, and of what is known."""

SHADES = ("#8f1414", "#c98a2b", "#cfdcea", "#ffffff")
"""Fills of the parts of a bar, the first the most urgent; they differ in grey too."""

HATCHES = ("full", "slant", "dots", "empty")
"""Marks of the parts of a bar, in the order of `SHADES`: the parts differ without any colour."""

LETTERS = 7.0
"""Width of a letter, roughly."""


@dataclass(frozen=True)
class Chart:
    """A drawing with its text alternative; a template and a notebook show it as it is.

    Parameters
    ----------
    svg
        The drawing, with the text alternative as its name.
    text
        What it shows, in sentences.
    """

    svg: str
    text: str

    def __html__(self) -> str:
        """The drawing, for a template."""
        return self.svg

    def _repr_html_(self) -> str:
        """The drawing, for a notebook."""
        return self.svg


@dataclass(frozen=True)
class Bar:
    """A score that is known within bounds.

    Parameters
    ----------
    name
        Of what.
    low, high
        Bounds between 0 and 1; NaN where nothing is known.
    sure
        Whether it rests on enough to be ranked by.
    """

    name: str
    low: float
    high: float
    sure: bool = True


def score_bars(bars: Sequence[Bar], *, lang: str = "nl", title: str = "") -> Chart:
    """Scores between 0 and 100 as bars from the lowest to the highest that they may be.

    Parameters
    ----------
    bars
        What to draw, from top to bottom.
    lang
        Language of numbers and text.
    title
        What the scores are of; begins the text alternative.

    Examples
    --------
    >>> chart = score_bars([Bar("Kerbs", 0.5, 0.75), Bar("Stops", float("nan"), float("nan"))], lang="en", title="Scores")
    >>> chart.text
    'Scores. Kerbs: Score between 50 and 75 out of 100. Stops: No score: no data.'
    """
    left, width = NAMES, WIDTH - NAMES - NUMBERS
    shapes = _scale(left, width, len(bars) * ROW)
    for order, bar in enumerate(bars):
        top, known = order * ROW, not (math.isnan(bar.low) or math.isnan(bar.high))
        shapes += _wrapped(bar.name, top + 19)
        dashes = "" if known else ' stroke-dasharray="4 4"'
        fill = TRACK if known else "none"
        shapes.append(_rect("track", left, top + 8, width, 12, f'fill="{fill}" stroke="{GREY}"{dashes}'))
        if known:
            at, wide = left + bar.low * width, max((bar.high - bar.low) * width, 5.0)
            at = min(at, left + width - wide)
            shapes.append(_rect("span", at, top + 4, wide, 20, f'fill="{BLUE if bar.sure else "#ffffff"}" stroke="{BLUE}"'))
            if not bar.sure:
                shapes.append(_hatch(at, top + 4, wide, 20, "slant", BLUE))
        said = labels.interval(bar.low, bar.high, lang, unit="") if known else "–"
        shapes.append(_text(WIDTH - NUMBERS + 10, top + 19, said, weight="600"))
    said = " ".join(f"{bar.name}: {_score_words(bar, lang)}." for bar in bars)
    return _chart(shapes, len(bars) * ROW + 22, said, title)


def count_bars(rows: Sequence[tuple[str, Sequence[int]]], parts: Sequence[str], *, lang: str = "nl", title: str = "") -> Chart:
    """Counts per row as bars of at most four parts, with what the parts are above them.

    Parameters
    ----------
    rows
        Name, and a count per part.
    parts
        Names of the parts, the most urgent first.
    lang
        Language of numbers.
    title
        What is counted; begins the text alternative.

    Examples
    --------
    >>> chart = count_bars([("Kerbs", [2, 1]), ("Stops", [0, 4])], ["high", "low"], lang="en", title="Bottlenecks")
    >>> chart.text
    'Bottlenecks. Kerbs: 3 (2 high, 1 low). Stops: 4 (0 high, 4 low).'
    """
    if len(parts) > len(SHADES):
        raise ValueError(f"a bar has at most {len(SHADES)} parts, not {len(parts)}")
    left, width = NAMES, WIDTH - NAMES - NUMBERS
    most = max((sum(counts) for _, counts in rows), default=0) or 1
    shapes, at = [], float(left)
    for order, part in enumerate(parts):
        shapes += [*_part(at, 4, 22, order, 14), _text(at + 28, 16, part)]
        at += 28 + LETTERS * len(part) + 24
    for order, (name, counts) in enumerate(rows):
        top, at = 28 + order * ROW, float(left)
        shapes += _wrapped(name, top + 19)
        for place, count in enumerate(counts):
            wide = width * count / most
            if count:
                shapes += _part(at, top + 5, wide, place, 18)
            at += wide
        shapes.append(_text(at + 8, top + 19, _count(sum(counts), lang), weight="600"))
    said = " ".join(f"{name}: {_counts_words(counts, parts, lang)}." for name, counts in rows)
    return _chart(shapes, 28 + len(rows) * ROW, said, title)


def trend_bars(
    moments: Sequence[str],
    series: Mapping[str, Sequence[int]],
    *,
    marks: Sequence[int] = (0, 1, 2, 3),
    lang: str = "nl",
    title: str = "",
) -> Chart:
    """Counts at several moments as columns beside each other, at most four at a moment.

    Parameters
    ----------
    moments
        Names of the moments, the oldest first.
    series
        Per series its counts, one per moment.
    marks
        Which of `SHADES` each series has.
    lang
        Language of numbers.
    title
        What is counted; begins the text alternative.

    Examples
    --------
    >>> chart = trend_bars(["May 2025", "May 2026"], {"open": [70, 61], "urgent": [12, 8]}, lang="en", title="Bottlenecks")
    >>> chart.text
    'Bottlenecks. May 2025: 70 open, 12 urgent. May 2026: 61 open, 8 urgent.'
    """
    if len(series) > len(SHADES):
        raise ValueError(f"at most {len(SHADES)} series go beside each other, not {len(series)}")
    height, floor = 130.0, 176.0
    most = max((max(counts, default=0) for counts in series.values()), default=0) or 1
    step = (WIDTH - 20) / max(len(moments), 1)
    wide = min(step * 0.8 / max(len(series), 1), 44.0)
    shapes, at = [], 10.0
    for order, name in enumerate(series):
        shapes += [*_part(at, 4, 22, marks[order], 14), _text(at + 28, 16, name)]
        at += 28 + LETTERS * len(name) + 24
    for place, moment in enumerate(moments):
        middle = 10 + step * (place + 0.5)
        left = middle - wide * len(series) / 2
        for order, counts in enumerate(series.values()):
            tall = height * counts[place] / most
            if tall:
                shapes += _part(left + order * wide + 1, floor - tall, wide - 2, marks[order], tall)
            number = _count(counts[place], lang)
            shapes.append(_text(left + (order + 0.5) * wide, floor - tall - 5, number, weight="600", anchor="middle"))
        shapes.append(_text(middle, floor + 18, moment, anchor="middle"))
    shapes.append(f'<path d="M10 {_n(floor)}H{WIDTH - 10}" stroke="{INK}"/>')
    said = " ".join(
        f"{moment}: {', '.join(f'{_count(counts[place], lang)} {name}' for name, counts in series.items())}."
        for place, moment in enumerate(moments)
    )
    return _chart(shapes, floor + 26, said, title)


def picture(shapes: Sequence[str], size: tuple[float, float], *, text: str, kind: str = "picture") -> Chart:
    """Shapes that are SVG already, as a drawing with a text alternative."""
    name, (width, height) = escape(_plain(text)), size
    attributes = f'class="{kind}" role="img" aria-label="{name}" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}"'
    return Chart(
        f'<svg xmlns="http://www.w3.org/2000/svg" {attributes} height="{_n(height)}" font-family="system-ui, sans-serif" '
        f'font-size="13"><title>{name}</title>{"".join(shapes)}</svg>',
        text,
    )


def _chart(shapes: Sequence[str], height: float, said: str, title: str) -> Chart:
    return picture(shapes, (WIDTH, height), text=f"{title}. {said}".removeprefix(". ").strip(), kind="chart")


def _scale(left: float, width: float, height: float) -> list[str]:
    """Lines at 0, 25, 50, 75 and 100, with their numbers below."""
    shapes = []
    for mark in range(0, 101, 25):
        at = left + width * mark / 100
        shapes.append(f'<path d="M{_n(at)} 0V{_n(height)}" stroke="#b9bec4"/>')
        shapes.append(_text(at, height + 16, str(mark), anchor="middle", size=11))
    return shapes


def _part(left: float, top: float, wide: float, order: int, tall: float) -> list[str]:
    """A part of a bar, with its fill and its marks."""
    shape = _rect(f"part-{order}", left, top, wide, tall, f'fill="{SHADES[order]}" stroke="{INK}"')
    marks = _hatch(left, top, wide, tall, HATCHES[order], INK)
    return [shape, marks] if marks else [shape]


def _hatch(left: float, top: float, wide: float, tall: float, how: str, colour: str) -> str:
    """Lines or dots within a rectangle, worked out: references to patterns do not print everywhere."""
    if how == "slant":
        path, gap = "", 7.0
        for start in range(1, int((wide + tall) / gap) + 1):
            reach = start * gap
            x1, y1 = max(reach - tall, 0.0), min(reach, tall)
            x2, y2 = min(reach, wide), max(reach - wide, 0.0)
            if x2 > x1:
                path += f"M{_n(left + x1)} {_n(top + y1)}L{_n(left + x2)} {_n(top + y2)}"
        return f'<path d="{path}" stroke="{colour}" stroke-width="1.4" fill="none"/>' if path else ""
    if how == "dots":
        spots = [
            (left + 4 + 7 * i, top + 4 + 7 * j)
            for i in range(int(max(wide - 2, 0) // 7))
            for j in range(int(max(tall - 2, 0) // 7))
        ]
        path = "".join(f"M{_n(x)} {_n(y)}h1.8v1.8h-1.8z" for x, y in spots)
        return f'<path d="{path}" fill="{colour}"/>' if path else ""
    return ""


def _rect(name: str, left: float, top: float, wide: float, tall: float, paint: str) -> str:
    return f'<rect class="{name}" x="{_n(left)}" y="{_n(top)}" width="{_n(wide)}" height="{_n(tall)}" {paint}/>'


def _text(left: float, base: float, said: str, *, weight: str = "400", anchor: str = "start", size: int = 13) -> str:
    paint = f'fill="{INK}" font-weight="{weight}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text x="{_n(left)}" y="{_n(base)}" {paint}>{escape(_plain(said))}</text>'


def _wrapped(name: str, base: float) -> list[str]:
    """A name at the left, in two lines where one is too narrow, and cut where two are."""
    room = int((NAMES - 10) / LETTERS)
    name = _plain(name)
    if len(name) <= room:
        return [_text(0, base, name)]
    cut = name.rfind(" ", 0, room + 1)
    first, rest = (name[:cut], name[cut + 1 :]) if cut > 0 else (name[:room], name[room:])
    rest = rest if len(rest) <= room else rest[: room - 1] + "…"
    return [_text(0, base - 7, first, size=12), _text(0, base + 7, rest, size=12)]


def _score_words(bar: Bar, lang: str) -> str:
    if math.isnan(bar.low) or math.isnan(bar.high):
        return labels.label("report.bar_none", lang)
    ends = labels.interval(bar.low, bar.high, lang, unit="").split("–")
    return labels.label("report.bar" if len(ends) == 2 else "report.bar_one", lang, low=ends[0], high=ends[-1])


def _counts_words(counts: Sequence[int], parts: Sequence[str], lang: str) -> str:
    shares = ", ".join(f"{_count(count, lang)} {part}" for count, part in zip(counts, parts, strict=True))
    return f"{_count(sum(counts), lang)} ({shares})"


def _count(value: int, lang: str) -> str:
    return labels.number(float(value), lang, digits=0)


def _plain(text: str) -> str:
    """Text without control characters and without marks that turn its direction: an SVG is XML, which has none of them."""
    return "".join(mark for mark in str(text) if mark.isprintable() or mark == " ")


def _n(value: float) -> str:
    """A coordinate, in as few digits as are seen."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if "." in f"{value:.2f}" else f"{value:.2f}"
