"""Several cities side by side, as one plain HTML page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from toegankelijk import labels, pages, schema, wording
from toegankelijk.norm import Norm

LEVEL_COUNTS = tuple(f"objects_{level}" for level in schema.LEVELS)
"""Columns of cities with counts of objects per level."""


def write_comparison(path: Path, *, table: pd.DataFrame, scores: pd.DataFrame, norm: Norm, lang: str = "nl") -> None:
    """Write several cities side by side as one HTML file without scripts.

    Parameters
    ----------
    table, scores
        Of `toegankelijk.screening.cities.Cities`.
    """
    names = wording.Names.of(norm, lang)
    whole = scores[scores["zone_id"] == "city"]
    as_zones = whole.assign(zone_id=whole["city"], zone_name=whole["city"])
    facts = table[table["zone_id"] == "city"].to_dict("records")
    missing = {row["city"]: row["not_delivered"].split("|") if row["not_delivered"] else [] for row in facts}
    page = pages.fill_template(
        "compare.html",
        lang,
        title=labels.label("compare.title", lang),
        cities=wording.headline(as_zones, lang),
        per_theme=wording.describe_themes(as_zones, names),
        facts=[
            {**row, "missing": ", ".join(names.kinds.get(kind, kind) for kind in missing[row["city"]])}
            | {key: wording.number_of(row[key], lang) for key in ("bottlenecks", "hoog", *LEVEL_COUNTS)}
            for row in facts
        ],
        zones_of=[
            {"city": city, "rows": wording.headline(rows[rows["zone_id"] != "city"], lang)}
            for city, rows in scores.groupby("city", sort=True)
        ],
        norm=norm,
    )
    Path(path).write_text(page, encoding="utf-8", newline="\n")
