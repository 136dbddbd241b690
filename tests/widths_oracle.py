"""Pavements of known width, and two ways to find a width that share nothing with the package.

- `SHAPES`: pavements whose width follows from school geometry.
- `width_between_walls`: exact, for a pavement with two walls. A disc gets through between two walls unless a chain of things
  that stand closer to one another than its diameter leads from one wall to the other; so the width is the least, over all chains,
  of the widest step in it. Only distances are needed.
- `width_by_erosion`: for any two points of any polygon. A disc of diameter d moves from one to the other if both lie in the same
  part of the polygon eroded by d / 2; d is bisected. GEOS draws the round corners of an eroded polygon as chords, which leave
  a little too much; the low end of the bracket allows for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

Point = tuple[float, float]
CHORDS = 64  # per quadrant
# A chord lies nearer to the corner than the radius, by this factor
SAGITTA = math.cos(math.pi / (4 * CHORDS))


@dataclass(frozen=True)
class Shape:
    """Free space with its entrances.

    `width` holds from entrance to entrance, `between` from point to point, and `closed` between the farthest places where no
    entrances are known; it is NaN where the entrances are not the farthest places.
    """

    name: str
    space: Any
    ends: tuple[Any, ...]
    points: tuple[Point, Point]
    width: float
    between: float
    closed: float

    def placed(self, *, turn: float, x: float, y: float) -> Shape:
        """The same shape, turned (degrees) and elsewhere."""

        def move(geometry: Any) -> Any:
            return shapely.transform(geometry, lambda xy: turned(xy, turn) + np.array((x, y)))

        first, second = (tuple(turned(np.array([point]), turn)[0] + np.array((x, y))) for point in self.points)
        return replace(self, space=move(self.space), ends=tuple(map(move, self.ends)), points=(first, second))

    def with_vertices(self, change: Callable[[Any], Any]) -> Shape:
        return replace(self, space=change(self.space))


def turned(coordinates: np.ndarray, degrees: float) -> np.ndarray:
    """Coordinates turned round the origin."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return coordinates @ np.array([[cos, sin], [-sin, cos]])


def disc(x: float, y: float, radius: float, *, corners: int = 64, start: float = 0.0) -> Any:
    """A regular polygon within the circle, with corners at `start` (radians from east) and at every quarter from there."""
    angles = start + np.arange(corners) * 2 * math.pi / corners
    return shapely.Polygon(np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)]))


