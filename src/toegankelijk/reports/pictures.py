"""Pictures of spots: what lies and stands round a bottleneck, drawn to scale as a small SVG with a text alternative.

Only what the city delivered is drawn. The place that fails is marked by a thick outline and an exclamation mark, what stands near
it by numbers with a key, so that nothing hangs on colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import charts, schema
from toegankelijk.gaps import BETWEEN, gaps_to_draw
from toegankelijk.labels import kind_names, label, number, word

SIZE = (320.0, 240.0)
"""Width and height of a picture, in its own units."""

HALVES = (9.0, 14.0, 21.0)
"""Half widths in metres of the ground that is drawn: the first that shows something beside the object itself."""

FARTHEST = 32.0
"""Greatest half width at which an object is drawn as a whole; of a larger one it is a part."""

AROUND_GAP = 5.0
"""Half width where a gap is shown: it is a matter of centimetres."""

MOST = 6
"""Most things near a spot that have a number."""

ALARM, INK = "#8f1414", "#1a1a1a"
"""Colour of the place that fails, and of what is written."""

GROUND: Mapping[str, tuple[str, str, float]] = {
    "road_area": ("#ecebe6", "#c4c2ba", 0.0),
    "street": ("#dcdde0", "none", 5.0),
    "carriageway": ("#dcdde0", "#a9abb0", 0.0),
    "cycle_path": ("#ead9cf", "#b99a88", 1.5),
    "driveway": ("#e2dfd4", "#b9b4a2", 2.5),
    "traffic_island": ("#f1eee6", "#8f8c84", 0.0),
    "car_park": ("#dfe6ef", "#9aa7b8", 3.0),
    "footway": ("#f6ecd0", "#a8966a", 1.5),
    "parking_bay": ("#cfe0f3", "#43699a", 0.0),
    "crossing": ("#ffffff", "#8d9299", 3.0),
    "stairs": ("#e9e3f1", "#8d7cab", 2.0),
    "ramp": ("#d5e6d6", "#3f6b46", 1.5),
    "building": ("#bdb6ab", "#6f695f", 0.0),
}
"""What lies, from the bottom up: fill, outline, and the width in metres of what is delivered as a line without one."""

EDGES: Mapping[str, tuple[str, float]] = {"kerb_line": ("#7d8086", 1.0), "kerb": ("#3d4046", 1.6), "tactile": ("#6b5a00", 2.2)}
"""What is drawn as a line: colour and width."""

THINGS = ("obstacle", "rest_place", "stop", "control", "entrance", "anchor", "passage", "kerb", "tactile")
"""Kinds that stand somewhere and get a number."""


_SHOWN = {*GROUND, *EDGES, *THINGS}

WINDS = ("e", "ne", "n", "nw", "w", "sw", "s", "se")
"""Directions, turning left from the east."""


@dataclass(frozen=True)
class Spot:
    """A picture of a spot.

    Parameters
    ----------
    chart
        The drawing, with its text alternative.
    key
        What the numbers in it stand for: number and name.
    """

    chart: charts.Chart
    key: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Drawn:
    """A layer as it is drawn: its shapes and ids, how wide its lines are (NaN if not known), and what obstacles are."""

    shapes: npt.NDArray[np.object_]
    ids: list[str]
    widths: npt.NDArray[np.float64]
    types: list[str]
    tree: shapely.STRtree

    @classmethod
    def of(cls, layer: gpd.GeoDataFrame) -> _Drawn:
        """A layer, as it was delivered."""
        shapes = layer.geometry.to_numpy()
        width = np.full(len(layer), np.nan)
        for name in ("route_width_low", "route_width"):
            if name in layer:
                given = pd.to_numeric(layer[name], errors="coerce").to_numpy(float, na_value=np.nan)
                width = np.where(given > 0, given, width)
        types = schema.texts(layer, "obstacle_type").tolist()
        return cls(shapes, [str(one) for one in layer.index], width, types, shapely.STRtree(shapes))

    def inside(self, window: _Window) -> list[int]:
        """Places of what lies in a window, in a steady order."""
        found: list[int] = np.sort(self.tree.query(shapely.box(*window.box), predicate="intersects")).tolist()
        return found


Layers = Mapping[str, _Drawn]


@dataclass(frozen=True)
class _Window:
    """Ground that is drawn, and how metres become units."""

    x: float
    y: float
    half: float

    @property
    def scale(self) -> float:
        return SIZE[0] / (2 * self.half)

    @property
    def box(self) -> tuple[float, float, float, float]:
        tall = self.half * SIZE[1] / SIZE[0]
        return (self.x - self.half, self.y - tall, self.x + self.half, self.y + tall)

    def at(self, points: np.ndarray) -> np.ndarray:
        """Places in the picture: from its top left corner, downwards."""
        west, _, _, north = self.box
        moved = (np.atleast_2d(points) - (west, north)) * (self.scale, -self.scale)
        return np.round(moved, 1)

    def path(self, shape: shapely.Geometry) -> str:
        """The part of a shape that is in the window, as an SVG path."""
        west, south, east, north = self.box
        edge = 20 / self.scale  # outlines of what goes on outside stay outside
        shape = shapely.clip_by_rect(shapely.make_valid(shape), west - edge, south - edge, east + edge, north + edge)
        shape = shapely.simplify(shape, 0.3 / self.scale)
        return "".join(_run(self.at(shapely.get_coordinates(part)), closed) for part, closed in _runs(shape))


def draw_spots(city: schema.City, bottlenecks: gpd.GeoDataFrame, *, lang: str = "nl") -> dict[str, Spot]:
    """A picture of the spot of each bottleneck.

    Parameters
    ----------
    city
        The measured city that they were found in.
    bottlenecks
        Rows of the table of bottlenecks, with a point each.
    lang
        Language of the texts.

    Returns
    -------
    dict
        Pictures by ``bottleneck_id``; a bottleneck without a place has none.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> screening = screen(sample_city(), lang="en")
    >>> spots = draw_spots(screening.city, screening.table.head(1), lang="en")
    >>> [spot.chart.text for spot in spots.values()][0][:44]
    'Drawing of the spot, 42 m wide, north is up.'
    """
    kind = bottlenecks["kind"]  # a narrowing and its pavement each show the gap
    found = [gaps_to_draw(city, bottlenecks[kind == one], lang=lang) for one in ("narrowing", "footway")]
    gaps = pd.concat([part.reset_index() for part in found]).drop_duplicates("bottleneck_id").set_index("bottleneck_id")
    layers = {kind: _Drawn.of(layer) for kind, layer in {**city.context, **city.layers}.items() if kind in _SHOWN and len(layer)}
    own = {kind: layer.geometry for kind, layer in city.layers.items()}
    spots = {}
    for row in bottlenecks.itertuples():
        if row.geometry is None or row.geometry.is_empty:
            continue
        gap = gaps.loc[row.bottleneck_id] if row.bottleneck_id in gaps.index else None
        spots[str(row.bottleneck_id)] = _draw(row, _shape_of(row, own.get(row.kind)), gap, layers=layers, lang=lang)
    return spots


def _draw(row: Any, shape: shapely.Geometry, gap: pd.Series | None, *, layers: Layers, lang: str) -> Spot:
    """The picture of one bottleneck."""
    window = _window(row, shape, gap, layers)
    near = _things(row, layers, window, gap, lang)
    shapes = ['<rect width="320" height="240" fill="#fbfaf7"/>']
    shapes += [part for kind in GROUND if kind in layers for part in _ground(kind, layers[kind], window)]
    shapes += [part for kind in EDGES if kind in layers for part in _edges(kind, layers[kind], window)]
    shapes += _frame(window, lang)
    shapes += _things_drawn(near, window)
    shapes += _mark(row, shape, gap, window)
    kinds = kind_names(lang)
    texts = {"metres": number(2 * window.half, lang, digits=0), "object": f"{kinds.get(row.kind, row.kind)} {row.object_id}"}
    said = [label("picture.about", lang, **texts)]
    if gap is not None:
        said.append(label("picture.gap", lang, width=gap["width"], limits=gap["limits"]))
    if near:
        said.append(label("picture.near", lang, things="; ".join(thing["said"] for thing in near)))
    numbers: dict[str, list[str]] = {}
    for order, thing in enumerate(near, start=1):
        numbers.setdefault(thing["name"], []).append(str(order))
    key = tuple((", ".join(orders), name) for name, orders in numbers.items())
    return Spot(charts.picture(shapes, SIZE, text=" ".join(said)), key)


def _shape_of(row: Any, shapes: gpd.GeoSeries | None) -> shapely.Geometry:
    """The object of a bottleneck as delivered; the point of the bottleneck where it is not there."""
    if shapes is None or row.object_id not in shapes.index:
        return row.geometry
    shape = shapes.loc[row.object_id]
    shape = shape.iloc[0] if isinstance(shape, pd.Series) else shape
    return row.geometry if shape is None or shape.is_empty else shape


def _window(row: Any, shape: shapely.Geometry, gap: pd.Series | None, layers: Layers) -> _Window:
    """Ground to draw: the whole object if it is not too large, else what is round the bottleneck."""
    if gap is not None:
        middle = gap.geometry.centroid
        return _Window(middle.x, middle.y, AROUND_GAP)
    west, south, east, north = shape.bounds
    half = max(east - west, (north - south) * SIZE[0] / SIZE[1]) / 2 * 1.15
    if half > FARTHEST:
        return _Window(row.geometry.x, row.geometry.y, HALVES[-1])
    fitting = [_Window((west + east) / 2, (south + north) / 2, max(half, wide)) for wide in HALVES]
    return next((window for window in fitting if _shows(row, layers, window)), fitting[0])


def _shows(row: Any, layers: Layers, window: _Window) -> bool:
    """Whether there is anything to see beside the object itself."""
    own = {(row.kind, str(row.object_id))}
    seen = ((kind, layer) for kind, layer in layers.items() if kind in GROUND or kind in THINGS)
    return any((kind, layer.ids[place]) not in own for kind, layer in seen for place in layer.inside(window))


def _ground(kind: str, layer: _Drawn, window: _Window) -> Iterator[str]:
    """Areas, and lines as wide as they are."""
    fill, outline, usual = GROUND[kind]
    for place in layer.inside(window):
        given = shape = layer.shapes[place]
        if shapely.get_dimensions(shape) == 0:
            continue
        if shapely.get_dimensions(shape) == 1:
            width = usual if math.isnan(layer.widths[place]) else max(layer.widths[place], 0.4)
            shape = shapely.buffer(shape, width / 2, cap_style="round" if kind == "footway" else "flat")
        if path := window.path(shape):
            yield f'<path d="{path}" fill="{fill}" fill-rule="evenodd" stroke="{outline}" stroke-width="1"/>'
            if kind in ("crossing", "stairs"):
                yield _stripes(given, window, GROUND[kind])


def _stripes(shape: shapely.Geometry, window: _Window, style: tuple[str, str, float]) -> str:
    """Bars of a crossing and steps of stairs."""
    if shapely.get_dimensions(shape) != 1 or not (path := window.path(shape)):
        return ""
    wide = style[2] * window.scale * 0.8
    step = max(0.5 * window.scale, 3)
    return (
        f'<path d="{path}" fill="none" stroke="{style[1]}" stroke-width="{wide:.1f}" stroke-dasharray="{step:.1f} {step:.1f}"/>'
    )


def _edges(kind: str, layer: _Drawn, window: _Window) -> Iterator[str]:
    colour, width = EDGES[kind]
    for place in layer.inside(window):
        shape = layer.shapes[place]
        if shapely.get_dimensions(shape) and (path := window.path(shape)):
            yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _things(row: Any, layers: Layers, window: _Window, gap: pd.Series | None, lang: str) -> list[dict[str, Any]]:
    """What stands near, nearest first: its name, where, and whether moving it is the remedy."""
    kinds, found = kind_names(lang), []
    middle = gap.geometry.centroid if gap is not None else row.geometry
    movable = set(str(gap["movable_id"]).split(BETWEEN)) if gap is not None else set()
    for kind, layer in ((kind, layers[kind]) for kind in THINGS if kind in layers):
        for place in layer.inside(window):
            shape, object_id, what = layer.shapes[place], layer.ids[place], layer.types[place]
            if shapely.get_dimensions(shape) == 1 or (kind, object_id) == (row.kind, str(row.object_id)):
                continue
            spot = shape if shape.geom_type == "Point" else shape.representative_point()
            name = word("obstacle", what, lang) if what else kinds.get(kind, kind)
            moved = object_id in movable
            name = label("picture.move", lang, thing=name) if moved else name
            away, where = middle.distance(spot), _wind(middle, spot, lang)
            metres = number(away, lang, digits=0 if away >= 1 else 1)
            said = label("picture.thing", lang, thing=f"{name} {object_id}", metres=metres, direction=where)
            found.append({"away": away, "name": name, "said": said, "shape": shape, "spot": spot, "moved": moved})
    found.sort(key=lambda thing: (not thing["moved"], thing["away"], thing["said"]))
    return found[:MOST]


def _wind(start: shapely.Point, end: shapely.Point, lang: str) -> str:
    turn = math.atan2(end.y - start.y, end.x - start.x)
    return label(f"picture.{WINDS[round(turn / (math.pi / 4)) % 8]}", lang)


def _things_drawn(things: list[dict[str, Any]], window: _Window) -> Iterator[str]:
    for order, thing in enumerate(things, start=1):
        shape, spot = thing["shape"], thing["spot"]
        if shapely.get_dimensions(shape) == 2 and (path := window.path(shape)):
            yield f'<path d="{path}" fill="#8a8f96" stroke="{INK}"/>'
        x, y = window.at(np.array([[spot.x, spot.y]]))[0]
        fill, edge, dashes = ("#ffffff", ALARM, ' stroke-dasharray="3 2"') if thing["moved"] else ("#33373d", "#ffffff", "")
        yield f'<circle cx="{x}" cy="{y}" r="8" fill="{fill}" stroke="{edge}" stroke-width="1.5"{dashes}/>'
        paint = f'fill="{INK if thing["moved"] else "#ffffff"}" font-size="11" font-weight="700" text-anchor="middle"'
        yield f'<text x="{x}" y="{y + 4:.1f}" {paint}>{order}</text>'


def _mark(row: Any, shape: shapely.Geometry, gap: pd.Series | None, window: _Window) -> Iterator[str]:
    """The outline of what fails, an exclamation mark at the place, and the value."""
    dimension = shapely.get_dimensions(shape)
    path = window.path(gap.geometry if gap is not None else shape) if dimension or gap is not None else ""
    for colour, width in (("#ffffff", 7), (ALARM, 3.5)) if path else ():
        dashes = "" if gap is not None or colour != ALARM else ' stroke-dasharray="9 3"'
        yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"{dashes}/>'
    place = gap.geometry.centroid if gap is not None else row.geometry
    x, y = window.at(np.array([[place.x, place.y]]))[0]
    x, y = min(max(x, 20), SIZE[0] - 20), min(max(y, 24), SIZE[1] - 24)
    if dimension == 0 and gap is None:
        yield f'<circle cx="{x}" cy="{y}" r="13" fill="none" stroke="#ffffff" stroke-width="6"/>'
        yield f'<circle cx="{x}" cy="{y}" r="13" fill="none" stroke="{ALARM}" stroke-width="3"/>'
        y -= 22 if y > 60 else -22
    elif gap is not None:
        x += 22
    yield f'<circle cx="{x}" cy="{y}" r="9" fill="{ALARM}" stroke="#ffffff" stroke-width="1.5"/>'
    yield f'<text x="{x}" y="{y + 5:.1f}" fill="#ffffff" font-weight="700" text-anchor="middle" font-size="14">!</text>'


def _frame(window: _Window, lang: str) -> Iterator[str]:
    """North, a scale, and the edge."""
    long = next(metres for metres in (20, 10, 5, 2, 1) if metres * window.scale <= SIZE[0] * 0.36)
    end = 12 + long * window.scale
    said = escape(f"{number(long, lang, digits=0)} m")
    yield f'<rect x="6" y="212" width="{end + 44:.1f}" height="22" fill="#ffffff" fill-opacity="0.85"/>'
    yield f'<path d="M12 219V227H{end:.1f}V219" fill="none" stroke="{INK}" stroke-width="1.5"/>'
    yield f'<text x="{end + 6:.1f}" y="228" fill="{INK}" font-size="12">{said}</text>'
    yield '<rect x="290" y="4" width="26" height="36" fill="#ffffff" fill-opacity="0.85"/>'
    yield f'<path d="M303 7L309 24L303 20L297 24Z" fill="{INK}"/>'
    yield f'<text x="303" y="37" fill="{INK}" font-size="12" text-anchor="middle">{escape(label("picture.north", lang))}</text>'
    yield f'<rect x="0.5" y="0.5" width="319" height="239" fill="none" stroke="{INK}"/>'


def _runs(shape: shapely.Geometry) -> Iterator[tuple[shapely.Geometry, bool]]:
    """Rings and lines of a shape, and whether they close."""
    for part in shapely.get_parts(shape):
        if part.geom_type in ("MultiPolygon", "MultiLineString", "GeometryCollection"):
            yield from _runs(part)
        elif part.geom_type == "Polygon":
            yield part.exterior, True
            yield from ((ring, True) for ring in part.interiors)
        elif part.geom_type in ("LineString", "LinearRing"):
            yield part, False


def _run(points: np.ndarray, closed: bool) -> str:
    if len(points) < 2:
        return ""
    said = "L".join(f"{x:g} {y:g}" for x, y in points)
    return f"M{said}Z" if closed else f"M{said}"
