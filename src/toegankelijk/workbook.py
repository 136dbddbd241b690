"""The monitoring table as an Excel workbook: which columns, in which words, with which choices, and a sheet for every service."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.io.excel import write_workbook
from toegankelijk.io.exports import Export, kind_of
from toegankelijk.io.sheets import DERIVED, Column, Part, Written
from toegankelijk.labels import LANGUAGES, is_missing, label, word
from toegankelijk.ledger.fields import CLOSED, FIELDS, KEY, SHARED, STAFF, STAFF_STATUSES, as_text
from toegankelijk.ledger.words import field_choices, field_label
from toegankelijk.norm import Norm, read_norm
from toegankelijk.wording import Names

CHECK = "check.conflicts"
"""Column that says what people have to look at."""

GIVEN = ("bottleneck_id", "zone_id", "level", "street", "theme", "description", "severity", "solution", "phase")
"""Columns of the machine that are on paper."""

FILLED = ("priority_band", "planning", "target_year", "responsible", "partner", "status", *STAFF)
"""Columns that staff fill in, on paper too; those that staff added follow."""

LIMITS: Mapping[str, tuple[int, int]] = {"target_year": (2000, 2100), "cost_class": (1, 5)}
"""Least and greatest number that is entered without a warning."""

MOST_PARTS = 25
"""Sheets of services; the rows of others are on the first sheet only."""

COLOURS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "priority_band": {"hoog": ("#8c510a", "#ffffff"), "middel": ("#d8a860", "#000000"), "laag": ("#e6e2d3", "#000000")},
    "severity": {"4": ("#8c510a", "#ffffff"), "3": ("#d8a860", "#000000"), "2": ("#e6e2d3", "#000000")},
    "status": {
        "heropend": ("#8c510a", "#ffffff"),
        "in_uitvoering": ("#b8dcd6", "#000000"),
        "uitgevoerd": ("#70b8ae", "#000000"),
        "geverifieerd": ("#01665e", "#ffffff"),
        **dict.fromkeys(("onterecht", "aanvaard", "vervallen"), ("#d9d9d9", "#404040")),
    },
}
"""Colours of the cell and its text, those of the map; the words stand there too."""


def write_monitoring_workbook(
    path: str | Path,
    table: gpd.GeoDataFrame,
    *,
    city: schema.City | str = "",
    norm: Norm | None = None,
    zones: Mapping[str, str] | None = None,
    conflicts: pd.DataFrame | None = None,
    store: str = "",
    run: int = 0,
    day: datetime.date | None = None,
    lang: str = "nl",
) -> Written:
    """Write the monitoring table as an Excel workbook to filter, fill in, print and read back.

    The first sheet has all rows and columns, those of bottlenecks on which somebody has to act first; a sheet for every
    responsible service has its rows, and the columns that people work with. What the workbook was like is kept in it, hidden, so
    that `toegankelijk.io.workbook_edits.workbook_edits` knows later what was changed in it.

    Parameters
    ----------
    path
        File to make or to replace; its folder must exist.
    table
        The monitoring table, with the columns that staff added.
    city
        Gives its name, the names of zones, and where the data came from; or just its name.
    norm
        Gives the names of themes and services; by default the bundled norm.
    zones
        Names of zones by their id, where no city gives them.
    conflicts
        What people have to look at (`toegankelijk.ledger.state.State.conflicts`).
    store
        What the table's store is called; no secrets.
    run
        Number of the last update.
    day
        Date of the export; by default the date of the city's data, or else of the newest row.
    lang
        Language of headings and words.

    Raises
    ------
    MissingExtraError
        The package xlsxwriter is not installed.
    ConfigError
        The table has more rows than a sheet.
    InputError
        The file cannot be written; the old one stays.
    """
    norm = norm or read_norm()
    names = {code: Names.of(norm, code) for code in dict.fromkeys([lang, *LANGUAGES])}
    settings = city.settings if isinstance(city, schema.City) else {}
    if zones is None:
        known = city.zones["name"].astype("str").items() if isinstance(city, schema.City) else ()
        zones = {str(zone): name or str(zone) for zone, name in known}
    plain = _plain(table, conflicts, lang)
    title = label("workbook.title", lang, city=city.name if isinstance(city, schema.City) else city)
    return write_workbook(
        path,
        plain,
        [_column(name, plain, norm, zones, names) for name in _ordered(plain)],
        name=label("bottlenecks", lang),
        title=title.rstrip(": "),
        export=Export(
            base=pd.DataFrame(),
            kinds={},
            headings={},
            store=store,
            run=run,
            day=day or settings.get("date") or _newest(plain),
            lang=lang,
        ),
        parts=_parts(plain, names[lang]),
        facts=_facts(plain, city, norm, lang),
        counts=_counts(plain, norm, names[lang]),
        hints=[label("workbook.legend", lang), label("workbook.twice", lang), label("workbook.new_rows", lang)],
    )


def _plain(table: gpd.GeoDataFrame, conflicts: pd.DataFrame | None, lang: str) -> pd.DataFrame:
    """The table with what is worked out from it; what has to be done comes first, and of that what is most urgent."""
    plain = pd.DataFrame(table.drop(columns=table.geometry.name)).assign(**_places(table))
    if conflicts is not None and len(conflicts):
        plain[CHECK] = plain[KEY].map(_open_conflicts(conflicts, lang))
    urgency = pd.to_numeric(plain["priority"], errors="coerce").astype("float64").fillna(-1).to_numpy()
    done = plain["status"].isin(CLOSED).to_numpy()
    return plain.iloc[np.lexsort((np.arange(len(plain)), -urgency, done))]


def _ordered(table: pd.DataFrame) -> Iterator[str]:
    """Columns: those that are printed, those of staff, and the rest."""
    own = [name for name in table if name not in FIELDS and not name.startswith(DERIVED)]
    first = [*GIVEN, *FILLED, *own, CHECK]
    rest = [name for name in [*FIELDS, *table] if name not in first]
    yield from (name for name in dict.fromkeys([*first, *rest]) if name in table)


def _column(name: str, table: pd.DataFrame, norm: Norm, zones: Mapping[str, str], names: Mapping[str, Names]) -> Column:
    field = FIELDS.get(name)
    about = field.of if field else name
    lang = next(iter(names))
    derived = name.startswith(DERIVED)
    own = field is None and not derived
    filled = own or (field is not None and field.owner in ("effective", "staff"))
    services = about in ("responsible", "partner")
    words = _words(name, about, zones, names[lang])
    offered = tuple(norm.services.index) if services else STAFF_STATUSES if about == "status" else tuple(words)
    heading = label("workbook.check", lang) if name == CHECK else label(name, lang) if derived else field_label(name, lang)
    return Column(
        name,
        heading,
        kind=field.type if field else kind_of(table[name]),
        words=words,
        aliases=_aliases(name, about, names, words) if field and not derived else {},
        choices=offered if filled and words else (),
        closed=not services,
        limits=LIMITS.get(about) if filled else None,
        colours=COLOURS.get(name, {}),
        printed=own or name in (*GIVEN, *FILLED, CHECK),
        filled=filled,
        strong=f"{name}_staff" if name in SHARED and f"{name}_staff" in table else "",
    )


def _words(name: str, about: str, zones: Mapping[str, str], names: Names) -> dict[str, str]:
    """Word of every code of a coded column."""
    known = {
        "theme": names.themes,
        "kind": names.kinds,
        "remedy": names.remedies,
        "responsible": names.services,
        "partner": names.services,
    }
    known["zone_id"] = zones
    return dict(known[about]) if about in known else field_choices("status" if about == "status" else name, names.lang)


def _aliases(name: str, about: str, names: Mapping[str, Names], words: Mapping[str, str]) -> dict[str, str]:
    """Words of other languages, each of which stands for one code."""
    meant: dict[str, set[str]] = {}
    for each in names.values():
        for code, text in _words(name, about, {}, each).items():
            meant.setdefault(text, set()).add(code)
    shown = {*words, *words.values()}
    return {text: codes.pop() for text, codes in meant.items() if len(codes) == 1 and text not in shown}


def _parts(table: pd.DataFrame, names: Names) -> list[Part]:
    """A sheet for every service that is responsible for some rows, if there are several; the last one for those without."""
    codes = table["responsible"].astype("object").map(as_text).to_numpy(dtype=object)
    known = {code: order for order, code in enumerate(names.services)}
    order = sorted(set(codes), key=lambda code: (code == "", known.get(code, len(known)), code))
    if len(order) < 2:
        return []
    nobody = label("workbook.nobody", names.lang)
    return [
        Part(names.services.get(code, code) if code else nobody, code, np.flatnonzero(codes == code))
        for code in order[:MOST_PARTS]
    ]


def _open_conflicts(conflicts: pd.DataFrame, lang: str) -> dict[str, str]:
    """What has to be looked at, by bottleneck."""
    told: dict[str, list[str]] = {}
    columns = conflicts[[KEY, "what", "field", "staff_value", "machine_value"]]
    for identity, what, name, theirs, ours in columns.itertuples(index=False, name=None):
        text = word("conflict", what, lang)
        if name:
            text = f"{label('place.point', lang) if name == 'geometry' else field_label(name, lang)}: {text}"
        if theirs or ours:
            text += f" ({str(theirs)[:80] or '–'} / {str(ours)[:80] or '–'})"
        told.setdefault(identity, []).append(text)
    return {identity: "\n".join(texts) for identity, texts in told.items() if identity}


def _places(table: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """Where each bottleneck is: metres, degrees, and the address of a map as text."""
    points = gpd.GeoDataFrame(geometry=table.geometry[~(table.geometry.is_empty | table.geometry.isna())])
    degrees = points if points.empty or table.crs is None else systems.transform(points, "EPSG:4326")[0]
    columns = {"x": points.geometry.x.round(2), "y": points.geometry.y.round(2)}
    if degrees is not points:
        lon, lat = degrees.geometry.x.round(6), degrees.geometry.y.round(6)
        links = [f"https://www.openstreetmap.org/?mlat={y}&mlon={x}#map=19/{y}/{x}" for x, y in zip(lon, lat, strict=True)]
        columns |= {"lon": lon, "lat": lat, "map": pd.Series(links, points.index, dtype="object")}
    return {f"place.{name}": column.reindex(table.index) for name, column in columns.items()}


def _newest(table: pd.DataFrame) -> datetime.date | None:
    """The last day on which a row was seen."""
    seen = [pd.Timestamp(day).date() for day in table["last_seen"] if isinstance(day, datetime.date) and not is_missing(day)]
    return max(seen, default=None)


def _facts(table: pd.DataFrame, city: schema.City | str, norm: Norm, lang: str) -> Iterator[tuple[str, object]]:
    """What the table rests on."""
    if isinstance(city, schema.City):
        yield label("city", lang), city.name
        yield label("date", lang), city.settings.get("date")
        yield label("source", lang), city.settings.get("attribution", "")
    elif city:
        yield label("city", lang), city
    yield label("norm", lang), f"{norm.name} {norm.version}"
    yield label("checksum", lang), norm.hash
    if norm.base:
        rows = norm.overrides[["table", "key"]].drop_duplicates().agg(" ".join, axis=1) if len(norm.overrides) else []
        yield label("workbook.overrides", lang, base=norm.base), ", ".join(rows)
    if isinstance(city, schema.City):
        yield label("crs", lang), systems.label(city.crs)
        yield label("zones", lang), len(city.zones)
    yield label("bottlenecks", lang), len(table)


def _counts(table: pd.DataFrame, norm: Norm, names: Names) -> pd.DataFrame:
    """Bottlenecks per theme and priority band."""
    bands, lang = field_choices("priority_band", names.lang), names.lang
    themes = table["theme"].astype("object").map(as_text)
    total = themes.value_counts()
    order = [*norm.themes.index, *sorted(set(themes) - {*norm.themes.index})]
    counts = pd.crosstab(themes, table["priority_band"].astype("object")).reindex(index=order, columns=list(bands), fill_value=0)
    counts[label("total", lang)] = total.reindex(order, fill_value=0)
    counts.loc[label("total", lang)] = counts.sum()
    counts.index = pd.Index([names.themes.get(theme, theme) or "–" for theme in counts.index], name=label("theme", lang))
    return counts.rename(columns=bands)
