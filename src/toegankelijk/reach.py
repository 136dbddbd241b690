"""Reach: who gets where without a barrier, per zone, district and street, and the parts of the network that are cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.evidence import required_text, value_texts
from toegankelijk.labels import kind_names, label, word
from toegankelijk.network.islands import find_islands
from toegankelijk.network.passable import Passability
from toegankelijk.network.places import PEOPLE
from toegankelijk.network.profiles import LEVEL, Profile
from toegankelijk.network.reach import SUM_COLUMNS, find_reach, sum_reach
from toegankelijk.network.walking import Walking
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN

CITY, ZONE, STREET = "city", "zone", "street"
"""Divisions that every city has, beside its districts: the whole, its zones, and its streets."""

OUTSIDE = ""
"""Area of what lies in none."""

AREA_COLUMNS = ("profile", "division", "area", "name", *SUM_COLUMNS[1:])
"""Columns of reach per area: whose, of which division and area, and `toegankelijk.network.reach.SUM_COLUMNS`."""

OUTCOME_WORDS = {FAILS: "closed", MEETS: "open", UNKNOWN: "unknown"}
"""Words for what an edge is to a kind of user."""

REACHED = ("surely", "possibly", "not", "far")
"""Whether a purpose is reached barrier-free: surely; if all that is unknown turns out passable; not, because of barriers; or not,
because it is too far for everyone."""


@dataclass(frozen=True)
class Reach:
    """What can be reached in a city.

    Parameters
    ----------
    city
        The city as measured.
    walking
        Its walking network.
    """

    city: schema.City
    walking: Walking

    def __repr__(self) -> str:
        return f"Reach({self.city.name!r}, {', '.join(self.walking.profiles)})"

    def _repr_html_(self) -> str:
        """Who reaches what in the city and its zones, for a notebook."""
        from toegankelijk.display import card

        rows = self.areas[self.areas["division"].isin([CITY, ZONE])]
        shown = rows[["name", "profile", "purpose", *(name for name in rows if str(name).startswith("share"))]]
        facts = {label("display.islands"): int(self.islands["surely"].sum())}
        return card(label("display.reach", city=self.city.name), facts=facts, tables={"areas": shown})

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per profile, origin and purpose; see `toegankelijk.network.reach.find_reach`. ``reached`` is one of `REACHED`."""
        walking = self.walking
        parts = [
            find_reach(walking.network, passable, walking.places).assign(profile=name)
            for name, passable in walking.passable.items()
        ]
        rows = pd.concat(parts, ignore_index=True)
        within = rows["purpose"].map({name: one.within for name, one in walking.places.purposes.items()}).astype(float)
        surely, possibly = (rows[name].astype(bool) for name in ("reached_surely", "reached_possibly"))
        conditions = [surely, possibly, ~(rows["distance"].astype(float) > within)]
        return rows.assign(reached=np.select(conditions, REACHED[:3], REACHED[3]))

    @cached_property
    def areas(self) -> pd.DataFrame:
        """Reach per profile, area and purpose, columns `AREA_COLUMNS`: the city, its zones, its districts and its streets."""
        parts = []
        for division, (of, names) in self._divisions().items():
            for profile, rows in self.table.groupby("profile", sort=False):
                sums = sum_reach(rows, self.walking.places, of)
                name = sums["area"].map(names).astype("object") if len(names) else sums["area"]
                parts.append(sums.assign(profile=profile, division=division, name=name.fillna(sums["area"])))
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(AREA_COLUMNS))
        return table[list(AREA_COLUMNS)]

    @cached_property
    def islands(self) -> gpd.GeoDataFrame:
        """Parts of the network that a kind of user cannot get into or out of; see `toegankelijk.network.islands.find_islands`."""
        walking = self.walking
        parts = [
            find_islands(walking.network, passable, walking.places).assign(profile=name)
            for name, passable in walking.passable.items()
        ]
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=self.city.crs)

    @cached_property
    def origins(self) -> gpd.GeoDataFrame:
        """Where people start: index ``origin``, people, street, zone, a column per profile and purpose, and the place."""
        origins = self.walking.places.origins
        said = self.table.assign(key=self.table["profile"].astype("object") + "_" + self.table["purpose"].astype("object"))
        wide = said.pivot_table(index="origin", columns="key", values="reached", aggfunc="first").reindex(origins.index)
        zone = self._zones()
        zone = zone[~zone.index.duplicated()]  # where zones overlap, the first
        told = origins[["kind", "object_id", *PEOPLE, "street", "off"]].assign(zone_id=zone.reindex(origins.index))
        return gpd.GeoDataFrame(told.join(wide), geometry=self._spots(), crs=self.city.crs)

    def edges(self, *, lang: str = "nl") -> gpd.GeoDataFrame:
        """Ways and gates of the network: their street, what each is to each kind of user, and why, in words of the language."""
        network = self.walking.network
        table = network.edges[["kind", "object_id", "side", "length"]].reset_index(drop=True)
        layers = {**self.city.context, **self.city.layers}
        table["street"] = _streets(table, layers)
        for name, passable in self.walking.passable.items():
            table[name] = pd.Series(passable.outcome).map(OUTCOME_WORDS).astype("object")
            table[f"{name}_reason"] = _reasons(passable, self.walking.profiles[name], layers, len(network), lang)
        return gpd.GeoDataFrame(table.rename_axis("edge"), geometry=network.shapes, crs=self.city.crs)

    def area_of(self, division: str) -> pd.Series:
        """Area of a division that each origin lies in; one may lie in several."""
        return self._divisions()[division][0]

    def _divisions(self) -> dict[str, tuple[pd.Series, pd.Series]]:
        """Division to which area each origin lies in, and the names of the areas."""
        origins = self.walking.places.origins
        none = pd.Series(dtype="object")
        found = {CITY: (pd.Series(self.city.name or CITY, index=origins.index), none)}
        found[ZONE] = (self._zones(), self.city.zones["name"])
        for division, areas in sorted(self.city.districts.items()):
            found[division] = (_areas_of(self._spots(), origins.index, areas), areas["name"])
        streets = origins["street"]
        found[STREET] = (streets[streets != ""], none)
        return found

    def _zones(self) -> pd.Series:
        return _areas_of(self._spots(), self.walking.places.origins.index, self.city.zones)

    def _spots(self) -> npt.NDArray[np.object_]:
        """Place of each origin: its own, else that on its edge."""
        origins, network = self.walking.places.origins, self.walking.network
        result = np.full(len(origins), None, dtype=object)
        placed = np.flatnonzero((origins["edge"] >= 0).to_numpy())
        edge = origins["edge"].to_numpy(dtype=np.intp)[placed]
        result[placed] = shapely.line_interpolate_point(network.shapes[edge], origins["along"].to_numpy(dtype=float)[placed])
        layers = {**self.city.context, **self.city.layers}
        for kind in ("address", "anchor"):
            rows = np.flatnonzero((origins["kind"] == kind).to_numpy())
            if len(rows):
                shapes = layers[kind].geometry.reindex(origins["object_id"].iloc[rows]).to_numpy()
                result[rows] = shapely.centroid(shapes)
        return result


