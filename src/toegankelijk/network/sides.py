"""Streets whose pavements are not drawn: along which sides people walk, and where these sides meet at junctions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from toegankelijk.network.lines import Floats, Numbers, Shapes, beside, headings, with_ends
from toegankelijk.network.topology import Flags

OFFSET = 5.0
"""Distance in metres from the axis of a street at which its sides are drawn, where nobody drew its pavements; a proposal."""

BESIDE = 15.0
"""Distance in metres from the axis of a street within which a drawn footway runs beside it; a proposal."""

ON_AXIS = 1.0
"""Distance in metres from the axis within which a drawn footway is the street itself."""

STEP = 5.0
"""Distance in metres between the places along a street at which footways beside it are looked for."""

MOST = 20
"""Number of such places on a long street."""

ENOUGH = 0.6
"""Share of these places at which a footway runs beside a side that has it drawn; a proposal."""

ASLANT = 0.5
"""Cosine of the angle between a street and the line to the nearest footway, above which that footway does not run beside it."""

FULL = 6.283186
"""A full turn in radians: twice a half one that is rounded as directions are."""

ON_STREET = ("pedestrian", "shared")
"""Sides of a street on which people walk on the street itself."""


@dataclass(frozen=True)
class Walked:
    """Where people walk along each street: on its axis, on a side that is not drawn, or on its axis if nothing else leads on."""

    axis: Flags
    left: Flags
    right: Flags
    spare: Flags


def walked_sides(lines: Shapes, sides: Shapes, footways: Shapes) -> Walked:
    """Where people walk along streets.

    Parameters
    ----------
    lines
        Axes of streets.
    sides
        What is said of each: ``both``, ``left``, ``right``, ``pedestrian``, ``shared``, ``none``, or nothing.
    footways
        Drawn footways, as lines.
    """
    drawn, on_axis = _beside(lines, footways)
    halves = np.zeros_like(drawn)
    some = np.flatnonzero(drawn.any(axis=1) & ~drawn.all(axis=1))
    halves[some] = _beside(lines[some], lines, some)[0]  # other carriageways of the same street
    on_street = np.isin(sides, ON_STREET)
    left = np.isin(sides, ("both", "left")) & ~drawn[:, 0] & ~on_axis
    right = np.isin(sides, ("both", "right")) & ~drawn[:, 1] & ~on_axis
    elsewhere = np.isin(sides, ("both", "left", "right")) | ((drawn | halves).all(axis=1) & drawn.any(axis=1))
    spare = ((elsewhere & ~on_street) | on_axis) & ~left & ~right
    return Walked(~spare & ~left & ~right, left, right, spare)


def _beside(lines: Shapes, footways: Shapes, own: Numbers | None = None) -> tuple[Flags, Flags]:
    """Whether one of other lines runs to the left and to the right of each line, and on it; ``own`` is not another line."""
    found, on = np.zeros((len(lines), 2)), np.zeros(len(lines))
    if not len(footways) or not len(lines):
        return found > ENOUGH, on > ENOUGH
    length = shapely.length(lines)
    count = np.clip(length // STEP, 1, MOST).astype(np.intp)
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    margin = np.minimum(length / 4, 2 * STEP)  # the footways of the next street lie at the ends
    at = margin[line] + (number + 0.5) * ((length - 2 * margin) / count)[line]
    points = shapely.line_interpolate_point(lines[line], at)
    places = shapely.get_coordinates(points)
    course = np.subtract(
        *(shapely.get_coordinates(shapely.line_interpolate_point(lines[line], np.clip(at + d, 0, length[line]))) for d in (1, -1))
    )
    course /= np.maximum(np.hypot(*course.T), 1e-9)[:, None]
    straight, of = _segments(footways)  # one line may run on both sides
    point, part = shapely.STRtree(straight).query(points, predicate="dwithin", distance=BESIDE)
    if own is not None:
        foreign = own[line[point]] != of[part]
        point, part = point[foreign], part[foreign]
    nearest = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(points[point], straight[part]), 1))
    step = nearest - places[point]
    far = np.hypot(*step.T)
    level = np.abs((step * course[point]).sum(axis=1)) <= ASLANT * far
    turn = course[point, 0] * step[:, 1] - course[point, 1] * step[:, 0]
    for column, which in ((0, turn > 0), (1, turn < 0)):
        hit = np.zeros(len(points))
        hit[point[level & which & (far > ON_AXIS)]] = 1
        found[:, column] = np.bincount(line, weights=hit, minlength=len(lines)) / count
    hit = np.zeros(len(points))
    hit[point[far <= ON_AXIS]] = 1
    on = np.bincount(line, weights=hit, minlength=len(lines)) / count
    return found >= ENOUGH, on >= ENOUGH


def _segments(lines: Shapes) -> tuple[Shapes, Numbers]:
    """Straight parts of lines, and the number of the line of each."""
    places, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    return np.asarray(shapely.linestrings(np.stack([places[:-1], places[1:]], axis=1)[same]), dtype=object), owner[1:][same]


@dataclass(frozen=True)
class Sides:
    """Edges along the sides of streets.

    Parameters
    ----------
    pieces
        The pieces of other lines, with the ends that they have where sides of streets begin.
    tail, head
        Their nodes.
    nodes
        Coordinates of all nodes, corners of junctions among them.
    added
        Edges along sides and over mouths: ``piece`` (along or over which it leads), ``kind`` (``street`` or ``mouth``), ``side``,
        ``tail`` and ``head``.
    shapes
        Their lines.
    """

    pieces: Shapes
    tail: Numbers
    head: Numbers
    nodes: Floats
    added: pd.DataFrame
    shapes: Shapes


def build_sides(
    pieces: Shapes, tail: Numbers, head: Numbers, nodes: Floats, *, left: Flags, right: Flags, street: Flags
) -> Sides:
    """Edges along the sides of streets, joined at the corners of junctions, and over the mouths of streets.

    Round a junction the streets with sides part the plane into sectors, in the order in which they leave it. Each sector has a
    corner: there the left side of the one street meets the right side of the next, and there end the other ways that leave in
    that sector. Where a single street with sides ends, each side has a corner of its own.

    A mouth leads from corner to corner over a street where three or more streets meet, where the street or one of its sides ends,
    and where other ways leave on both of its sides.

    Parameters
    ----------
    pieces, tail, head, nodes
        All pieces of lines with their nodes.
    left, right
        Whether people walk along the left or the right side of a piece that is not drawn.
    street
        Whether a piece is of a street.
    """
    sided = left | right
    table = _half_edges(pieces, tail, head, sided, street)
    table, corners = _corners(table, nodes)
    moved = table[~table["sided"]]
    ends = np.stack([tail, head], axis=1)
    ends[moved["piece"], moved["end"]] = moved["corner"]
    every = np.concatenate([nodes, corners])
    added, shapes = _along_sides(pieces, table, every, left=left, right=right)
    mouths = _mouths(table, added)
    spans = shapely.linestrings(every[mouths[["tail", "head"]].to_numpy(np.intp)])
    new = np.full((len(pieces), 2, 2), np.nan)
    new[moved["piece"], moved["end"]] = every[moved["corner"]]
    other = ~sided
    whole = with_ends(pieces[other], new[other, 0], new[other, 1])
    result = pieces.copy()
    result[other] = whole
    return Sides(
        result, ends[:, 0], ends[:, 1], every, pd.concat([added, mouths], ignore_index=True), np.concatenate([shapes, spans])
    )


def _half_edges(pieces: Shapes, tail: Numbers, head: Numbers, sided: Flags, street: Flags) -> pd.DataFrame:
    """Half-edges at the nodes of streets with sides, in the order in which they leave each node, and their sectors.

    ``count`` is how many streets with sides leave the node, ``sector`` the number of the sector: for a street with sides that on
    its left, seen from the node; ``before`` that on its right.
    """
    start, stop = headings(pieces)
    number = np.arange(len(pieces))
    table = pd.DataFrame(
        {
            "node": np.concatenate([tail, head]),
            "piece": np.tile(number, 2),
            "end": np.repeat([0, 1], len(pieces)),
            "angle": np.round(np.concatenate([start, stop]), 6) % FULL,  # lines that lie on one another leave in one direction
            "sided": np.tile(sided, 2),
            "street": np.tile(street, 2),
        }
    )
    table = table[np.isin(table["node"], table.loc[table["sided"], "node"].unique())]
    table = table.sort_values(["node", "angle", "piece", "end"], ignore_index=True)
    groups = table.groupby("node")
    table["count"] = groups["sided"].transform("sum")
    table["streets"] = groups["street"].transform("sum")
    table["others"] = groups["sided"].transform("size") - table["count"]
    upto = groups["sided"].cumsum()
    table["sector"] = upto % table["count"]
    table["before"] = (upto - 1) % table["count"]
    return table


def _corners(table: pd.DataFrame, nodes: Floats) -> tuple[pd.DataFrame, Floats]:
    """Half-edges with the numbers of the nodes at their corners, and the coordinates of these.

    Of a street with sides, ``corner`` lies on its left, seen from the node, and ``other`` on its right.
    """
    table = table.assign(corner=table["node"], other=table["node"])
    own = table[table["sided"]]
    many = own[own["count"] > 1]
    # a sector begins at a street with sides, and ends at the next one
    width = many.groupby("node")["angle"].shift(-1)
    width = width.fillna(many.groupby("node")["angle"].transform("first") + 2 * np.pi) - many["angle"]
    far = OFFSET / np.maximum(np.sin(width / 2), 0.5)
    angle = (many["angle"] + width / 2).to_numpy()
    step = np.stack([np.cos(angle), np.sin(angle)], axis=1) * far.to_numpy()[:, None]
    places = nodes[many["node"]] + step
    number = pd.Series(len(nodes) + np.arange(len(many)), pd.MultiIndex.from_frame(many[["node", "sector"]]))
    for name, sector in (("corner", "sector"), ("other", "before")):
        rows = table["count"] > 1
        found = number.reindex(pd.MultiIndex.from_frame(table.loc[rows, ["node", sector]])).to_numpy(np.intp)
        table.loc[rows, name] = found
    single = own[own["count"] == 1]
    turned = []
    for name, turn in (("corner", np.pi / 2), ("other", -np.pi / 2)):
        way = single["angle"].to_numpy() + turn
        turned.append(nodes[single["node"]] + OFFSET * np.stack([np.cos(way), np.sin(way)], axis=1))
        table.loc[single.index, name] = len(nodes) + len(many) + len(single) * (len(turned) - 1) + np.arange(len(single))
    return table, np.concatenate([places, *turned])


def _along_sides(pieces: Shapes, table: pd.DataFrame, nodes: Floats, *, left: Flags, right: Flags) -> tuple[pd.DataFrame, Shapes]:
    """Edges along the sides of streets, in the direction of the street."""
    own = table[table["sided"]]
    rows, shapes = [], []
    for name, has, turn in (("left", left, 1.0), ("right", right, -1.0)):
        # what lies to the left of the line lies to the left of its start, and to the right of its end, seen from there
        columns = ("corner", "other") if name == "left" else ("other", "corner")
        ends = [own[own["end"] == end].set_index("piece")[column] for end, column in zip((0, 1), columns, strict=True)]
        piece = np.flatnonzero(has)
        tail, head = (end.reindex(piece).to_numpy(np.intp) for end in ends)
        rows.append(pd.DataFrame({"piece": piece, "kind": "street", "side": name, "tail": tail, "head": head}))
        distance = np.full(len(piece), turn * OFFSET)
        shapes.append(beside(pieces[piece], distance, nodes[tail], nodes[head]))
    return pd.concat(rows, ignore_index=True), np.concatenate(shapes)


def _mouths(table: pd.DataFrame, along: pd.DataFrame) -> pd.DataFrame:
    """Edges over the ends of streets, between corners that other edges reach.

    Also where a side ends because the street goes on without it.
    """
    reached, often = np.unique(
        np.concatenate([along["tail"], along["head"], table.loc[~table["sided"], "corner"]]), return_counts=True
    )
    once = reached[often == 1]
    own = table[table["sided"]]
    ways = np.unique(table.loc[~table["sided"] & ~table["street"], "corner"])
    both = np.isin(own["corner"], ways) & np.isin(own["other"], ways)
    single = own["count"] == 1
    ending = np.isin(own["corner"], once) | np.isin(own["other"], once)
    through = own[(own["count"] > 1) & ((own["streets"] > 2) | both | ending)]
    alone = own[single & (own["others"] == 0)]
    ends = [through[["piece", "corner", "other"]], alone[["piece", "corner", "other"]]]
    joint = own[single & (own["others"] > 0)]  # other ways go on from the very end of the street
    ends += [joint[["piece", name, "node"]].set_axis(["piece", "corner", "other"], axis=1) for name in ("corner", "other")]
    table = pd.concat(ends, ignore_index=True)
    table = table[np.isin(table["corner"], reached) & np.isin(table["other"], reached) & (table["corner"] != table["other"])]
    pair = np.sort(table[["corner", "other"]].to_numpy(), axis=1)
    table = table[~pd.DataFrame(pair).duplicated().to_numpy()].sort_values(["piece", "corner"])
    return pd.DataFrame(
        {"piece": table["piece"], "kind": "mouth", "side": "", "tail": table["corner"], "head": table["other"]}
    ).reset_index(drop=True)