def box_turned(x: float, y: float, length: float, depth: float, degrees: float) -> Any:
    """A box round a centre."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (length / 2, depth / 2)
    return shapely.Polygon(turned(corners, degrees) + np.array((x, y)))


# --- pavements of known width ---------------------------------------------------------------------------------------------


def along(name: str, space: Any, width: float, *taken: Any, between: float | None = None, closed: float | None = None) -> Shape:
    """A pavement that lies along the x axis, without what is taken from it; entrances at both ends, points on the axis."""
    free = shapely.difference(space, shapely.union_all(taken)) if taken else space
    west, _, east, _ = free.bounds
    ends = []
    for x in (west, east):
        rim = shapely.get_coordinates(free)
        ys = rim[np.abs(rim[:, 0] - x) < 1e-9, 1]
        ends.append(shapely.LineString([(x, ys.min()), (x, ys.max())]))
    middles = [float(shapely.get_y(end.centroid)) for end in ends]
    reach = min(1.5, (east - west) / 4)
    points = ((west + reach, middles[0]), (east - reach, middles[1]))
    return Shape(
        name, free, tuple(ends), points, width, width if between is None else between, width if closed is None else closed
    )


def shape(
    name: str, space: Any, ends: Sequence[Sequence[Point]], points: tuple[Point, Point], width: float, **more: Any
) -> Shape:
    lines = tuple(shapely.LineString(end) for end in ends)
    return Shape(name, space, lines, points, width, width, more.get("closed", width))


def surveyed_shapes() -> list[Shape]:
    """The nine pavements that the methods of others were measured on."""
    box = shapely.box
    two = box(0, 0, 50, 2)
    slope = math.cos(math.atan(0.012))
    wedge = shapely.Polygon([(0, 0), (50, 0.6), (50, 1.4), (0, 2)])
    last = 2 * 0.8 * slope / (2 - 0.024 * slope)  # of the disc that touches both walls and the narrow end
    spur = shapely.union(box(0, 0, 30, 2), box(14.55, 2, 15.45, 6))
    bend = shapely.Polygon([(0, 0), (20, 0), (20, 20), (18.5, 20), (18.5, 1.5), (0, 1.5)])
    return [
        along("straight", two, 2.0),
        along("pole", two, 1.3, box(20, 0.4, 20.3, 0.7)),
        along("pinch of 0.3 m", two, 0.8, box(25, 0, 25.3, 0.6), box(25, 1.4, 25.3, 2)),
        along("pinch of 1.0 m", two, 0.8, box(25, 0, 26, 0.6), box(25, 1.4, 26, 2)),
        along("wedge", wedge, 0.8, between=(2 - 0.024 * 48.5) * slope, closed=last),
        along("tree pit", box(0, 0, 40, 3), 1.0, box(20, 1, 21, 2)),
        shape(
            "spur",
            spur,
            [[(0, 0), (0, 2)], [(30, 0), (30, 2)], [(14.55, 6), (15.45, 6)]],
            ((1.5, 1), (15, 5)),
            0.9,
            closed=math.nan,
        ),
        shape("bend", bend, [[(0, 0), (0, 1.5)], [(18.5, 20), (20, 20)]], ((1.5, 0.75), (19.25, 18.5)), 1.5),
        along("short", box(0, 0, 4, 1.2), 1.2),
    ]


def pole_shapes() -> list[Shape]:
    """Things that stand on a pavement."""
    box = shapely.box
    two, three = box(0, 0, 50, 2), box(0, 0, 40, 3)
    far = [box(x, y, x + 0.3, y + 0.3) for x, y in ((10, 0.5), (20, 1.2), (30, 0.5))]
    zigzag = [box(x, y, x + 0.3, y + 0.3) for x, y in ((10, 0.5), (11, 1.2), (12, 0.5), (13, 1.2))]
    height = 0.9 * math.sin(math.radians(35)) + 0.25 * math.cos(math.radians(35))
    angles = np.radians(np.arange(0, 90.01, 0.25))
    arc = np.column_stack([np.cos(angles), np.sin(angles)])
    curve = shapely.Polygon(np.vstack([arc * 12, (arc * 10)[::-1]]))
    curved = shapely.difference(curve, disc(*(10.7 * arc[180]), 0.15, corners=8 * 45))
    facing = math.atan2(1.5, 0.5)
    aslant = [disc(20, 0.75, 0.2, start=facing), disc(20.5, 2.25, 0.2, start=facing)]
    crossed = [box(20, 0.5, 20.4, 0.9), box(20.4, 0.9, 20.8, 1.3)]
    return [
        along("poles on alternating sides", two, math.hypot(0.7, 0.4), *zigzag),
        along("far poles on alternating sides", two, 1.2, *far),
        along("two trees, three gaps", box(0, 0, 40, 4), 1.2, box(20, 0.9, 20.4, 1.3), box(20, 2.5, 20.4, 2.9)),
        along("between two round poles", three, 1.1, disc(20, 0.75, 0.2), disc(20, 2.25, 0.2)),
        along("between two round poles aslant", three, math.hypot(0.5, 1.5) - 0.4, *aslant),
        along("bench aslant", box(0, 0, 40, 4), 2.2 - height, box_turned(20, 2.2, 1.8, 0.5, 35)),
        along("pole at the border", two, 1.7, box(20, 0, 20.3, 0.3)),
        along("pole across the border", two, 1.85, box(20, -0.1, 20.3, 0.15)),
        along("benches that touch at a corner", box(0, 0, 40, 2.5), 1.2, *crossed),
        along("pole that touches the border", box(0, 0, 40, 2.5), 1.9, box_turned(20, 0.3, 0.18**0.5, 0.18**0.5, 45)),
        along("flower bed", box(0, 0, 40, 6), 2.1, disc(20, 2.8, 1.1)),
        shape(
            "round pole in a curve", curved, [[(10, 0), (12, 0)], [(0, 10), (0, 12)]],
            (tuple(11 * arc[40]), tuple(11 * arc[-40])), 12 - 10.85,
        ),
    ]  # fmt: skip


def wall_shapes() -> list[Shape]:
    """Walls that come near one another."""
    box, polygon = shapely.box, shapely.Polygon
    hidden = polygon([(0, 0), (60, 0), (60, 2), (31, 2), (30, 0.85), (29, 2), (0, 2)])
    both = polygon([(0, 0), (40, 0.5), (40, 2.6), (20, 1.3), (0, 2.5)])
    comb = [(0.0, 0.0)] + [xy for k in range(4, 76) for xy in ((0.5 * k, 0.3), (0.5 * k + 0.25, 0))] + [(40.0, 0.0), (40.0, 2.0)]
    comb += [xy for k in range(75, 3, -1) for xy in ((0.5 * k + 0.25, 1.7), (0.5 * k, 2))] + [(0.0, 2.0)]
    uturn = shapely.difference(box(0, 0, 20, 3.05), box(0, 1.5, 18.6, 1.55))
    pocket = shapely.union_all([box(0, 0, 30, 1.6), box(14.65, 1.6, 15.35, 3), box(13, 3, 17, 7)])
    noisy = np.column_stack([np.linspace(0, 40, 81), 1e-9 * np.cos(np.arange(81))])
    hull = shapely.union(polygon(np.vstack([noisy, noisy[::-1] * (1, -1) + (0, 1.75)])), box(0, 0.5, 40, 1))
    return [
        along("long edge hides a pinch", hidden, 0.85),
        along("long edge hides a pole", box(0, 0, 300, 2), 1.25, polygon([(150, 1.25), (150.4, 1.65), (149.6, 1.65)])),
        along("both ways narrower", both, (1.3 - 0.25) * math.cos(math.atan(0.0125))),
        along("comb", polygon(comb), math.hypot(0.25, 1.4)),
        along("chicane", box(0, 0, 24, 2.4), 0.9, box(10, 0, 10.1, 1.4), box(11, 1, 11.1, 2.4)),
        along("slit in the border", box(0, 0, 40, 2.4), 1.1, box(20, 0, 20.01, 1.3)),
        along("slit within", box(0, 0, 40, 2.4), 0.9, box(20, 0.9, 20.01, 2.2)),
        along("two pinches", box(0, 0, 40, 2), 0.9, box(10, 0, 10.2, 1.05), box(20, 0.9, 20.2, 2)),
        along("three hundred metres", box(0, 0, 300, 2), 0.95, box(211, 0, 211.2, 1.05)),
        along("noise along a straight wall", hull, 1.75),
        shape(
            "turn round a wall",
            uturn,
            [[(0, 0), (0, 1.5)], [(0, 1.55), (0, 3.05)]],
            ((1.5, 0.75), (1.5, 2.3)),
            1.4,
            closed=math.nan,
        ),
        shape("dead pocket", pocket, [[(0, 0), (0, 1.6)], [(30, 0), (30, 1.6)]], ((1.5, 0.8), (28.5, 0.8)), 1.6),
        hairpin(),
        star(),
    ]


def hairpin() -> Shape:
    """Two arms of 30 m that meet under 40 degrees: the bend is wider than the arms, which are 1.4 m."""
    half, width, reach = math.radians(20), 1.4, 30.0
    up = np.array([math.cos(half), math.sin(half)])
    side = np.array([math.sin(half), -math.cos(half)]) * width
    inner = np.array([width / math.sin(half), 0.0])
    ends = [reach * up, reach * up + side]
    mirror = [xy * (1, -1) for xy in ends]
    space = shapely.Polygon([(0, 0), ends[0], ends[1], inner, mirror[1], mirror[0]])
    axis = (reach - 1.5) * up + side / 2
    lines = [[tuple(xy) for xy in ends], [tuple(xy) for xy in mirror]]
    return shape("hairpin", space, lines, (tuple(axis), tuple(axis * (1, -1))), width, closed=math.nan)


def star() -> Shape:
    """A square like a star, with two exits of 1.05 m in opposite points of it."""
    angles = np.arange(16) * math.pi / 8
    radii = np.where(np.arange(16) % 2 == 0, 9.0, 4.0)
    plaza = shapely.Polygon(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)]))
    exits = [shapely.box(-20, -0.525, -4, 0.525), shapely.box(4, -0.525, 20, 0.525)]
    return along("star with narrow exits", shapely.union_all([plaza, *exits]), 1.05)


def vertex_shapes() -> list[Shape]:
    """The same pavement with vertices that say nothing."""
    pole = along("", shapely.box(0, 0, 50, 2), 1.3, shapely.box(20, 0.4, 20.3, 0.7))
    dense = shapely.segmentize(pole.space, 0.2)
    return [
        replace(pole, name="doubled vertices", space=with_doubles(pole.space)),
        replace(pole, name="collinear vertices", space=dense),
        replace(pole, name="collinear and doubled vertices", space=with_doubles(dense)),
    ]


def with_doubles(polygon: Any) -> Any:
    """Each vertex twice."""
    rings = [np.repeat(shapely.get_coordinates(ring), 2, axis=0) for ring in shapely.get_rings(polygon)]
    return shapely.Polygon(rings[0], rings[1:])


SHAPES = {one.name: one for one in (*surveyed_shapes(), *pole_shapes(), *wall_shapes(), *vertex_shapes())}

# Where shapes are put: as drawn, and at coordinates of Belgian Lambert 72 and of the Dutch Rijksdriehoek
PLACES = {
    "as drawn": {"turn": 0.0, "x": 0.0, "y": 0.0},
    "Lambert": {"turn": 27.0, "x": 228_350.0, "y": 182_340.0},
    "Lambert, almost along an axis": {"turn": 90.000_01, "x": 228_350.0, "y": 182_340.0},
    "Rijksdriehoek": {"turn": 141.3, "x": 121_687.318, "y": 487_326.994},
    "Rijksdriehoek, 45 degrees": {"turn": -45.0, "x": 121_687.318, "y": 487_326.994},
}


# --- exact, between two walls ---------------------------------------------------------------------------------------------


def width_between_walls(first: Any, second: Any, obstacles: Sequence[Any] = ()) -> float:
    """Width of the widest way between two walls, past what stands between them."""
    things = np.array([first, second, *obstacles])
    widest = shapely.distance(things[:, None], things[None, :])
    for via in range(len(things)):  # least over chains of the widest step: Floyd and Warshall's recurrence
        widest = np.minimum(widest, np.maximum(widest[:, via, None], widest[None, via, :]))
    return float(widest[0, 1])


@dataclass(frozen=True)
class Corridor:
    """A pavement between two walls, with things on it; `ends` are its entrances."""

    walls: tuple[Any, Any]
    obstacles: tuple[Any, ...]

    @property
    def pavement(self) -> Any:
        lower, upper = map(shapely.get_coordinates, self.walls)
        return shapely.Polygon(np.vstack([lower, upper[::-1]]))

    @property
    def space(self) -> Any:
        return shapely.difference(self.pavement, shapely.union_all(self.obstacles)) if self.obstacles else self.pavement

    @property
    def ends(self) -> tuple[Any, Any]:
        lower, upper = map(shapely.get_coordinates, self.walls)
        return shapely.LineString([lower[0], upper[0]]), shapely.LineString([lower[-1], upper[-1]])

    @property
    def width(self) -> float:
        return width_between_walls(*self.walls, self.obstacles)


def make_corridor(
    rng: np.random.Generator,
    *,
    length: float = 71.0,
    width: float = 2.0,
    step: float = 3.55,
    each: float = 25.0,
    far: bool = True,
) -> Corridor:
    """A pavement that drifts, of about `width`, with a pole, tree pit or bench each so many metres; none near its ends."""
    x = np.linspace(0, length, round(length / step) + 1)
    drift = np.cumsum(rng.normal(0, 0.25, len(x)))
    lower = drift - width / 2 + rng.uniform(-0.15, 0.15, len(x)) * (x > step) * (x < length - step)
    upper = drift + width / 2 + rng.uniform(-0.15, 0.15, len(x)) * (x > step) * (x < length - step)
    lower[[0, -1]], upper[[0, -1]] = drift[[0, -1]] - width / 2, drift[[0, -1]] + width / 2
    things = []
    for at in rng.uniform(4, length - 4, rng.poisson((length - 8) / each) if each else 0):
        middle = np.interp(at, x, drift) + rng.uniform(-0.6, 0.6) * width
        kind = rng.integers(4)
        if kind == 0:
            things.append(disc(at, middle, rng.uniform(0.05, 0.3), corners=int(rng.choice([8, 16, 32]))))
        elif kind == 1:
            things.append(box_turned(at, middle, rng.uniform(0.1, 0.4), rng.uniform(0.1, 0.4), rng.uniform(0, 90)))
        elif kind == 2:
            things.append(box_turned(at, middle, 1.8, 0.5, rng.uniform(-15, 15)))
        else:
            things.append(box_turned(at, middle, 1.0, 1.0, 0))
    place = (turned, rng.uniform(0, 360), rng.uniform(20_000, 280_000, 2)) if far else (turned, 0.0, np.zeros(2))

    def move(geometry: Any) -> Any:
        return shapely.transform(geometry, lambda xy: place[0](xy, place[1]) + place[2])

    walls = move(shapely.linestrings([np.column_stack([x, lower]), np.column_stack([x, upper])]))
    return Corridor((walls[0], walls[1]), tuple(map(move, things)))


# --- by erosion, between two points ---------------------------------------------------------------------------------------


def width_by_erosion(
    spaces: np.ndarray, first: np.ndarray, second: np.ndarray, space: np.ndarray, *, within: float = 1e-4
) -> tuple[np.ndarray, np.ndarray]:
    """Low and high end of the width between points of `spaces[space]`; all pairs are bisected together."""
    polygons = np.asarray(spaces, object)[space]
    rims = shapely.boundary(polygons)
    clear = np.minimum(shapely.distance(rims, shapely.points(first)), shapely.distance(rims, shapely.points(second)))
    low, high = np.zeros(len(polygons)), 2 * clear + within
    for _ in range(max(1, math.ceil(math.log2(max(high.max(initial=0.0), within) / within)))):
        middle = (low + high) / 2
        through = share_a_part(shapely.buffer(polygons, -middle / 2, quad_segs=CHORDS), first, second)
        low, high = np.where(through, middle, low), np.where(through, high, middle)
    return low * SAGITTA, high


def share_a_part(eroded: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether both points lie in one part of each eroded polygon."""
    parts, owner = shapely.get_parts(eroded, return_index=True)
    both = shapely.intersects_xy(parts, first[owner, 0], first[owner, 1])
    both[both] = shapely.intersects_xy(parts[both], second[owner[both], 0], second[owner[both], 1])
    return np.bincount(owner[both], minlength=len(eroded)) > 0


