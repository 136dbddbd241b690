"""Districts: scores and works by the other divisions of a city, such as wijk and stadsdeel, beside its woonzorgzones.

A district is scored by the formulas of zones, over what was screened in it. In each district an object counts once, also where it
lies in several woonzorgzones: at its strictest level. Works are added up, so each bottleneck is in one district of a division.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.findings import Findings, describe_objects
from toegankelijk.norm import Norm
from toegankelijk.scores import ALL, COVERAGE_FLOOR, REQUIRED_SHARE, regroup, score_zones
from toegankelijk.zones import find_membership, representative_points

ZONE = "zone"
"""Code of the division into woonzorgzones, in the table of works."""

OUTSIDE = ""
"""Id of the row of what lies in no district of a division."""

SMALLEST = 1.0
"""Square metres that a level area shares with a district at least; what is less is the drawing of their borders."""

WHOLE = 1.0 - 1e-9
"""Share from which an object lies wholly in something."""

KEYS = ("division", "district_id", "district_name", "office")
"""Columns that say which district a row is of."""

BANDS = ("hoog", "middel", "laag")
TERMS = ("KT", "MLT", "LT")
COSTS = ("cost_low", "cost", "cost_high")

WORKS = (*KEYS, "responsible", "theme", "bottlenecks", *BANDS, "priority", *TERMS, *COSTS, "geometry")
"""Columns of `sum_works`."""

OUTSIDE_COLUMNS = ("division", "kind", "object_id", "share", "street", "name", "geometry")
"""Columns of `list_outside`."""

Geometries = npt.NDArray[np.object_]


def score_areas(
    findings: Findings,
    norm: Norm,
    *,
    coverage_floor: float = COVERAGE_FLOOR,
    required_share: float = REQUIRED_SHARE,
    theme_weights: Mapping[str, float] | None = None,
) -> gpd.GeoDataFrame:
    """Score every district of every division of the city, as `toegankelijk.scores.score_zones` scores zones.

    Parameters
    ----------
    findings
        What `assess` found, with the city's districts.
    norm, coverage_floor, required_share, theme_weights
        As for `score_zones`.

    Returns
    -------
    GeoDataFrame
        The columns of `score_zones`, with `KEYS` in the place of the zone's. Levels are those of the level areas in the district;
        a district in which nothing was screened has rows without scores. ``office`` is empty where none is given.
    """
    score = partial(score_zones, coverage_floor=coverage_floor, required_share=required_share, theme_weights=theme_weights)
    parts = []
    for division, districts in sorted(findings.city.districts.items()):
        units, areas = _units(findings.city, districts)
        member = find_shares(findings, districts)
        member = member[pd.MultiIndex.from_frame(member[["area_id", "zone_id"]]).isin(_pairs(areas))]
        scores = score(regroup(findings, units, areas, member), norm)
        parts.append(_keyed(scores.drop(columns="zone_name").rename(columns={"zone_id": "district_id"}), division, districts))
    if not parts:
        empty = score(findings, norm).iloc[:0].rename(columns={"zone_id": "district_id", "zone_name": "name"})
        return _keyed(empty.drop(columns="name"), "", _nothing(findings.city))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=findings.city.crs)


def find_shares(findings: Findings, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which part of what was screened lies in which district.

    A stretch lies in each district by its length there; all else, also a zone as an object, where its representative point lies.
    On a border it lies in the districts on both sides, as with zones.

    Returns
    -------
    DataFrame
        The columns of the membership of findings, with the district as ``zone_id``; ``inside`` is the share of the object in the
        district, whether that part was screened or not.
    """
    inside = _inside(findings.city, districts)
    rows = findings.membership.rename(columns={"zone_id": "of"}).merge(inside, on=["kind", "object_id"])
    stretch = rows["kind"].map({name: kind.stretch for name, kind in schema.kinds().items()}).to_numpy(bool)
    share = np.where(stretch & (rows["inside"] < WHOLE), rows["inside"], 1.0) * rows["share"]  # right where one of both is whole
    cut = stretch & (rows["inside"] < WHOLE).to_numpy() & (rows["share"] < WHOLE).to_numpy()
    share[cut] = np.minimum(_cut_shares(findings.city, rows[cut], districts), rows["share"].to_numpy()[cut])
    weight = rows["weight"] * share / rows["share"]
    return rows.assign(share=share, weight=weight)[share > 1e-9].drop(columns="of").reset_index(drop=True)


