"""Widths of pavements that are drawn as polygons, and their narrowings as objects of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import frame, is_complete
from toegankelijk.measure.passages import derived_ids

if TYPE_CHECKING:
    from toegankelijk.widths.passable import PassableWidths

Layers = Mapping[str, gpd.GeoDataFrame]

SAME = 2.0
"""Distance in metres within which a narrowing that was delivered is the one that is found on the same footway."""

OVERHEAD = 210.0
"""Height in cm from which an object hangs over the way and does not stand in it; source: BVR97 art. 3 (2.10 m high)."""

WALKABLE = ("crossing", "driveway", "ramp", "stairs", "footway", "cycle_path")
"""Kinds on which a way goes on beyond a pavement; footways as far as they are lines."""

LENGTHS = {1.20: "length_below_120", 1.50: "length_below_150", 1.80: "length_below_180"}
"""Widths in metres, and the attribute that says over what length a narrowing is narrower: the route widths of the levels."""

CARRIED = ("source", "street", "name", "manager", "accuracy", "complete")
"""Columns that a narrowing takes over from its footway."""

BETWEEN = " | "
"""Stands between the ids of what limits a width."""

REASONS = {
    "no_area": "it has no area",
    "not_finite": "its coordinates are not finite",
    "covered": "obstacles cover all of it",
    "no_way": "no way leads over it",
}
"""Why a pavement has no width, in words."""

KEPT = ("way_round", "first_id", "second_id", "movable_id", "width_without")
"""Columns of a found narrowing that say what makes it, and what would help; see `toegankelijk.widths`."""


@dataclass(frozen=True)
class Widths:
    """Widths of pavements, past what stands there and as they are drawn.

    Parameters
    ----------
    clear
        Past obstacles and seats. Its bounds are by the accuracy of the drawing too.
    gross
        As if nothing stood there: the full width of what is drawn.
    narrowings
        Those of ``clear``, with the ids that they have in the layer ``narrowing``: their own, or that of the delivered one that
        stands for them. ``delivered`` says which.
    whole
        Whether all obstacles are known, so that nothing else can stand in the way.
    pavements, barred
        What was measured: footways that are drawn as polygons, and what stands near them.
    """

    clear: PassableWidths
    gross: PassableWidths
    narrowings: gpd.GeoDataFrame
    whole: bool
    pavements: gpd.GeoDataFrame
    barred: gpd.GeoDataFrame


def find_widths(layers: Layers) -> Widths | None:
    """Widths of the footways that are drawn as polygons; none if there are no such footways.

    Obstacles and seats bar the way; what hangs 2.10 m or more above the ground does not, and what only the inventory knows is not
    looked at. A way goes on over crossings, driveways, ramps, stairs, cycle paths and footways that are lines.

    Bounds are by the smallest and the largest that obstacles can be, and by the accuracy of the drawing: that of the pavement
    between two of its edges, the sum of both between an edge and an obstacle or between two obstacles.

    Parameters
    ----------
    layers
        Kind to layer, context kinds among them.

    Returns
    -------
    Widths or None
        See `toegankelijk.widths.passable_width`.
    """
    footways = layers.get("footway")
    if footways is None or footways.empty:
        return None
    pavements = _present(footways[shapely.get_dimensions(footways.geometry.to_numpy()) == 2])
    if pavements.empty:
        return None
    from toegankelijk.widths.passable import passable_width  # a city without pavements that are drawn does without

    walkable, fronts = _walkable(layers), _touching(layers, "building", pavements)
    barred = _barred(layers, pavements)
    clear = _widened(passable_width(pavements, barred, walkable=walkable, fronts=fronts), pavements, barred)
    gross = clear
    if len(barred):
        gross = _widened(passable_width(pavements, walkable=walkable, fronts=fronts), pavements, barred)
    narrowings = _named(clear.narrowings, layers.get("narrowing"), footways)
    return Widths(clear, gross, narrowings, is_complete(layers, "obstacle"), pavements, barred)


def with_narrowings(layers: Layers, widths: Widths | None) -> dict[str, gpd.GeoDataFrame]:
    """Layers with the narrowings of pavements that are drawn as polygons.

    A part of a way of at most 20 m that is narrower than 1.20, 1.50 or 1.80 m and than what lies before and after it. Where one
    was delivered within 2 m of the same footway, that one stands for it and keeps its id; each stands for one, the nearest.

    Parameters
    ----------
    layers
        Kind to layer.
    widths
        What `find_widths` found; nothing is added if that is none.

    Returns
    -------
    dict
        The same layers. Derived narrowings are lines across the gap, with the id of their footway and a number, that id as
        ``parent_id`` and ``derived`` true; ``first_id`` and ``second_id`` name what stands at both ends of the gap (nothing: the
        edge of the pavement), ``movable_id`` what to move, and ``width_without`` what width that gives.
    """
    result = dict(layers)
    if widths is None or widths.narrowings["delivered"].all():
        return result
    found = widths.narrowings[~widths.narrowings["delivered"]]
    parents = layers["footway"].loc[found["pavement_id"]]
    new = parents[[column for column in CARRIED if column in parents]].set_axis(found.index)
    new = new.assign(**{name: found[name] for name in KEPT if name in found}, parent_id=found["pavement_id"], derived=True)
    joined = gpd.GeoDataFrame(new, geometry=found.geometry, crs=parents.crs)
    given = layers.get("narrowing")
    if given is not None and len(given):
        joined = gpd.GeoDataFrame(pd.concat([given, joined]), geometry="geometry", crs=parents.crs)
    result["narrowing"] = joined.sort_index().rename_axis("object_id")
    return result


def width_remarks(layers: Layers, widths: Widths | None) -> pd.DataFrame:
    """Remarks on the pavements that are drawn as polygons and have no width, and why."""
    if widths is None:
        return schema.remarks()
    why = widths.clear.pavements["reason"]
    why = why[why != ""]
    sources = schema.texts(layers["footway"], "source").loc[why.index]
    tables = [
        schema.remarks(str(source), ids, "route_width", "", why.loc[ids].replace(REASONS))
        for source, ids in sources.groupby(sources).groups.items()
    ]
    return schema.all_remarks(tables)


def narrowing_width(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Smallest clear width in metres of a narrowing that was found, by the smallest and the largest that obstacles can be.

    Where not all obstacles are known it is an upper bound.
    """
    found = _found(layers, widths)
    return _bounds(found, widths, found["width_low"], found["width_high"])


