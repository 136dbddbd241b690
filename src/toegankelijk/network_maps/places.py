"""Where people start and go on foot, as layers: destinations, origins that do not get there, and zones with their reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.labels import LANGUAGES, interval, label
from toegankelijk.maps.layers import Field, Layer, Style, Words
from toegankelijk.maps.words import code_field, joined_names, number_field, said, same, text_field, told_field
from toegankelijk.maps.zones import MAX_LABELS
from toegankelijk.network.places import METRES
from toegankelijk.reach import CITY, ZONE, Reach, share_of_all

SIGNS: Mapping[str, str] = {"care": "+", "stop": "H", "shop": "€", "parking": "P", "rest": "R"}
"""Signs of the purposes of the package; another purpose has a dot."""

_WHOLE = "*"
"""Code of the city as a whole among the zones."""


def draw_outlines(zones: gpd.GeoDataFrame, reach: Reach | None = None) -> Layer:
    """Outlines of zones with their names; with reach also the share that gets to each purpose without a barrier.

    With reach the city as a whole is an object too, without a place: a row of the table.
    """
    shapes = gpd.GeoSeries(zones.geometry.to_numpy(), zones.index.astype(str), crs=zones.crs)
    words = {zone: same(name or zone) for zone, name in zip(shapes.index, schema.texts(zones, "name"), strict=True)}
    if reach is not None:
        whole = gpd.GeoSeries([None], [_WHOLE], crs=zones.crs)
        shapes = gpd.GeoSeries(pd.concat([whole, shapes]), crs=zones.crs)
        words = {_WHOLE: same(reach.city.name or CITY), **words}
    fields = [code_field("zone", "zone", shapes.index.to_series(), words, facet=True, searched=True)]
    return Layer(
        key="zones",
        title=said("zones"),
        shapes=shapes,
        styles={"zone": Style(said("zone"), "#555555", width=1.5, dash=(2, 5))},
        classes=pd.Series(np.full(len(shapes), "zone", dtype=object), shapes.index),
        fields=fields + ([] if reach is None else _shares(shapes.index, reach)),
        named=("zone",),
        identity="zone",
        labelled=len(zones) <= MAX_LABELS,
    )


def _shares(areas: pd.Index, reach: Reach) -> list[Field]:
    """Share of each area that gets to each purpose, and the share for whom it is near enough if nothing is a barrier."""
    table = reach.areas
    table = table[(table["profile"] == reach.walking.leading.profile) & table["division"].isin([CITY, ZONE])]
    table = table.assign(area=table["area"].astype("object").where(table["division"] == ZONE, _WHOLE))
    fields = []
    for purpose, title in purpose_words(reach).items():
        own = table[table["purpose"] == purpose].set_index("area")
        rows = own[["share", "share_low", "share_high", "residents", "unplaced"]].reindex(areas).to_dict("records")
        for name, key in (("now", "network.barrier_free"), ("all", "plan.page.everyone")):
            head = {lang: f"{title[lang]}: {label(key, lang)}" for lang in LANGUAGES}
            texts = {lang: [interval(*_ends(row, name), lang) for row in rows] for lang in LANGUAGES}
            fields.append(told_field(f"{purpose}_{name}", head, texts, areas))
    return fields


def _ends(row: Mapping[Any, float], name: str) -> tuple[float, float]:
    """Bounds of the share that gets there, or that would if nothing was a barrier."""
    return (row["share_low"], row["share_high"]) if name == "now" else (row["share"], share_of_all(row))


def draw_cut_off(reach: Reach) -> list[Layer]:
    """Origins from which a main purpose is not reached because of barriers, however the unknown turns out."""
    user, purposes = reach.walking.leading.profile, purpose_words(reach)
    origins = reach.origins
    main = [name for name in main_purposes(reach) if f"{user}_{name}" in origins]
    missed = pd.DataFrame({name: origins[f"{user}_{name}"].eq("not") for name in main}, index=origins.index)
    rows = origins[missed.any(axis=1) & (origins["residents"] > 0)].reset_index(drop=True)
    if not len(rows):
        return []
    out = missed[missed.any(axis=1) & (origins["residents"] > 0)].to_numpy()
    codes = pd.Series(["|".join(np.array(main, dtype=object)[row]) for row in out], rows.index, dtype="object")
    words = joined_names(codes, lambda code, lang: purposes[code][lang])
    fields = [
        code_field("missed", "layer.missed", codes, words, facet=True),
        text_field("street", "street", rows["street"], searched=True),
        number_field("people", f"plan.counted.{reach.walking.places.counted.partition(' ')[0]}", rows["residents"]),
    ]
    named = {lang: " / ".join(purposes[name][lang] for name in main) for lang in LANGUAGES}
    legend = {lang: label("network.map.cut", lang, purposes=named[lang]) for lang in LANGUAGES}
    return [
        Layer(
            key="cut_off",
            title=said("network.map.cut_short"),
            shapes=gpd.GeoSeries(shapely.point_on_surface(rows.geometry.to_numpy()), rows.index, crs=origins.crs),
            styles={"home": Style(legend, "#4b2e83", sign=same("⌂"), shape="diamond")},
            classes=pd.Series(np.full(len(rows), "home", dtype=object), rows.index),
            fields=fields,
            named=("street", "missed"),
            # Where no addresses are known, islands and closed places say it better
            shown=reach.walking.places.counted != METRES,
        )
    ]


def draw_destinations(reach: Reach) -> list[Layer]:
    """Where people walk to: what weighs most is shown at first, the rest is hidden."""
    layers = {**reach.city.context, **reach.city.layers}
    destinations = reach.walking.places.destinations.drop_duplicates(["purpose", "kind", "object_id"])
    words = purpose_words(reach)
    parts = []
    for (purpose, kind), rows in destinations.groupby(["purpose", "kind"], sort=True):
        objects = layers[str(kind)].reindex(rows["object_id"])
        spots = shapely.centroid(objects.geometry.to_numpy())
        texts = {name: schema.texts(objects, name).to_numpy() for name in ("name", "street")}
        parts.append(gpd.GeoDataFrame({"purpose": str(purpose), **texts}, geometry=spots, crs=reach.city.crs))
    if not parts:
        return []
    table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=reach.city.crs)
    main = table["purpose"].isin(main_purposes(reach))
    chosen = {"aims": table[main], "aims_more": table[~main]}
    return [_destinations(key, rows, words, shown=key == "aims") for key, rows in chosen.items() if len(rows)]


def _destinations(key: str, rows: gpd.GeoDataFrame, words: Mapping[str, Words], *, shown: bool) -> Layer:
    fields = [
        code_field("purpose", "plan.page.purpose", rows["purpose"], words, facet=True),
        text_field("name", "name", rows["name"], searched=True),
        text_field("street", "street", rows["street"], searched=True),
    ]
    styles = {
        name: Style(title, "#ffffff", sign=same(SIGNS.get(name, "•")), shape="square", text="#111111")
        for name, title in words.items()
        if (rows["purpose"] == name).any()
    }
    return Layer(
        key, said(f"layer.{key}"), rows.geometry, styles, rows["purpose"], fields, named=("purpose", "name"), shown=shown
    )


def purpose_words(reach: Reach) -> dict[str, Words]:
    """Names of the purposes that have a destination."""
    there = set(reach.walking.places.destinations["purpose"])
    purposes = reach.walking.places.purposes
    return {name: {lang: one.names.get(lang, name) for lang in LANGUAGES} for name, one in purposes.items() if name in there}


def main_purposes(reach: Reach) -> list[str]:
    """Purposes that weigh most."""
    there = set(reach.walking.places.destinations["purpose"])
    known = {name: one.weight for name, one in reach.walking.places.purposes.items() if name in there}
    return [name for name, weight in known.items() if weight == max(known.values())]