def list_outside(findings: Findings) -> gpd.GeoDataFrame:
    """Objects that were screened and lie, in part or as a whole, in no district of a division.

    Returns
    -------
    GeoDataFrame
        Columns `OUTSIDE_COLUMNS`; ``share`` is how much of the object lies in no district (0 to 1).
    """
    city, parts = findings.city, []
    known = findings.membership[["kind", "object_id"]].drop_duplicates().sort_values(["kind", "object_id"])
    for division, districts in sorted(city.districts.items()):
        inside = _inside(city, districts).groupby(["kind", "object_id"])["inside"].sum()
        share = 1.0 - inside.reindex(pd.MultiIndex.from_frame(known)).fillna(0.0).to_numpy()
        parts.append(known.assign(division=division, share=share)[share > 1e-6])
    rows = pd.concat(parts, ignore_index=True) if parts else known.iloc[:0].assign(division="", share=0.0)
    rows = pd.concat([rows, describe_objects(city, rows["kind"], rows["object_id"])], axis=1)
    return gpd.GeoDataFrame(rows[list(OUTSIDE_COLUMNS)], geometry="geometry", crs=city.crs)


def find_districts(shapes: Geometries, districts: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """The one district of each shape, by its representative point; `OUTSIDE` where there is none.

    On a border, or where districts overlap, it is the first by id.
    """
    ids = districts.index.sort_values()
    given = np.asarray(shapes, dtype=object)
    points = given.copy()
    there = ~(shapely.is_missing(given) | shapely.is_empty(given))
    points[there] = representative_points(given[there])
    points[~there] = None
    place, item = shapely.STRtree(points).query(districts.geometry.loc[ids].to_numpy(), predicate="intersects")
    first = pd.Series(place).groupby(item).min()
    found = np.full(len(points), OUTSIDE, dtype=object)
    found[first.index.to_numpy()] = ids.to_numpy(dtype=object)[first.to_numpy()]
    return found


def sum_works(table: gpd.GeoDataFrame, city: schema.City, *, costs: pd.DataFrame | None = None) -> gpd.GeoDataFrame:
    """Count bottlenecks, and add up what they cost, per district, service and theme.

    Parameters
    ----------
    table
        Bottlenecks, with a geometry each.
    city
        Gives zones and districts.
    costs
        Euros per bottleneck: index ``bottleneck_id``, columns ``cost_low``, ``cost`` and ``cost_high``. If not given, these
        columns of the table, if it has them; there ``cost_eur``, which staff may have changed, is the cost.

    Returns
    -------
    GeoDataFrame
        Columns `WORKS`. Every district of every division, and every woonzorgzone (division `ZONE`), has a row for all services
        and themes (``all``) together, also with nothing to do; and one for each service, theme, and pair of them that occurs.
        What lies in no district has the id `OUTSIDE`, so that the rows of a division always add up to the whole table.
        ``priority`` is the highest. Costs are missing where none of the bottlenecks has one.
    """
    euros = table if costs is None else costs.reindex(table["bottleneck_id"]).set_axis(table.index)
    given = {name: name for name in COSTS if name in euros} | ({"cost": "cost_eur"} if "cost_eur" in euros else {})
    money = {name: euros[given[name]].astype("float") if name in given else np.nan for name in COSTS}
    told = table[["responsible", "theme", "priority"]].assign(**money)
    told = told.assign(**{band: table["priority_band"] == band for band in BANDS})
    told = told.assign(**{term: table["planning"] == term for term in TERMS}, bottlenecks=1)
    zone = table["zone_id"].astype("object").where(table["zone_id"].isin(city.zones.index), OUTSIDE)
    parts = [_summed(told, zone.to_numpy(), ZONE, city.zones)]
    for division, districts in sorted(city.districts.items()):
        parts.append(_summed(told, find_districts(table.geometry.to_numpy(), districts), division, districts))
    works = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(works[list(WORKS)], geometry="geometry", crs=city.crs)


def _summed(told: pd.DataFrame, district: npt.NDArray[np.object_], division: str, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Works of one division: all together first, then per service, per theme, and per service and theme."""
    rows = told.assign(district_id=district)
    views: Iterable[dict[str, str]] = ({"responsible": ALL, "theme": ALL}, {"theme": ALL}, {"responsible": ALL}, {})
    sums = []
    for view in views:
        groups = rows.assign(**view).groupby(["district_id", "responsible", "theme"], sort=True)
        counts = groups[["bottlenecks", *BANDS, *TERMS]].sum().astype("int64")
        sums.append(counts.join(groups["priority"].max()).join(groups[list(COSTS)].sum(min_count=1)).reset_index())
    idle = districts.index.difference(pd.Index(district))
    nothing = pd.DataFrame({"district_id": idle, "responsible": ALL, "theme": ALL})
    table = pd.concat([nothing, *(part for part in sums if len(part))], ignore_index=True)
    counted = ["bottlenecks", *BANDS, *TERMS]
    table = table.reindex(columns=["district_id", "responsible", "theme", *counted, "priority", *COSTS])
    table[counted] = table[counted].astype("float").fillna(0).astype("int64")
    table["priority"] = table["priority"].astype("Int64")
    table[list(COSTS)] = table[list(COSTS)].astype("float")
    order = {ALL: ""}  # all together stands first
    keys = [table["district_id"], *(table[name].replace(order) for name in ("responsible", "theme"))]
    table = table.iloc[np.lexsort([key.astype(str) for key in reversed(keys)])]
    table = table.assign(geometry=districts.geometry.reindex(table["district_id"]).to_numpy())
    return _keyed(table, division, districts)


def _keyed(table: pd.DataFrame, division: str, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """The table with the columns `KEYS` first."""
    names = districts["name"].reindex(table["district_id"]).astype("object").to_numpy()
    names = np.where(pd.isna(names), "", names)
    office = schema.texts(districts, "office").reindex(table["district_id"]).fillna("").to_numpy()
    table = table.assign(division=division, district_name=names, office=office)
    return table[[*KEYS, *(column for column in table if column not in KEYS)]]


def _inside(city: schema.City, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Share of every object in every district: ``kind, object_id, zone_id`` (the district) and ``inside``."""
    frame = districts[["geometry"]].assign(zone_id=districts.index, level="")
    found = find_membership({kind: layer for kind, layer in city.layers.items() if kind != "zone"}, frame)
    rows = found[["kind", "object_id", "zone_id"]].assign(inside=found["share"].astype(float))
    points = representative_points(city.zones.geometry.to_numpy())
    place, zone = shapely.STRtree(points).query(frame.geometry.to_numpy(), predicate="intersects")
    own = {"kind": "zone", "object_id": city.zones.index[zone], "zone_id": frame.index[place], "inside": 1.0}
    return pd.concat([rows, pd.DataFrame(own)], ignore_index=True) if len(rows) else pd.DataFrame(own)


def _cut_shares(city: schema.City, rows: pd.DataFrame, districts: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Share of each stretch in what its level area and its district have in common."""
    if rows.empty:
        return np.zeros(0)
    pairs = rows[["area_id", "zone_id"]].drop_duplicates().reset_index(drop=True)
    areas, within = (
        frame.geometry.loc[pairs[key]].to_numpy() for frame, key in ((city.areas, "area_id"), (districts, "zone_id"))
    )
    names = pd.Index([f"{i}" for i in range(len(pairs))], name="area_id")
    common = gpd.GeoDataFrame({"zone_id": names, "level": ""}, geometry=shapely.intersection(areas, within), index=names)
    layers = {kind: city.layers[kind].loc[group["object_id"].unique()] for kind, group in rows.groupby("kind")}
    shares = find_membership(layers, common).set_index(["kind", "object_id", "area_id"])["share"]
    pair = pd.MultiIndex.from_frame(pairs).get_indexer(pd.MultiIndex.from_frame(rows[["area_id", "zone_id"]]))
    wanted = pd.MultiIndex.from_arrays([rows["kind"], rows["object_id"], names[pair]])
    return np.asarray(shares.reindex(wanted).fillna(0.0), float)


def _units(city: schema.City, districts: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Districts in the form of zones, and the level areas that they hold a part of; an area in several stands once for each."""
    areas, shapes = city.areas, city.areas.geometry.to_numpy()
    place, item = shapely.STRtree(shapes).query(districts.geometry.to_numpy(), predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[item], districts.geometry.to_numpy()[place]))
    place, item = place[common > SMALLEST], item[common > SMALLEST]
    held = areas.iloc[item].assign(zone_id=districts.index[place])
    drafted = held["assumed"].astype(bool) if "assumed" in held else pd.Series(False, held.index)
    assumed = drafted.groupby(held["zone_id"].to_numpy()).all().reindex(districts.index).eq(True)
    units = gpd.GeoDataFrame({"name": districts["name"], "assumed": assumed}, geometry=districts.geometry, crs=city.crs)
    return units, held


def _pairs(areas: gpd.GeoDataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([areas.index, areas["zone_id"]], names=["area_id", "zone_id"])


def _nothing(city: schema.City) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": []}, geometry=[], index=pd.Index([], name="district_id"), crs=city.crs)
