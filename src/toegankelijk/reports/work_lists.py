"""Work lists: what a service has to mend, as a table to print and take along; files beside it say the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from toegankelijk import labels, wording
from toegankelijk.labels import label
from toegankelijk.reports.facts import Facts
from toegankelijk.reports.paper_parts import write_page
from toegankelijk.reports.sheet_parts import count_works

MOST = 300
"""Rows on the page; the files beside it have all of them."""


def describe_list(facts: Facts, rows: pd.DataFrame, breaches: pd.DataFrame, *, places: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Bottlenecks of a work list in words, the most urgent first: the columns of the list, by code.

    Parameters
    ----------
    facts
        The tables of a screening.
    rows
        Bottlenecks, of those of the screening.
    breaches
        What they go against (see `toegankelijk.breaches.list_breaches`).
    places
        Where they lie, on their index (see `toegankelijk.screening.paper_tables.locate`).
    lang
        One of `labels.LANGUAGES`.
    """
    names = wording.Names.of(facts.norm, labels.check_language(lang))
    ordered = wording.urgent_first(rows)
    said = wording.describe_bottlenecks(ordered, names, wording.zone_names(facts.scores))
    against = breaches.groupby("bottleneck_id", sort=False)["sentence"].agg(lambda lines: " ".join(dict.fromkeys(lines)))
    rests = breaches.groupby("bottleneck_id", sort=False)[["grade", "title", "article"]].apply(lambda rows: _rests_on(rows, lang))
    cost = ordered["cost_eur"].astype(float) if "cost_eur" in ordered else pd.Series(float("nan"), ordered.index)
    spot = places.reindex(ordered.index)
    columns = {
        "bottleneck_id": said["bottleneck_id"],
        "priority": ordered["priority"].astype("Int64"),
        "band": said["band_name"],
        **{name: said[name] for name in ("zone", "street", "kind", "object_id", "description", "value", "required")},
        "against": said["bottleneck_id"].map(against).fillna(""),
        "rests_on": said["bottleneck_id"].map(dict(rests) if len(rests) else {}).fillna(""),
        **{name: said[name] for name in ("solution", "solution_reason", "responsible", "partner", "planning", "status")},
        "target_year": ordered["target_year"].astype("Int64"),
        "cost_eur": cost.round(0),
        **{name: spot[name] for name in ("x", "y", "lat", "lon")},
    }
    return pd.DataFrame(columns, index=ordered.index)


def _rests_on(breaches: pd.DataFrame, lang: str) -> str:
    """What is not met, in short: what it is, and where it stands."""
    colon, told = label("colon", lang), []
    for row in breaches.itertuples():
        place = ", ".join(part for part in (row.title, row.article) if part)
        grade = label(f"paper.grade.{row.grade}", lang)
        told.append(grade if row.grade == "voorstel" else f"{grade}{colon} {place}")
    return "; ".join(dict.fromkeys(told))


def headings(columns: Sequence[str], lang: str) -> list[str]:
    """Headings of the columns of a work list."""
    return [label(f"paper.column.{name}", lang) for name in columns]


def write_work_list(
    path: str | Path, facts: Facts, listed: pd.DataFrame, *, service: str, files: Sequence[str] = (), lang: str = "nl"
) -> Path:
    """Write the work list of a service as a page.

    Parameters
    ----------
    path
        File to write.
    facts
        The tables of a screening.
    listed
        As `describe_list`.
    service
        Code of the service.
    files
        The same list for spreadsheet and GIS, by name.
    lang
        One of `labels.LANGUAGES`.
    """
    names = wording.Names.of(facts.norm, labels.check_language(lang))
    name = names.services.get(service, service)
    shown = listed.head(MOST)
    cells = shown.astype("object").where(shown.notna(), "")
    rows = [
        {
            **row,
            "cost": "" if row["cost_eur"] == "" else labels.money(float(row["cost_eur"]), lang),
            "spot": "" if row["lat"] == "" else f"{row['lat']:.5f}, {row['lon']:.5f}",
            "band_code": str(facts.bottlenecks.loc[place, "priority_band"]),
            "letter": labels.word("band_letter", facts.bottlenecks.loc[place, "priority_band"], lang),
        }
        for place, row in zip(cells.index, cells.to_dict("records"), strict=True)
    ]
    more = len(listed) - len(rows)
    return write_page(
        Path(path),
        "work_list.html",
        facts,
        lang=lang,
        title=label("paper.list.title", lang, name=name, city=facts.city.name),
        rows=rows,
        counts=count_works(facts.bottlenecks.loc[listed.index], lang),
        more=label("paper.list.more", lang, count=wording.number_of(more, lang)) if more else "",
        files=list(files),
    )
