"""Detours over the walking network: to the other side of a street by an accessible crossing, and round stairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import as_lines, frame, shapes_of, unit, xy
from toegankelijk.measure.places import across, first_met
from toegankelijk.measure.streets import BEYOND, ENOUGH, JUNCTION, ON_AXIS
from toegankelijk.measure.walking import Booleans, Geometries, Layers, Numbers, Ways, holds_all_ways
from toegankelijk.network.graph import Network
from toegankelijk.network.pairs import pair_distances
from toegankelijk.network.passable import Passability
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN

STEP = 5.0
"""Distance in metres between the places along a street from which its other side is looked for."""

LONGEST = 500.0
"""Length in metres of the longest way across a street that is looked for; more than ``CRO-14`` asks."""

FARTHEST = 1_000.0
"""Length in metres of the longest way round stairs that is looked for; more than the gravest case of ``STR-15``."""

LEVEL_CHANGES = ("kerb", "crossing_end", "stairs")
"""Kinds that a step-free way must not have to overcome."""

WAYS_ROUND = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Ends of the edges on both sides of a street by which a way from the one to the other can go."""

WALKED_ALL_OVER = ("pedestrian", "shared")
"""Values of ``footway_sides`` of streets that people cross anywhere."""


def crossing_detour(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Extra distance in metres, from the worst place of a street, to get to the other side by an accessible crossing.

    Every 5 m along the street, at both ends and between, a line is drawn square to it, to the pavements on both sides (within 20
    m of its axis). From the one to the other over the walking network, less the straight line between them, is the detour there.
    Pavements may be followed as they are; what is crossed must be accessible: a crossing and the kerbs at its ends that users of
    a wheelchair can pass. Of a pedestrian or shared street it is 0. Where no pavement is found on both sides it is unknown.

    What nobody knows makes the difference between the bounds: the lower one takes crossings that may be accessible, and the ends
    of side streets, where people cross without a crossing. Where footways or crossings are not complete, there may be a shorter
    way: there is only an upper bound. A way of more than 500 m is only known to be that.
    """
    streets, network = layers["street"], ways.network
    low, high = np.full(len(streets), np.nan), np.full(len(streets), np.inf)
    sides = _opposite_places(layers, network)
    outcome = ways.passable("wheelchair").outcome
    crossed = network.edges["kind"].isin(("crossing", "gate")).to_numpy()
    guessed = network.edges["kind"].isin(("mouth", "link")).to_numpy()
    for open_, bound, worst in (
        (np.where(crossed, outcome != FAILS, True), low, LONGEST),
        (np.where(crossed, outcome == MEETS, ~guessed), high, np.inf),
    ):
        extra = _ways_across(network, open_, sides, worst)
        bound[:] = extra.groupby(sides["street"].to_numpy()).max().reindex(range(len(streets)))
    low = low if holds_all_ways(layers) else low * np.nan
    high = np.where(sides.attrs["whole"] & ~np.isnan(high), high, np.inf)
    free = schema.texts(streets, "footway_sides").isin(WALKED_ALL_OVER).to_numpy()
    low[free], high[free] = 0.0, 0.0
    return frame(streets.index, low, high)


def stepfree_detour(layers: Layers, ways: Ways) -> pd.DataFrame:
    """Extra distance in metres of the way round stairs from their foot to their top, without any stairs or level change.

    It is the way over the network, less the length of the stairs; infinite where there is none. Kerbs on it must be such that
    users of a wheelchair can pass them; those of which nobody knows that make the difference between the bounds, as do the ends
    of side streets without a crossing. How wide, steep or even the way is does not count: that is judged where it is.

    Where footways or crossings are not complete there may be a shorter way, so there is only an upper bound; so it is with stairs
    that lead to no other way, as nobody knows what is there. In a tunnel or on a bridge, ways over one another may be drawn as if
    they met: there is only a lower bound. A way of more than 1 km is only known to be that.
    """
    stairs, network = layers["stairs"], ways.network
    own = (network.edges["kind"] == "stairs").to_numpy()
    ends, length, dangling = _stairs_ends(network, np.flatnonzero(own), stairs.index)
    low, high = np.full(len(stairs), np.nan), np.full(len(stairs), np.inf)
    level = _level_outcome(network, ways.passable("wheelchair"))
    guessed = network.edges["kind"].isin(("mouth", "link")).to_numpy()
    for open_, bound, most in ((level != FAILS, low, FARTHEST), ((level == MEETS) & ~guessed, high, np.inf)):
        metres, joined = pair_distances(network, open_ & ~own, ends["foot"].to_numpy(), ends["top"].to_numpy(), limit=FARTHEST)
        metres = np.where(joined & np.isinf(metres), most, metres)
        bound[ends.index] = np.maximum(metres - length, 0.0)
    low = np.where(holds_all_ways(layers) & ~dangling, low, np.nan)
    high = np.where(schema.is_marked(stairs, "off_ground"), np.inf, high)
    return frame(stairs.index, low, high)


def _level_outcome(network: Network, passability: Passability) -> np.ndarray:
    """Whether each edge has no level change that bars the way: by what the profile says of kerbs, crossing ends and stairs."""
    result = np.full(len(network), MEETS)
    barriers = passability.barriers[passability.barriers["kind"].isin(LEVEL_CHANGES)]
    for outcome in (UNKNOWN, FAILS):  # what bars it surely counts
        result[barriers.loc[barriers["outcome"] == outcome, "edge"].to_numpy(dtype=np.intp)] = outcome
    return result


def _stairs_ends(network: Network, own: np.ndarray, index: pd.Index) -> tuple[pd.DataFrame, Numbers, Booleans]:
    """Nodes at the foot and the top of stairs, by their row; the length of each; and which have an end that leads nowhere."""
    row = index.get_indexer(pd.Index(network.edges["object_id"].to_numpy()[own]))
    own, row = own[row >= 0], row[row >= 0]
    nodes = np.concatenate([network.tail[own], network.head[own]])
    ends = (
        pd.DataFrame({"row": np.tile(row, 2), "node": nodes}).value_counts(sort=False).reset_index().sort_values(["row", "node"])
    )
    ends = ends[ends["count"] == 1]  # a node between two parts of the stairs is at both
    ends = ends[ends.groupby("row")["node"].transform("size") == 2]
    table = ends.groupby("row")["node"].agg(foot="first", top="last")
    metres = np.bincount(row, network.length[own], minlength=len(index))
    ways_at = np.bincount(np.concatenate([network.tail, network.head]), minlength=len(network.nodes))
    dangling = np.zeros(len(index), bool)
    dangling[table.index] = (ways_at[table["foot"]] < 2) | (ways_at[table["top"]] < 2)
    return table, metres[table.index], dangling


def _opposite_places(layers: Layers, network: Network) -> pd.DataFrame:
    """Places along streets that have a pavement on both sides.

    Returns
    -------
    DataFrame
        Columns ``street`` (row), ``wide`` (metres between the two pavements), ``left``, ``right`` (edges), ``left_along`` and
        ``right_along`` (metres along them). The attribute ``whole`` of the table says which streets have nearly all their places.
    """
    lines = as_lines(layers["street"].geometry.to_numpy())
    length = np.nan_to_num(shapely.length(lines))
    count = np.where(length > 0, np.ceil(length / STEP).astype(np.intp) + 1, 0)
    street = np.repeat(np.arange(len(lines)), count)
    at = (np.arange(len(street)) - np.repeat(np.cumsum(count) - count, count)) * (length / np.maximum(count - 1, 1))[street]
    course = _course(lines, street, at)
    point = shapely.line_interpolate_point(lines[street], at)
    places = pd.DataFrame({"line": street, "at": at, "point": point, "x": course[:, 0], "y": course[:, 1]})
    found = pd.DataFrame({"street": street, "wide": 0.0})
    walked = _beside(network)
    buildings, others = shapes_of(layers, "building"), lines
    for side, turn in (("left", 1.0), ("right", -1.0)):
        rays = across(places, turn * BEYOND)
        met = first_met(rays, others, street)
        barred = np.minimum(first_met(rays, buildings), np.where(met < ON_AXIS, np.inf, met))
        edge, along, off = _pavement_met(network, walked, rays, course)
        there = off <= barred
        found[side], found[f"{side}_along"] = np.where(there, edge, -1), along
        found["wide"] += off
    both = ((found["left"] >= 0) & (found["right"] >= 0)).to_numpy()
    inner = (at >= JUNCTION) & (at <= length[street] - JUNCTION)
    share = pd.Series(both[inner]).groupby(street[inner]).mean().reindex(range(len(lines)), fill_value=0.0)
    table = found[both].reset_index(drop=True)
    table.attrs["whole"] = share.to_numpy() >= ENOUGH
    return table


def _beside(network: Network) -> np.ndarray:
    """Edges that can be a pavement beside a street: footways, and sides of streets."""
    kind, side = network.edges["kind"], network.edges["side"]
    return np.flatnonzero(((kind == "footway") | ((kind == "street") & side.isin(("left", "right")))).to_numpy())


def _pavement_met(network: Network, walked: np.ndarray, rays: Geometries, course: Numbers) -> tuple[np.ndarray, Numbers, Numbers]:
    """The first pavement that each line meets, over 1 m from the axis and along it: edge, metres along it and away."""
    edge, along, off = np.full(len(rays), -1), np.zeros(len(rays)), np.full(len(rays), np.inf)
    lines = network.shapes[walked]
    ray, line = shapely.STRtree(lines).query(rays, predicate="intersects")
    start = shapely.get_point(rays, 0)[ray]
    away = shapely.distance(start, shapely.intersection(rays[ray], lines[line]))
    kept = away >= ON_AXIS
    ray, line, away = ray[kept], line[kept], away[kept]
    place = shapely.line_locate_point(lines[line], shapely.line_interpolate_point(rays[ray], away))
    parallel = np.abs((_course(lines, line, place) * course[ray]).sum(axis=1)) >= np.sqrt(0.5)
    ray, line, away, place = ray[parallel], line[parallel], away[parallel], place[parallel]
    order = np.lexsort((line, away, ray))
    first = order[np.diff(ray[order], prepend=-1) != 0]
    chosen = walked[line[first]]
    edge[ray[first]], off[ray[first]] = chosen, away[first]
    along[ray[first]] = place[first] * network.length[chosen] / np.maximum(shapely.length(network.shapes[chosen]), 1e-9)
    return edge, along, off


def _course(lines: Geometries, line: np.ndarray, at: Numbers) -> Numbers:
    """Direction of lines at places along them, over a metre before and after."""
    length = shapely.length(lines)[line]
    ends = [xy(shapely.line_interpolate_point(lines[line], np.clip(at + move, 0.0, length))) for move in (-1.0, 1.0)]
    return unit(ends[1] - ends[0])


def _ways_across(network: Network, open_: Booleans, places: pd.DataFrame, most: float) -> pd.Series:
    """Metres from each place beside a street to the one opposite over open edges, less the straight line between them."""
    sides = [(places[side].to_numpy(), places[f"{side}_along"].to_numpy()) for side in ("left", "right")]
    (left, before), (right, behind) = sides
    ends = [[(network.tail[edge], along), (network.head[edge], network.length[edge] - along)] for edge, along in sides]
    result = np.where(left == right, np.abs(before - behind), np.inf)
    starts, stops = (np.concatenate([ends[side][way[side]][0] for way in WAYS_ROUND]) for side in (0, 1))
    pairs, which = np.unique(np.stack([starts, stops]), axis=1, return_inverse=True)
    metres, joined = pair_distances(network, open_, pairs[0], pairs[1], limit=LONGEST)
    metres = np.where(joined & np.isinf(metres), most, metres)[which.ravel()].reshape(len(WAYS_ROUND), -1)
    for (one, other), between in zip(WAYS_ROUND, metres, strict=True):
        result = np.minimum(result, ends[0][one][1] + between + ends[1][other][1])
    return pd.Series(np.maximum(result - places["wide"].to_numpy(), 0.0))