def width_by_capsules(polygon: Any, first: Point, second: Point, guess: float, *, within: float = 5e-4) -> tuple[float, float]:
    """Low and high end of the width, the slow and strict way: a capsule round each edge is taken away from the polygon.

    GEOS smooths shallow corners before it erodes a polygon, by up to a hundredth of the distance, and then leaves too little. A
    capsule has nothing to smooth. The guess saves time, and decides nothing.
    """
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)]
    edges = np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings])
    lines = shapely.linestrings(edges[(edges[:, 0] != edges[:, 1]).any(axis=1)])

    def passes(width: float) -> bool:
        left = shapely.difference(polygon, shapely.union_all(shapely.buffer(lines, width / 2, quad_segs=CHORDS)))
        return bool(share_a_part(np.array([left]), np.array([first]), np.array([second]))[0])

    room = 2 * min(shapely.distance(polygon.boundary, shapely.points([first, second])))
    low, high = guess - within / 2, guess + within / 2
    step = within
    while low > 0 and not passes(low):
        low, high, step = low - step, low, 4 * step
    while high < room and passes(high):
        low, high, step = high, high + step, 4 * step
    low, high = max(low, 0.0), min(high, room + within)
    while high - low > within:
        middle = (low + high) / 2
        low, high = (middle, high) if passes(middle) else (low, middle)
    return low * SAGITTA, high