def below_120(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Length in metres over which a narrowing that was found is narrower than 1.20 m; 0 if it is nowhere.

    Of one whose width has bounds on both sides of 1.20 m it may be 0; and more than is drawn, where the edges may be off.
    """
    return _length_below(layers, widths, 1.20)


def below_150(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Length in metres over which a narrowing that was found is narrower than 1.50 m, as that below 1.20 m."""
    return _length_below(layers, widths, 1.50)


def below_180(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Length in metres over which a narrowing that was found is narrower than 1.80 m, as that below 1.20 m."""
    return _length_below(layers, widths, 1.80)


def free_square_side(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Side in metres of the largest free square directly before and after a narrowing that was found, the smaller of the two.

    Where not all obstacles are known it is an upper bound.
    """
    found, slack = _found(layers, widths), _slack(layers, widths)
    return _bounds(found, widths, np.maximum(found["free_square"] - slack, 0.0), found["free_square"] + slack)


def narrowing_gap(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Free length in metres from a narrowing that was found to the next one on the same way; unknown where none follows.

    Where not all obstacles are known it is an upper bound.
    """
    found, slack = _found(layers, widths), _slack(layers, widths)
    gap = found["gap_to_next"].where(np.isfinite(found["gap_to_next"]))
    return _bounds(found, widths, np.maximum(gap - slack, 0.0), gap + slack)


def narrowing_follows(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Whether another narrowing follows on the same way. None does only where all obstacles are known."""
    gap = _found(layers, widths)["gap_to_next"].to_numpy(dtype=float)
    flag = np.select([np.isfinite(gap), np.isposinf(gap) & widths.whole], [1.0, 0.0], np.nan)
    return pd.DataFrame({"low": flag, "high": flag}, index=layers["narrowing"].index)


def _present(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Objects but for those that only the inventory knows."""
    return layer[layer["delivered"].ne(False)] if "delivered" in layer else layer


def _walkable(layers: Layers) -> gpd.GeoDataFrame:
    """Lines and polygons on which a way goes on."""
    parts = []
    for kind in WALKABLE:
        shapes = layers[kind].geometry.to_numpy() if kind in layers else np.array([], dtype=object)
        size = shapely.get_dimensions(shapes)
        parts.append(shapes[(size == 1) | ((size == 2) & (kind != "footway"))])
    return gpd.GeoDataFrame(geometry=np.concatenate(parts), crs=layers["footway"].crs)


def _barred(layers: Layers, pavements: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Obstacles and seats that stand on the ground; a seat with the id of an obstacle gets its kind before it.

    What only the inventory knows may be there or not: ``certain`` is false.
    """
    obstacles = _touching(layers, "obstacle", pavements)
    obstacles = obstacles[schema.bounds(obstacles, "obstacle_lower_edge")[0] < OVERHEAD]
    seats = _touching(layers, "rest_place", pavements).assign(obstacle_type="bench")
    seats = seats.rename(lambda key: f"rest_place {key}" if key in obstacles.index else key)
    parts = [
        part[[name for name in ("obstacle_type", "accuracy", "certain", "geometry") if name in part]]
        for part in (obstacles, seats)
    ]
    filled = [part for part in parts if len(part)] or parts[:1]
    return gpd.GeoDataFrame(pd.concat(filled), geometry="geometry", crs=pavements.crs)


def _touching(layers: Layers, kind: str, pavements: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Objects of a kind that lie on or near pavements."""
    layer = layers.get(kind)
    if layer is None or layer.empty:
        return gpd.GeoDataFrame(index=pd.Index([], dtype="object"), geometry=[], crs=pavements.crs)
    layer = layer.assign(certain=layer["delivered"].ne(False) if "delivered" in layer else True)
    near = shapely.STRtree(layer.geometry.to_numpy()).query(pavements.geometry.to_numpy(), predicate="dwithin", distance=SAME)[1]
    return layer.iloc[np.unique(near)]


def _widened(found: PassableWidths, pavements: gpd.GeoDataFrame, barred: gpd.GeoDataFrame) -> PassableWidths:
    """Widths with bounds by the accuracy of the drawing too."""
    own = pd.Series(schema.accuracy(pavements), pavements.index)
    of_thing = pd.Series(schema.accuracy(barred), barred.index.astype(str))
    narrow = found.narrowings
    ends = [of_thing.reindex(narrow[name]).to_numpy(dtype=float) for name in ("first_id", "second_id")]
    edge = own.reindex(narrow["pavement_id"]).to_numpy(dtype=float)
    slack = _slack_between(ends[0], ends[1], edge)
    bounds = {"width_low": np.maximum(narrow["width_low"] - slack, 0.0), "width_high": narrow["width_high"] + slack}
    table = found.pavements
    least = _accuracy_at(table["limited_by"], own.reindex(table.index), of_thing)
    most = pd.Series(slack, narrow["pavement_id"].to_numpy()).groupby(level=0).max().reindex(table.index)
    for name, off in (
        ("passable_width", least),
        ("least_width", np.fmax(least, most.to_numpy(dtype=float))),
        ("route_width", np.fmax(least, most.to_numpy(dtype=float))),
    ):
        table = table.assign(
            **{f"{name}_low": np.maximum(table[f"{name}_low"] - off, 0.0), f"{name}_high": table[f"{name}_high"] + off}
        )
    return replace(found, pavements=table, narrowings=narrow.assign(**bounds))


def _accuracy_at(limiting: pd.Series, own: pd.Series, of_thing: pd.Series) -> np.ndarray:
    """Accuracy of the width at a gap between what is named, or an edge of the pavement."""
    names = limiting.str.split(BETWEEN, regex=False)
    first, second = (of_thing.reindex(names.str.get(place)).to_numpy(dtype=float) for place in (0, 1))
    edge = own.to_numpy(dtype=float)
    return _slack_between(first, second, edge)


def _slack_between(first: np.ndarray, second: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """Accuracy of a width between two things, or one and an edge of the pavement: the sum; of one between two edges, once."""
    both = np.where(np.isnan(first), edge, first) + np.where(np.isnan(second), edge, second)
    return np.asarray(np.where(np.isnan(first) & np.isnan(second), edge, both))


def _named(found: gpd.GeoDataFrame, given: gpd.GeoDataFrame | None, footways: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Narrowings with the id that each has among those that were delivered."""
    found = found[found.geometry.notna()]
    twin = np.full(len(found), None, dtype=object)
    taken = pd.Index([]) if given is None else given.index
    if given is not None and len(given) and len(found):
        given = _present(given)
        shapes = given.geometry.to_numpy()
        one, other = shapely.STRtree(shapes).query(found.geometry.to_numpy(), predicate="dwithin", distance=SAME)
        pairs = pd.DataFrame({"one": one, "other": other, "far": shapely.distance(found.geometry.to_numpy()[one], shapes[other])})
        parent = schema.texts(given, "parent_id").to_numpy()[other]
        known = np.isin(parent, footways.index)  # what names a footway is on that one
        pairs = pairs[~known | (parent == found["pavement_id"].to_numpy()[one])].sort_values(["far", "one", "other"])
        mutual = ~pairs.duplicated("one") & ~pairs.duplicated("other")
        twin[pairs.loc[mutual, "one"]] = given.index[pairs.loc[mutual, "other"]]
    delivered = np.array([key is not None for key in twin], bool)
    number = found.groupby("pavement_id").cumcount() + 1
    ids = derived_ids(found["pavement_id"], (f"v{n}" for n in number), taken)
    return found.assign(delivered=delivered).set_axis(pd.Index(np.where(delivered, twin, ids), name="object_id", dtype="object"))


def _found(layers: Layers, widths: Widths) -> pd.DataFrame:
    """What was found of each narrowing of the layer; NaN of those that nothing was found of."""
    return widths.narrowings.drop(columns="geometry").reindex(layers["narrowing"].index)


def _slack(layers: Layers, widths: Widths) -> np.ndarray:
    """Metres by which a length on the pavement of a narrowing may be off: its accuracy."""
    pavement = _found(layers, widths)["pavement_id"]
    accuracy = pd.Series(schema.accuracy(layers["footway"]), layers["footway"].index)
    return np.asarray(pavement.map(accuracy).fillna(0.0).to_numpy(dtype=float))


def _bounds(found: pd.DataFrame, widths: Widths, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    least = low.to_numpy(dtype=float) if widths.whole else np.full(len(found), np.nan)
    return frame(found.index, least, high.to_numpy(dtype=float))


def _length_below(layers: Layers, widths: Widths, width: float) -> pd.DataFrame:
    found, slack = _found(layers, widths), _slack(layers, widths)
    length = found[LENGTHS[width]].to_numpy(dtype=float)
    surely = found["width_high"].to_numpy(dtype=float) < width
    never = found["width_low"].to_numpy(dtype=float) >= width
    wider = [found[name].to_numpy(dtype=float) for limit, name in LENGTHS.items() if limit > width]
    longest = np.where(length > 0, length + slack, np.nan)
    for other in wider:  # as drawn it is nowhere so narrow, yet it may be: no longer than what is a little wider
        longest = np.where(np.isnan(longest) & (other > 0), other + slack, longest)
    low = np.where(surely, np.maximum(length - slack, 0.0), 0.0)
    high = np.where(never & widths.whole, 0.0, longest if widths.whole else np.inf)
    known = ~np.isnan(length)
    return pd.DataFrame({"low": np.where(known, low, np.nan), "high": np.where(known, high, np.nan)}, index=found.index)
