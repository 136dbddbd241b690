"""Ways of the walking network as layers: open, unknown and closed ones, single places that stop people, and islands.

Ways that belong together are drawn as one: all open ones of a street, and all unknown ones of a street for one reason. So a
network of a hundred thousand edges stays light, and what is closed is told object by object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.labels import LANGUAGES, kind_names, label
from toegankelijk.maps.ground import join_lines
from toegankelijk.maps.layers import Layer, Style, Words
from toegankelijk.maps.words import code_field, number_field, said, same, text_field, told_field
from toegankelijk.network.openings import find_openings
from toegankelijk.reach import Reach

LOOKS: Mapping[str, Style] = {
    "open": Style({}, "#3f86b8", width=3),
    "unknown": Style({}, "#875000", width=3, dash=(7, 6)),
    "closed": Style({}, "#7a0c0c", width=8, dash=(3, 3)),
    "opened": Style({}, "#00594f", width=7),
    "island": Style({}, "#4b2e83", width=18, opacity=0.6),
    "islands_opened": Style({}, "#00594f", width=18, opacity=0.65, dash=(14, 6)),
}
"""Lines: they differ in darkness, width and dashes as much as in colour, so they are told apart in grey too."""

STRAIGHT = 0.3
"""Metres by which a line on the map may run beside the way: less than a line is wide until one is very near."""

MAX_NAMES = 8
"""Objects that are named in a popup."""


def look(name: str, key: str) -> Style:
    """A look of `LOOKS` with its title."""
    return replace(LOOKS[name], title=said(key))


def draw_ways(reach: Reach, edges: gpd.GeoDataFrame, *, fixes: pd.DataFrame | None = None, shown: bool = True) -> Layer:
    """Open, unknown and closed ways of the leading user; with fixes also the ways that these open.

    Parameters
    ----------
    reach
        Who gets where; its first profile leads.
    edges
        ``reach.edges()``, in the language of the run.
    fixes
        What passes its rule once a plan is done (``kind, object_id, attribute``).
    shown
        Whether the layer is switched on at first.
    """
    user = reach.walking.leading.profile
    lines = edges[(edges["kind"] != "gate").to_numpy()]
    state = lines[user].astype("object")
    if fixes is not None and len(fixes):
        opened = find_openings(reach.walking.leading, fixes.assign(fix="plan")).possible["edge"].unique()
        state = state.mask(lines.index.isin(opened), "opened")
    told = {
        "state": state,
        "street": lines["street"],
        "reason": lines[f"{user}_reason"].where(state != "open", ""),
        "object": lines["object_id"].where(state.isin(["closed", "opened"]), ""),
    }
    keys = [column.astype("object").to_numpy() for column in told.values()]
    shapes, texts = join_lines(lines.geometry.to_numpy(), keys, straight=STRAIGHT)
    rows = pd.DataFrame(dict(zip(told, texts, strict=True)), dtype="object")
    states = [name for name in ("open", "unknown", "closed", "opened") if (rows["state"] == name).any()]
    fields = [
        code_field("state", "layer.way_state", rows["state"], {name: said(f"network.map.{name}") for name in states}, facet=True),
        text_field("street", "street", rows["street"], searched=True),
        text_field("reason", "reason", rows["reason"], searched=True),
        text_field("object", "object", rows["object"], searched=True),
        number_field("length", "column.length", pd.Series(shapely.length(shapes), rows.index)),
    ]
    return Layer(
        key="ways",
        title=_of_user(reach, "layer.ways_of"),
        shapes=gpd.GeoSeries(shapes, rows.index, crs=edges.crs),
        styles={name: look(name, f"network.map.{name}_legend") for name in states},
        classes=rows["state"],
        fields=fields,
        named=("state", "street", "reason"),
        shown=shown,
    )


def draw_gates(reach: Reach, edges: gpd.GeoDataFrame, *, shown: bool = True) -> list[Layer]:
    """Single objects that stop the leading user, such as a kerb; and those of which that is not known, hidden at first."""
    user = reach.walking.leading.profile
    gates = edges[(edges["kind"] == "gate").to_numpy()]
    styles = {
        "closed": Style(said("network.map.gate_closed"), "#7a0c0c", sign=same("×"), shape="square"),
        "unknown": Style(said("network.map.gate_unknown"), "#ffffff", sign=same("?"), shape="square", text="#7a4800"),
    }
    layers = []
    for name, style in styles.items():
        rows = gates[(gates[user] == name).to_numpy()].reset_index(drop=True)
        fields = [
            text_field("reason", "reason", rows[f"{user}_reason"], searched=True),
            text_field("street", "street", rows["street"], searched=True),
            text_field("object", "object", rows["object_id"], searched=True),
        ]
        layers.append(
            Layer(
                key=f"gates_{name}",
                title=said(f"network.map.gate_{name}_short"),
                shapes=gpd.GeoSeries(shapely.point_on_surface(rows.geometry.to_numpy()), rows.index, crs=edges.crs),
                styles={name: style},
                classes=pd.Series(np.full(len(rows), name, dtype=object), rows.index),
                fields=fields,
                named=("reason", "object"),
                identity="object",
                shown=shown and name == "closed",
            )
        )
    return [layer for layer in layers if len(layer.shapes)]


def draw_islands(reach: Reach, rows: gpd.GeoDataFrame, *, key: str = "islands", shown: bool = True) -> Layer:
    """Parts that are surely cut off, as bands under their ways; those that only may be, are not drawn.

    Parameters
    ----------
    reach
        Gives the unit of who lives there.
    rows
        Islands, as `sure_islands` gives them.
    key
        ``islands``, or ``islands_opened`` or ``islands_stay`` of a plan.
    shown
        Whether the layer is switched on at first.
    """
    titles = {"islands": ("network.map.islands_short", "network.map.island_legend")}
    title, legend = titles.get(key, (f"network.map.{key}", f"network.map.{key}"))
    style = look(key if key in LOOKS else "island", legend)
    unit = reach.walking.places.counted.partition(" ")[0]
    fields = [
        number_field("people", f"plan.counted.{unit}", rows["residents"]),
        number_field("length", "network.map.metres", rows["length"]),
        told_field(
            "closing", said("network.map.closing"), {lang: _closing(rows["barriers"], lang) for lang in LANGUAGES}, rows.index
        ),
    ]
    return Layer(
        key=key,
        title=said(title),
        shapes=rows.geometry,
        styles={"island": style},
        classes=pd.Series(np.full(len(rows), "island", dtype=object), rows.index),
        fields=fields,
        named=("closing",),
        shown=shown,
    )


def sure_islands(reach: Reach) -> gpd.GeoDataFrame:
    """Parts that the leading user surely cannot get into or out of, the most populous first."""
    islands = reach.islands
    chosen = islands["surely"] & (islands["profile"] == reach.walking.leading.profile)
    return islands[chosen].sort_values(["residents", "length"], ascending=False, kind="stable", ignore_index=True)


def _closing(barriers: pd.Series, lang: str) -> list[str]:
    """What closes each island, in words."""
    kinds = {**kind_names(lang), "mouth": label("network.mouth", lang)}
    closing = []
    for text in barriers:
        named = [one.partition(":") for one in text.split("|") if one]
        said = [f"{kinds.get(kind, kind)} {object_id}".strip() for kind, _, object_id in named]
        more = [f"+ {len(said) - MAX_NAMES}"] if len(said) > MAX_NAMES else []
        closing.append("; ".join(said[:MAX_NAMES] + more))
    return closing


def user_name(reach: Reach, lang: str) -> str:
    """Name of the leading kind of user."""
    name = reach.walking.leading.profile
    return reach.walking.profiles[name].names.get(lang, name)


def _of_user(reach: Reach, key: str) -> Words:
    return {lang: label(key, lang, profile=user_name(reach, lang)) for lang in LANGUAGES}