def draw_pairs(
    spaces: Sequence[Any], rng: np.random.Generator, each: int, *, tries: int = 400
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of points with much room around them, `each` per polygon: first, second, index of the polygon."""
    firsts, seconds, index = [], [], []
    for order, polygon in enumerate(spaces):
        shapely.prepare(polygon)
        west, south, east, north = polygon.bounds
        inside = np.empty((0, 2))
        for _ in range(40):
            some = rng.uniform((west, south), (east, north), (tries * 4, 2))
            inside = np.vstack([inside, some[shapely.contains_xy(polygon, some)]])
            if len(inside) >= tries:
                break
        if len(inside) < 2:
            continue
        room = shapely.distance(shapely.boundary(polygon), shapely.points(inside))
        roomy = inside[np.argsort(-room)[: max(2, len(inside) // 5)]]
        for _ in range(each):
            some = roomy[rng.choice(len(roomy), min(8, len(roomy)), replace=False)]
            gaps = np.hypot(*(some[:, None] - some[None, :]).transpose(2, 0, 1))
            one, other = np.unravel_index(np.argmax(gaps), gaps.shape)  # far apart, so that something lies between
            firsts.append(some[one])
            seconds.append(some[other])
            index.append(order)
    return np.array(firsts).reshape(-1, 2), np.array(seconds).reshape(-1, 2), np.array(index, int)


@dataclass(frozen=True)
class Comparison:
    """Widths against the bracket of the oracle, in metres."""

    over: np.ndarray  # above the high end, 0 where it is not
    under: np.ndarray  # below the low end
    interior: np.ndarray  # what limits lies between the points, not at one of them
    doubtful: int  # pairs for which the strict way had to decide

    def __str__(self) -> str:
        parts = [
            f"{len(self.over)} pairs, {self.interior.mean():.0%} limited between the points, {self.doubtful} decided strictly"
        ]
        for name, values in (("over", self.over), ("under", self.under)):
            parts.append(f"{name}: max {values.max(initial=0) * 100:.3f} cm, p99 {np.percentile(values, 99) * 100:.3f} cm, "
                         f"{int((values > 0.01).sum())} above 1 cm")  # fmt: skip
        return "; ".join(parts)


def compare(found: np.ndarray, spaces: np.ndarray, first: np.ndarray, second: np.ndarray, space: np.ndarray) -> Comparison:
    """Widths of pairs held against erosion; no pair is left out, and one without a width counts as wrong by all of it."""
    spaces = shapely.set_precision(spaces, 0)  # on a grid GEOS would round what it erodes
    low, high = width_by_erosion(spaces, first, second, space)
    polygons = spaces[space]
    rims = shapely.boundary(polygons)
    clear = 2 * np.minimum(shapely.distance(rims, shapely.points(first)), shapely.distance(rims, shapely.points(second)))
    found = np.nan_to_num(found, nan=0.0, posinf=1e3)
    # What GEOS smooths away explains a hundredth of the width; what is farther off is wrong
    doubtful = np.flatnonzero((found > high + 2e-4) & (found < 1.03 * high) | (found < low - 2e-4) & (found > 0.97 * low))
    for pair in doubtful:
        low[pair], high[pair] = width_by_capsules(polygons[pair], first[pair], second[pair], found[pair])
    over, under = np.maximum(found - high, 0), np.maximum(low - found, 0)
    return Comparison(over, under, high < clear - 0.01, len(doubtful))
