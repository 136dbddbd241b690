"""How results show themselves in a notebook: a heading, a few facts, charts, and the first rows of their tables.

Everything is text: markup, scripts and formulas in the data stay what they are. Columns keep the names by
which code asks for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from toegankelijk import labels
from toegankelijk.charts import Bar, Chart, score_bars

ROWS = 8
"""Rows of a table that are shown."""

COLUMNS = 10
"""Columns of a table that are shown; the code's reader has the others."""

LONGEST = 120
"""Longest text in a cell; the rest is cut, with a sign."""

_STYLE = (
    "font-family: system-ui, sans-serif; font-size: 14px; line-height: 1.4; color: #1a1a1a; background: #fff; padding: 8px 12px; "
    "border: 1px solid #c4c8cc; border-radius: 4px; overflow-x: auto"
)
_CELL = (
    "text-align: left; vertical-align: top; padding: 2px 10px 2px 0; border-bottom: 1px solid #dfe2e5; "
    "color: #1a1a1a; background: #fff"
)


def card(
    title: str,
    *,
    facts: Mapping[str, object] | None = None,
    charts: Sequence[Chart] = (),
    tables: Mapping[str, pd.DataFrame] | None = None,
    note: str = "",
    lang: str = "nl",
) -> str:
    """A result as HTML for a notebook.

    Parameters
    ----------
    title
        What it is.
    facts
        Names and values that stand under the title; empty values are left out.
    charts
        Drawings with their text alternatives.
    tables
        Tables by their heading, of which the first `ROWS` rows are shown without their geometry.
    note
        What to do next, or what to know.
    lang
        Language of numbers.

    Examples
    --------
    >>> shown = card("Streets", facts={"rows": 2}, tables={"": pd.DataFrame({"name": ["<b>", "$x$"]})}, lang="en")
    >>> "<b></td>" in shown, "&lt;b&gt;</td>" in shown
    (False, True)
    """
    parts = [f"<strong>{text(title)}</strong>"]
    said = [f"{text(name)}: <b>{text(_value(value, lang))}</b>" for name, value in (facts or {}).items() if _value(value, lang)]
    if said:
        parts.append(f"<div>{' · '.join(said)}</div>")
    parts += [f'<div style="max-width: 640px; margin: 8px 0">{chart.svg}</div>' for chart in charts]
    for heading, frame in (tables or {}).items():
        parts.append(_table(frame, heading, lang))
    if note:
        parts.append(f'<div style="color: #444">{text(note)}</div>')
    # a notebook typesets what stands between dollar signs, in data too, unless it is told not to
    return f'<div class="tex2jax_ignore mathjax_ignore" lang="{lang}" style="{_STYLE}">{"".join(parts)}</div>'


def zone_bars(scores: pd.DataFrame, *, lang: str = "nl", most: int = 12) -> Chart | None:
    """Scores of the zones over all levels and themes, the lowest first; none where there are none.

    Parameters
    ----------
    scores
        Scores per zone, level and theme.
    lang
        Language of names and numbers.
    most
        Zones that are drawn at most.
    """
    rows = scores[(scores["level"] == "all") & (scores["theme"] == "all")]
    rows = rows.assign(unranked=~rows["ranked"].astype(bool)).sort_values(["unranked", "score_low"], kind="stable").head(most)
    if rows.empty:
        return None
    columns = [rows[name] for name in ("zone_id", "zone_name", "score_low", "score_high", "ranked")]
    bars = [
        Bar(str(zone if labels.is_missing(name) else name), float(low), float(high), bool(ranked))
        for zone, name, low, high, ranked in zip(*columns, strict=True)
    ]
    return score_bars(bars, lang=lang, title=labels.label("display.scores", lang))


def text(value: object) -> str:
    """Text that HTML and typesetting leave as it is, without control characters and marks that turn its direction."""
    plain = "".join(mark for mark in str(value) if mark.isprintable())
    plain = plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
    return escape(plain).replace("$", "&#36;").replace("`", "&#96;")


def _table(frame: pd.DataFrame, heading: str, lang: str) -> str:
    geometry = [name for name in frame.columns if str(frame[name].dtype) == "geometry"]
    shown = frame.drop(columns=geometry).iloc[:ROWS, :COLUMNS]
    named = frame.index.name is not None
    head = ([frame.index.name] if named else []) + list(shown.columns)
    rows = [
        "".join(f'<td style="{_CELL}">{text(_value(cell, lang))}</td>' for cell in ([label, *row] if named else row))
        for label, row in zip(shown.index, shown.itertuples(index=False, name=None), strict=True)
    ]
    heads = "".join(f'<th scope="col" style="{_CELL}">{text(name)}</th>' for name in head)
    more = labels.label("display.rows", lang, shown=_count(len(shown), lang), count=_count(len(frame), lang))
    caption = f"{heading}: {more}" if heading else more
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        '<table style="border-collapse: collapse; margin: 8px 0; font-size: 13px">'
        f'<caption style="text-align: left; color: #444; padding: 2px 0">{text(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )


def _value(value: Any, lang: str) -> str:
    """A value as people write it; nothing for a missing one."""
    if isinstance(value, bool):
        return labels.label("yes" if value else "no", lang)
    if labels.is_missing(value):
        return ""
    if isinstance(value, float) and math.isfinite(value):
        return labels.number(value, lang, digits=0 if value == round(value) else 2)
    return str(value)


def _count(value: int, lang: str) -> str:
    return labels.number(float(value), lang, digits=0)