def reach_city(city: schema.City, walking: Walking) -> Reach:
    """What can be reached in a city on its walking network; the tables are worked out when they are asked for."""
    return Reach(city, walking)


def share_of_all(row: Mapping[str, float], suffix: str = "") -> float:
    """Largest share for whom a purpose is near enough if nothing is a barrier: of who lives off the network, nobody knows.

    Parameters
    ----------
    row
        A row of `Reach.areas`, or of such a table before and after.
    suffix
        End of its columns, such as ``_before``.
    """
    residents = row[f"residents{suffix}"]
    return row[f"share{suffix}"] + (row[f"unplaced{suffix}"] / residents if residents > 0 else 0.0)


def _areas_of(points: npt.NDArray[np.object_], index: pd.Index, areas: gpd.GeoDataFrame) -> pd.Series:
    """Areas that each point lies in; a point on a border, or where areas overlap, lies in several."""
    point, area = shapely.STRtree(areas.geometry.to_numpy()).query(points, predicate="intersects")
    return pd.Series(areas.index.to_numpy(dtype=object)[area], index=index[point]).sort_index(kind="stable")


def _streets(edges: pd.DataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> npt.NDArray[np.object_]:
    """Street of the object that each edge runs along, where one is known."""
    texts = np.full(len(edges), "", dtype=object)
    for kind in edges["kind"].unique():
        if kind in layers and "street" in layers[kind]:
            rows = np.flatnonzero((edges["kind"] == kind).to_numpy())
            said = schema.texts(layers[kind], "street").reindex(edges["object_id"].iloc[rows])
            texts[rows] = said.fillna("").to_numpy(dtype=object)
    return texts


def _reasons(
    passable: Passability, profile: Profile, layers: Mapping[str, gpd.GeoDataFrame], count: int, lang: str
) -> npt.NDArray[np.object_]:
    """What stops or may stop a user on each edge."""
    rows = passable.barriers
    texts = np.full(count, "", dtype=object)
    if len(rows):
        said = _barrier_texts(rows.reset_index(drop=True), profile, layers, lang)
        joined = pd.Series(said).groupby(rows["edge"].to_numpy()).agg(lambda texts: "; ".join(sorted(set(texts))))
        texts[joined.index.to_numpy(dtype=np.intp)] = joined.to_numpy(dtype=object)
    return texts


def _barrier_texts(
    rows: pd.DataFrame, profile: Profile, layers: Mapping[str, gpd.GeoDataFrame], lang: str
) -> npt.NDArray[np.object_]:
    """Per barrier the object, and what is wrong with it: the value and the limit, or that it is not known."""
    rules = {(rule.kind, rule.attribute): rule for rule in reversed(profile.rules)}
    kinds = {**kind_names(lang), "mouth": label("network.mouth", lang)}
    texts = np.full(len(rows), "", dtype=object)
    for key, group in rows.groupby(["kind", "attribute", "outcome"], sort=False):
        kind, attribute, outcome = key
        name, at = kinds.get(kind, str(kind)), group.index.to_numpy()
        rule = rules.get((kind, attribute))
        if rule is None:  # the kind as a whole
            texts[at] = name if outcome == FAILS else f"{name}: {label('unknown', lang)}"
            continue
        what = f"{name}: {word('attribute', attribute, lang)}"
        if outcome != FAILS or kind not in layers:
            texts[at] = f"{what}: {word('outcome', 'fails' if outcome == FAILS else 'unknown', lang)}"
            continue
        values = value_texts(rule, layers[kind].reindex(group["object_id"]), lang)
        asked = f"{label('required', lang).lower()}: {required_text(rule, LEVEL, np.nan, lang)}"
        texts[at] = [f"{what}: {value} ({asked})" for value in values]
    return texts
