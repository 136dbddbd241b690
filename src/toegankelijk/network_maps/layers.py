"""Pieces of maps of the walking network: zones, ways by what they are to a user, islands, and signs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import maps, pages, schema
from toegankelijk.labels import kind_names, label, number
from toegankelijk.network.openings import find_openings
from toegankelijk.overlays import clusters, counted, features, object_layer, short_name
from toegankelijk.reach import Reach

if TYPE_CHECKING:
    import folium

STYLES: Mapping[str, Mapping[str, Any]] = {
    "open": {"color": "#6fa8d0", "weight": 3},
    "unknown": {"color": "#b26a00", "weight": 3, "dashArray": "7 6", "lineCap": "butt"},
    "closed": {"color": "#7a0c0c", "weight": 8, "dashArray": "3 3", "lineCap": "butt"},
    "opened": {"color": "#00594f", "weight": 7},
    "island": {"color": "#4b2e83", "weight": 18, "opacity": 0.35},
    "island_opened": {"color": "#00594f", "weight": 18, "opacity": 0.3, "dashArray": "14 6", "lineCap": "butt"},
}
"""Lines: they differ in darkness, width and dashes as much as in colour, so they are told apart in grey too."""

SIGNS: Mapping[str, str] = {"care": "+", "stop": "H", "shop": "€", "parking": "P", "rest": "R"}
"""Signs of the purposes of the package; another purpose has a dot."""

SIZES: Mapping[str, list[int]] = {"job": [40, 24], "gate": [24, 24], "aim": [24, 24], "home": [24, 24]}
"""Width and height of the signs in pixels; 24 is the least that a finger can aim at."""

STRAIGHT = 0.3
"""Metres by which a line on the map may run beside the way: less than a line is wide until one is very near."""

MAX_ROWS = 25
"""Islands in the table under the map; the largest first."""

MAX_NAMES = 8
"""Objects that are named in a popup."""

_TOLD = "function (feature, layer) {{ layer.bindTooltip(feature.properties.told, {options}); }}"


def add_zones(page: folium.Map, zones: gpd.GeoDataFrame, lang: str) -> np.ndarray:
    """Outlines with names, behind all else."""
    data, extent = features(zones, {"told": schema.texts(zones, "name")}, where="zones")
    style = {"color": "#555", "weight": 1.5, "dashArray": "2 5", "fill": False}
    named = {"permanent": len(zones) <= maps.MAX_LABELS, "direction": "center", "className": "zone-label"}
    add_group(page, label("zones", lang), len(zones), _quiet(data, style, named), lang)
    return extent


def add_ways(
    page: folium.Map, reach: Reach, table: gpd.GeoDataFrame, lang: str, *, fixes: pd.DataFrame | None = None
) -> np.ndarray:
    """Open, unknown and closed ways; with fixes also the ways that these open."""
    user = reach.walking.leading.profile
    lines = table[(table["kind"] != "gate").to_numpy()]
    state = lines[user].astype("object")
    if fixes is not None and len(fixes):
        opened = find_openings(reach.walking.leading, fixes.assign(fix="plan")).possible["edge"].unique()
        state = state.mask(lines.index.isin(opened), "opened")
    extents = [np.full(4, np.nan)]
    for name in ("open", "unknown", "closed", "opened"):
        rows = lines[(state == name).to_numpy()]
        if not len(rows):
            continue
        keys = [rows["street"], rows[f"{user}_reason"] if name != "open" else pd.Series("", rows.index)]
        keys += [rows["object_id"]] if name in ("closed", "opened") else []
        shapes, texts = _joined(rows, keys)
        told = short_name(texts["street"], pd.Series(label(f"network.map.{name}", lang), texts.index)) + _after(texts["reason"])
        size = length_text(float(rows["length"].sum()), lang)
        data, extent = features(shapes, {"told": told, **texts}, where="ways")
        if name == "closed":
            titles = {"street": label("street", lang), "reason": label("reason", lang), "object_id": label("object", lang)}
            layer = object_layer(data, lambda _, name=name: dict(STYLES[name]), titles)
        else:
            layer = _quiet(data, STYLES[name], {"sticky": True})
        add_group(page, f"{label(f'network.map.{name}', lang)}: {size}", None, layer, lang)
        extents.append(extent)
    return maps.around(np.vstack(extents))


def add_islands(page: folium.Map, reach: Reach, rows: gpd.GeoDataFrame, heading: str, style: str, lang: str) -> np.ndarray:
    """Parts that are surely cut off, as bands under their ways; those that only may be, are not drawn."""
    if not len(rows):
        return np.full(4, np.nan)
    told = described_islands(reach, rows, lang)
    titles = {"told": label("network.map.island", lang), "closing": label("network.map.closing", lang)}
    data, extent = features(rows, {key: told[key] for key in titles}, where="islands")
    add_group(page, heading, len(rows), object_layer(data, lambda _: dict(STYLES[style]), titles), lang)
    return extent


def add_signs(
    page: folium.Map,
    rows: gpd.GeoDataFrame,
    texts: pd.DataFrame,
    name: str,
    look: tuple[str, str],
    lang: str,
    *,
    titles: Mapping[str, str] | None = None,
    show: bool = True,
) -> np.ndarray:
    """Objects as signs (their text and classes), many of them as clusters; their name opens with what the titles name."""
    if not len(rows):
        return np.full(4, np.nan)
    spots = gpd.GeoDataFrame(geometry=shapely.point_on_surface(rows.geometry.to_numpy()), index=rows.index, crs=rows.crs)
    data, extent = features(spots, {key: texts[key] for key in texts}, where=name)
    sign, style = look
    icon = {"html": sign, "className": style, "iconSize": SIZES[style.split()[1]]}
    layer: Any = object_layer(data, lambda _: icon, {"told": name} if titles is None else titles)
    if len(rows) > maps.MAX_SIGNS:
        many = clusters()
        layer.add_to(many)
        layer = many
    add_group(page, name, len(rows), layer, lang, show=show)
    return extent


def add_group(page: folium.Map, name: str, count: int | None, layer: Any, lang: str, *, show: bool = True) -> None:
    """Put a layer on the map under a name in the list of layers, with how many objects it has."""
    import folium

    heading = pages.inert(name) if count is None else counted(name, count, lang)
    layer.add_to(folium.FeatureGroup(name=heading, show=show).add_to(page))


def _quiet(data: Mapping[str, Any], style: Mapping[str, Any], tooltip: Mapping[str, Any]) -> folium.GeoJson:
    """Layer of objects that say their name when pointed at, and no more."""
    import folium

    script = folium.JsCode(_TOLD.format(options=json.dumps(dict(tooltip))))
    return folium.GeoJson(data, style_function=lambda _: dict(style), on_each_feature=script)


def _joined(rows: gpd.GeoDataFrame, keys: list[pd.Series]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Lines that agree in the keys as one, and the keys as texts: ``street``, ``reason`` and perhaps ``object_id``."""
    names = ["street", "reason", "object_id"][: len(keys)]
    table = pd.DataFrame({name: key.astype("object").to_numpy() for name, key in zip(names, keys, strict=True)})
    groups = table.groupby(names, sort=True, dropna=False).ngroup().to_numpy()
    order = np.argsort(groups, kind="stable")
    texts = table.iloc[order].drop_duplicates(ignore_index=True)
    lines = shapely.multilinestrings(rows.geometry.to_numpy()[order], indices=groups[order])
    lines = shapely.simplify(shapely.line_merge(lines), STRAIGHT)
    return gpd.GeoDataFrame(geometry=lines, crs=rows.crs), texts


