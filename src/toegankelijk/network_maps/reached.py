"""Maps of the walking network: where a kind of user is stopped, and the jobs of a plan on it; pages that need no network.

Ways that belong together are drawn as one: all open ones of a street, and all unknown ones of a street for one reason. So a
network of a hundred thousand edges stays light, and what is closed is told object by object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import maps, pages, schema
from toegankelijk.labels import interval, label, number
from toegankelijk.network.places import METRES
from toegankelijk.overlays import short_name
from toegankelijk.reach import CITY, ZONE, Reach, share_of_all

if TYPE_CHECKING:
    import folium

from toegankelijk.network_maps.layers import (
    MAX_ROWS,
    SIGNS,
    STYLES,
    add_islands,
    add_signs,
    add_ways,
    add_zones,
    described_islands,
    length_text,
    sure_islands,
    user_name,
)


def show_network(reach: Reach, *, edges: gpd.GeoDataFrame | None = None, lang: str = "nl", attribution: str = "") -> folium.Map:
    """Map of what the leading kind of user can pass, what stops them, which parts are cut off, and who does not get there.

    Parameters
    ----------
    reach
        Who gets where; its first profile leads.
    edges
        ``reach.edges(lang=lang)``, if it was worked out already.
    lang
        One of `labels.LANGUAGES`.
    attribution
        Whose data it is.
    """
    table = reach.edges(lang=lang) if edges is None else edges
    page = maps.blank_map()
    add_zones(page, reach.city.zones, lang)
    extents = [
        add_islands(page, reach, sure_islands(reach), label("network.map.islands_short", lang), "island", lang),
    ]
    extents += [add_ways(page, reach, table, lang), _add_gates(page, reach, table, lang)]
    extents += [_add_cut_off(page, reach, lang), _add_destinations(page, reach, lang)]
    maps.fit_map(page, extents)
    shown = {"styles": STYLES, "signs": _purpose_signs(reach, lang), "reach": reach_rows(reach, lang), "attribution": attribution}
    below = pages.fill_template("network_legend.html", lang, **shown, **_network_figures(reach, table, lang))
    maps.frame_map(page, network_title(reach, lang), below)
    return page


def network_title(reach: Reach, lang: str) -> str:
    """Heading of the map of a network: the city, and for whom it is drawn."""
    return label("network.map.title", lang, profile=user_name(reach, lang), city=reach.city.name)


def reach_rows(reach: Reach, lang: str) -> list[dict[str, str]]:
    """Share that reaches each purpose, for the leading user: the city and its zones."""
    table = reach.areas
    table = table[(table["profile"] == reach.walking.leading.profile) & table["division"].isin([CITY, ZONE])]
    purposes = reach.walking.places.purposes
    return [
        {
            "name": str(row["name"]),
            "purpose": purposes[row["purpose"]].names.get(lang, row["purpose"]),
            "within": interval(row["share"], share_of_all(row), lang),
            "now": interval(row["share_low"], row["share_high"], lang),
        }
        for row in table.to_dict("records")
    ]


def _add_gates(page: folium.Map, reach: Reach, table: gpd.GeoDataFrame, lang: str) -> np.ndarray:
    """Single objects that stop the user, such as a kerb; and those of which that is not known, shown when asked for."""
    user = reach.walking.leading.profile
    gates = table[(table["kind"] == "gate").to_numpy()]
    extents = [np.full(4, np.nan)]
    for name, sign, style in (("unknown", "?", "sign gate unknown"), ("closed", "×", "sign gate closed")):
        rows = gates[(gates[user] == name).to_numpy()]
        shown = {"told": rows[f"{user}_reason"], "object": rows["object_id"]}
        texts = pd.DataFrame({key: value.astype("object") for key, value in shown.items()}, index=rows.index)
        heading = label(f"network.map.gate_{name}_short", lang)
        titles = {"told": label("reason", lang), "object": label("object", lang)}
        extents.append(add_signs(page, rows, texts, heading, (sign, style), lang, titles=titles, show=name == "closed"))
    return maps.around(np.vstack(extents))


def _add_cut_off(page: folium.Map, reach: Reach, lang: str) -> np.ndarray:
    """Origins from which a main purpose is not reached because of barriers, however the unknown turns out."""
    user = reach.walking.leading.profile
    origins, purposes = reach.origins, reach.walking.places.purposes
    main = [name for name in _main_purposes(reach) if f"{user}_{name}" in origins]
    missed = pd.DataFrame({name: origins[f"{user}_{name}"].eq("not") for name in main}, index=origins.index)
    rows = origins[missed.any(axis=1) & (origins["residents"] > 0)]
    names = [purposes[name].names.get(lang, name) for name in main]
    said = [
        "; ".join(name for name, out in zip(names, row, strict=True) if out)
        for row in missed.loc[rows.index].itertuples(index=False)
    ]
    lived = reach.walking.places.counted != METRES  # where no addresses are known, islands and gates say it better
    unit = label(f"plan.counted.{reach.walking.places.counted.partition(' ')[0]}", lang)
    count = [f"{number(float(value), lang, digits=0)} {unit}" for value in rows["residents"]]
    texts = pd.DataFrame({"street": rows["street"], "count": count, "missed": said}, index=rows.index, dtype="str")
    told = short_name(texts["street"], texts["count"]) + f": {label('network.map.not_reached', lang)}: " + texts["missed"]
    return add_signs(
        page, rows, pd.DataFrame({"told": told}), label("network.map.cut_short", lang), ("", "sign home"), lang, show=lived
    )


def _add_destinations(page: folium.Map, reach: Reach, lang: str) -> np.ndarray:
    """Where people walk to, a layer per purpose; those that weigh most are shown at first."""
    layers = {**reach.city.context, **reach.city.layers}
    destinations, purposes = reach.walking.places.destinations, reach.walking.places.purposes
    extents = [np.full(4, np.nan)]
    for purpose, sign, name in _purpose_signs(reach, lang):
        parts = []
        for kind, rows in destinations[destinations["purpose"] == purpose].groupby("kind", sort=True):
            objects = layers[str(kind)].reindex(rows["object_id"].drop_duplicates())
            told = schema.texts(objects, "name") if "name" in objects else pd.Series("", objects.index)
            parts.append(gpd.GeoDataFrame({"name": told.fillna("")}, geometry=shapely.centroid(objects.geometry.to_numpy())))
        table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=reach.city.crs)
        texts = pd.DataFrame(
            {"told": short_name(pd.Series(purposes[purpose].names.get(lang, purpose), table.index), table["name"])}
        )
        main = purpose in _main_purposes(reach)
        extents.append(add_signs(page, table, texts, name, (sign, "sign aim"), lang, show=main))
    return maps.around(np.vstack(extents))


def _network_figures(reach: Reach, table: gpd.GeoDataFrame, lang: str) -> dict[str, Any]:
    """What stands under the map: metres per class, and the largest islands."""
    user, rows = reach.walking.leading.profile, sure_islands(reach)
    length = table["length"].groupby(table[user].astype("object")).sum()
    islands = reach.islands
    perhaps = int((~islands["surely"] & (islands["profile"] == user)).sum())
    told = described_islands(reach, rows.head(MAX_ROWS), lang).to_dict("records")
    return {
        "user": user_name(reach, lang),
        "cut": _cut_name(reach, lang),
        "counted": reach.walking.places.counted.partition(" ")[0],
        "lengths": {name: length_text(float(length.get(name, 0.0)), lang) for name in ("open", "unknown", "closed")},
        "islands": told,
        "island_count": len(rows),
        "perhaps": perhaps,
    }


def _main_purposes(reach: Reach) -> list[str]:
    """Purposes that weigh most."""
    there = set(reach.walking.places.destinations["purpose"])
    known = {name: one.weight for name, one in reach.walking.places.purposes.items() if name in there}
    return [name for name, weight in known.items() if weight == max(known.values())]


def _cut_name(reach: Reach, lang: str) -> str:
    purposes = reach.walking.places.purposes
    names = " / ".join(purposes[name].names.get(lang, name) for name in _main_purposes(reach))
    return label("network.map.cut", lang, purposes=names)


def _purpose_signs(reach: Reach, lang: str) -> list[tuple[str, str, str]]:
    """Purposes that are there: code, sign and name."""
    there = set(reach.walking.places.destinations["purpose"])
    purposes = reach.walking.places.purposes
    return [(name, SIGNS.get(name, "•"), purposes[name].names.get(lang, name)) for name in purposes if name in there]
