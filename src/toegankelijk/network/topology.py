"""Lines as a graph: where they meet, ends that almost meet, and lines that are drawn twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toegankelijk import schema
from toegankelijk.network.lines import SAME, Floats, Numbers, Shapes, cut_lines, ends_of, with_ends

Flags = npt.NDArray[np.bool_]

SNAP = 0.05
"""Distance in metres within which two ends are one, whatever their accuracy."""

GAP = 0.5
"""Distance in metres within which a loose end is taken to meet another line, besides the accuracy of both; a proposal."""

MOST = 3.0
"""Distance in metres beyond which no loose end is joined, however inaccurate the lines are; a proposal."""

LOOP = 1.0
"""Length in metres under which a line that ends where it starts leads nowhere."""

OTHER, CROSSING, SIDED = 0, 1, 2
"""Groups of lines: a crossing does not meet the axis of a street along whose sides people walk, but those sides."""


@dataclass(frozen=True)
class Lines:
    """Lines to walk along, one row each, in an order that does not hang on that of the input.

    Parameters
    ----------
    shapes
        Lines of one part.
    kind, object_id
        What object each is, or is a part of.
    ground
        Whether it lies on the ground: what is on a bridge or in a tunnel is met at its ends and shared vertices only.
    slack
        Accuracy of the drawing in metres.
    group
        `OTHER`, `CROSSING` or `SIDED`.
    row
        A number of each line, which stays with it.
    """

    shapes: Shapes
    kind: Shapes
    object_id: Shapes
    ground: Flags
    slack: Floats
    group: npt.NDArray[np.int8]
    row: Numbers

    def take(self, rows: Numbers | Flags) -> Lines:
        """Some of the lines."""
        names = ("shapes", "kind", "object_id", "ground", "slack", "group", "row")
        return Lines(*(getattr(self, name)[rows] for name in names))


@dataclass(frozen=True)
class Pieces:
    """Pieces of lines between the places where they meet.

    Parameters
    ----------
    lines
        The lines, mended.
    shapes, owner
        Pieces, and the number of the line of each.
    tail, head
        Numbers of the nodes at their start and end.
    nodes
        Coordinates of the nodes.
    mended
        What was mended, and how often.
    remarks
        On which objects.
    """

    lines: Lines
    shapes: Shapes
    owner: Numbers
    tail: Numbers
    head: Numbers
    nodes: Floats
    mended: dict[str, int] = field(default_factory=dict)
    remarks: pd.DataFrame = field(default_factory=pd.DataFrame)


def join_lines(lines: Lines) -> Pieces:
    """Cut lines where they meet, and mend what almost meets.

    Lines meet where they share a vertex, and where one ends on another, or ends loose within 0.5 m of it plus the accuracy of
    both (3 m at most). Loose ends are moved there. Lines that cross without a vertex do not meet: one may lie on a bridge. Of
    lines or pieces of one kind that are the same the first by id stays; what has no length, or is a loop under 1 m, is left out.
    """
    mended: dict[str, int] = {}
    remarks = []

    def tell(name: str, rows: Lines, reason: str) -> None:
        mended[name] = mended.get(name, 0) + len(rows.kind)
        remarks.append(_remarks(rows, reason))

    short = shapely.length(lines.shapes) < SAME
    tell("no_length", lines.take(short), "a line without length; nobody walks along it")
    lines = lines.take(~short)
    again = _again(lines.kind, lines.shapes)
    tell("drawn_twice", lines.take(again), "the same line as another of its kind; it counts once")
    lines = lines.take(~again)
    lines, meetings, moved = _mend_ends(lines)
    for name, (rows, reason) in moved.items():
        tell(name, lines.take(rows), reason)
    meetings = pd.concat([meetings, _shared(lines)], ignore_index=True)
    shapes, owner, _ = cut_lines(lines.shapes, meetings["line"].to_numpy(np.intp), meetings["along"].to_numpy(float))
    tail, head, nodes = _nodes(shapes, lines.group[owner])
    shapes = with_ends(shapes, nodes[tail], nodes[head])
    length = shapely.length(shapes)
    loop = (tail == head) & (length < LOOP)
    tell("tiny_loops", lines.take(np.unique(owner[loop & (length > 2 * SNAP)])), "a loop of less than 1 m was left out")
    shapes, owner, tail, head = shapes[~loop], owner[~loop], tail[~loop], head[~loop]
    again = _again(lines.kind[owner], shapes)
    tell("drawn_twice", lines.take(np.unique(owner[again])), "lies in part on another of its kind; that part counts once")
    pieces = Pieces(lines, shapes[~again], owner[~again], tail[~again], head[~again], nodes)
    return replace(pieces, mended=mended, remarks=schema.all_remarks(remarks))


def components(tail: Numbers, head: Numbers, count: int) -> Numbers:
    """Number of the component of each node."""
    graph = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def _again(kind: Shapes, shapes: Shapes) -> Flags:
    """Shapes that are the same as an earlier one of their kind, in either direction."""
    places, owner = shapely.get_coordinates(shapes, return_index=True)
    if not len(shapes):
        return np.zeros(0, bool)
    rounded = shapely.normalize(shapely.linestrings(np.round(places, 2), indices=owner))
    return np.asarray(pd.DataFrame({"kind": kind, "shape": shapely.to_wkb(rounded)}).duplicated())


def _shared(lines: Lines) -> pd.DataFrame:
    """Places along lines at vertices that another line has too: the number of the line and the metres from its start."""
    places, line = shapely.get_coordinates(lines.shapes, return_index=True)
    step = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    start = np.flatnonzero(np.diff(line, prepend=-1) != 0)
    step[start] = 0.0
    total = np.cumsum(step)
    along = total - total[start][line]
    spot = pd.DataFrame(np.round(places / SAME).astype(np.int64), columns=["x", "y"]).groupby(["x", "y"]).ngroup().to_numpy()
    group = lines.group[line]
    met = np.zeros(len(spot), bool)
    for one, others in ((OTHER, (OTHER, CROSSING, SIDED)), (CROSSING, (OTHER, CROSSING)), (SIDED, (OTHER, SIDED))):
        count = np.bincount(spot[np.isin(group, others)], minlength=spot.max(initial=-1) + 1)
        met |= (group == one) & (count[spot] > 1)
    return pd.DataFrame({"line": line[met], "along": along[met]})


def _mend_ends(lines: Lines) -> tuple[Lines, pd.DataFrame, dict[str, tuple[Numbers, str]]]:
    """Lines with loose ends moved to what they almost meet, the places where they end on a line, and whose ends these are."""
    spots, line = ends_of(lines.shapes).reshape(-1, 2), np.repeat(np.arange(len(lines.kind)), 2)
    loose = np.flatnonzero(_loose(lines, spots))
    spots, line = spots[loose], line[loose]
    cluster = _clusters(lines, spots, line)
    order = np.lexsort((spots[:, 1], spots[:, 0], cluster))
    first = order[np.unique(cluster[order], return_index=True)[1]]
    goal = spots[first]  # the place of each cluster
    joined = np.bincount(cluster, minlength=len(first))[cluster] > 1
    target, place, along = _nearest_lines(lines, goal, cluster, line)
    found = np.flatnonzero(target >= 0)
    goal[found] = place[found]
    moved = np.full((len(lines.kind) * 2, 2), np.nan)
    moved[loose] = goal[cluster]
    new = moved.reshape(-1, 2, 2)
    old_length = shapely.length(lines.shapes)
    shapes = with_ends(lines.shapes, new[:, 0], new[:, 1])
    kept = shapely.length(shapes) >= SAME  # a short line of which both ends would be one is better left as it is
    shapes = np.where(kept, shapes, lines.shapes)
    # the start of a line may have moved: places along it are counted from there
    shift = shapely.length(shapes) - old_length
    moved_start = np.where(np.isnan(new[:, 0, 0]) | ~np.isnan(new[:, 1, 0]), 0.0, shift)
    meetings = pd.DataFrame({"line": target[found], "along": along[found] + moved_start[target[found]]})
    meetings = pd.concat([meetings, _touching(lines, shapes)])
    on_line = np.isin(cluster, found)
    told = {
        "ends_joined": (np.unique(line[joined & ~on_line]), "an end that almost met another was moved there"),
        "ends_on_lines": (np.unique(line[on_line]), "ends on another line where that has no vertex; they were joined there"),
    }
    return replace(lines, shapes=shapes), meetings, told


def _touching(lines: Lines, shapes: Shapes) -> pd.DataFrame:
    """Places along lines on which ends lie: one may lie on several lines, and several ends may share a place on a line."""
    points, line = shapely.points(ends_of(shapes).reshape(-1, 2)), np.repeat(np.arange(len(shapes)), 2)
    end, other = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=SNAP)
    along = shapely.line_locate_point(shapes[other], points[end])
    inside = (along > SNAP) & (along < shapely.length(shapes[other]) - SNAP)
    real = inside & lines.ground[other] & ~_apart(lines, line[end], other)
    return pd.DataFrame({"line": other[real], "along": along[real]})


def _loose(lines: Lines, spots: Floats) -> Flags:
    """Ends at which no other line has a vertex."""
    places, owner = shapely.get_coordinates(lines.shapes, return_index=True)
    group = lines.group[owner]
    keys = np.round(np.concatenate([places, spots]) / SAME).astype(np.int64)
    spot = pd.DataFrame(keys, columns=["x", "y"]).groupby(["x", "y"]).ngroup().to_numpy()
    at, end = spot[: len(places)], spot[len(places) :]
    own = lines.group[np.repeat(np.arange(len(lines.kind)), 2)]
    result = np.zeros(len(spots), bool)
    for one, others in ((OTHER, (OTHER, CROSSING, SIDED)), (CROSSING, (OTHER, CROSSING)), (SIDED, (OTHER, SIDED))):
        count = np.bincount(at[np.isin(group, others)], minlength=spot.max(initial=-1) + 1)
        result |= (own == one) & (count[end] < 2)
    return result


def _tolerance(lines: Lines, one: Numbers, other: Numbers) -> Floats:
    return np.asarray(np.minimum(GAP + lines.slack[one] + lines.slack[other], MOST))


def _apart(lines: Lines, one: Numbers, other: Numbers) -> Flags:
    """Pairs of a crossing and a street along whose sides people walk."""
    return np.asarray(lines.group[one] + lines.group[other] == CROSSING + SIDED)


def _clusters(lines: Lines, spots: Floats, line: Numbers) -> Numbers:
    """Number of the cluster of each loose end: ends of several lines that almost meet."""
    points = shapely.points(spots)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=_widest(lines))
    real = (one < other) & (line[one] != line[other])
    one, other = one[real], other[real]
    far = np.hypot(*(spots[one] - spots[other]).T)
    near = (far <= _tolerance(lines, line[one], line[other])) & ~_apart(lines, line[one], line[other])
    return components(one[near], other[near], len(spots))


def _widest(lines: Lines) -> float:
    return float(min(GAP + 2 * lines.slack.max(initial=0.0), MOST))


def _nearest_lines(lines: Lines, goal: Floats, cluster: Numbers, line: Numbers) -> tuple[Numbers, Floats, Floats]:
    """Line nearest to each cluster of loose ends, the place there, and how far along it lies; -1 where none is near enough.

    Nearer than the tolerance to a vertex at the end of that line, it is that end.
    """
    points = shapely.points(goal)
    spot, other = shapely.STRtree(lines.shapes).query(points, predicate="dwithin", distance=_widest(lines))
    pair = cluster.astype(np.int64) * (len(lines.kind) + 1) + line
    foreign = ~np.isin(spot.astype(np.int64) * (len(lines.kind) + 1) + other, pair)
    spot, other = spot[foreign], other[foreign]
    member = np.zeros(len(goal), np.intp)
    member[cluster[::-1]] = line[::-1]  # one line of each cluster stands for all
    mine = member[spot]
    far = shapely.distance(points[spot], lines.shapes[other])
    along = shapely.line_locate_point(lines.shapes[other], points[spot])
    limit, length = _tolerance(lines, mine, other), shapely.length(lines.shapes[other])
    at_start, at_end = along <= limit, along >= length - limit
    along = np.where(at_start & (along <= length / 2), 0.0, np.where(at_end, length, np.where(at_start, 0.0, along)))
    allowed = (far <= limit) & ~_apart(lines, mine, other) & (lines.ground[other] | at_start | at_end)
    spot, other, far, along = spot[allowed], other[allowed], far[allowed], along[allowed]
    order = np.lexsort((other, far, spot))
    order = order[np.unique(spot[order], return_index=True)[1]]
    target, where = np.full(len(goal), -1), np.full(len(goal), np.nan)
    target[spot[order]], where[spot[order]] = other[order], along[order]
    place = goal.copy()
    if len(order):
        place[spot[order]] = shapely.get_coordinates(shapely.line_interpolate_point(lines.shapes[other[order]], along[order]))
    return target, place, where


def _nodes(shapes: Shapes, group: npt.NDArray[np.int8]) -> tuple[Numbers, Numbers, Floats]:
    """Nodes at the ends of pieces: tail and head of each, and coordinates.

    Where only crossings and streets with sides end, these have nodes apart.
    """
    spots = ends_of(shapes).reshape(-1, 2)
    groups = np.repeat(group, 2)
    points = shapely.points(spots)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=SNAP)
    place = components(one, other, len(spots))
    holds = [np.bincount(place[groups == number], minlength=place.max(initial=-1) + 1) > 0 for number in (OTHER, SIDED)]
    lone = (groups == CROSSING) & (~holds[0] & holds[1])[place]
    order = np.lexsort((spots[:, 1], spots[:, 0]))
    table = pd.DataFrame({"place": place[order], "lone": lone[order]})
    number = np.empty(len(spots), np.intp)
    number[order] = table.groupby(["place", "lone"], sort=False).ngroup().to_numpy()
    nodes = spots[order][np.unique(number[order], return_index=True)[1]]
    return number[::2], number[1::2], nodes


def _remarks(lines: Lines, reason: str) -> pd.DataFrame:
    """One remark for each object."""
    table = pd.DataFrame({"kind": lines.kind, "object_id": lines.object_id}).drop_duplicates()
    return schema.all_remarks(
        schema.remarks(str(kind), rows["object_id"], "geometry", "", reason) for kind, rows in table.groupby("kind")
    )