def _after(texts: pd.Series) -> pd.Series:
    """Text after a colon, where there is one."""
    texts = texts.astype("str")
    return (texts != "").map({True: ": ", False: ""}).astype("str") + texts


def length_text(metres: float, lang: str) -> str:
    """A length as people say it: metres, or kilometres from one on."""
    return f"{number(metres / 1000, lang, digits=1)} km" if metres >= 1000 else f"{number(metres, lang, digits=0)} m"


def user_name(reach: Reach, lang: str) -> str:
    """Name of the leading kind of user."""
    name = reach.walking.leading.profile
    return reach.walking.profiles[name].names.get(lang, name)


def sure_islands(reach: Reach) -> gpd.GeoDataFrame:
    """Parts that the leading user surely cannot get into or out of, the most populous first."""
    islands = reach.islands
    chosen = islands["surely"] & (islands["profile"] == reach.walking.leading.profile)
    return islands[chosen].sort_values(["residents", "length"], ascending=False, kind="stable", ignore_index=True)


def described_islands(reach: Reach, rows: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Size of each island, and what closes it, in words."""
    unit = label(f"plan.counted.{reach.walking.places.counted.partition(' ')[0]}", lang)
    kinds = {**kind_names(lang), "mouth": label("network.mouth", lang)}
    closing = []
    for text in rows["barriers"]:
        named = [one.partition(":") for one in text.split("|") if one]
        said = [f"{kinds.get(kind, kind)} {object_id}".strip() for kind, _, object_id in named]
        more = [f"+ {len(said) - MAX_NAMES}"] if len(said) > MAX_NAMES else []
        closing.append("; ".join(said[:MAX_NAMES] + more))
    people = [number(float(value), lang, digits=0) for value in rows["residents"]]
    metres = [number(float(value), lang, digits=0) for value in rows["length"]]
    told = [label("network.map.island_size", lang, people=a, unit=unit, metres=b) for a, b in zip(people, metres, strict=True)]
    return pd.DataFrame({"told": told, "people": people, "metres": metres, "closing": closing}, index=rows.index, dtype="object")
