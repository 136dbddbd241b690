"""The drawings of the page on widths: `python docs/width_drawings.py` makes them in `docs/widths`, and a test holds them to this.

Pavements are those of the sample street (`sample_data/build_pavements.py`), drawn to scale; every width, gap and length is what
`tg.passable_width` finds on them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from drawing import WIDTH, Drawing

import toegankelijk as tg
from toegankelijk.widths.footprints import obstacle_shapes
from toegankelijk.widths.passable import PassableWidths

HERE = Path(__file__).parent / "widths"
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sample_data"))

from build_pavements import CRS, DRIVEWAY, NORTH, SOUTH, Stretch  # noqa: E402 (it stands beside the sample)

TOP, HOUSES, ROAD = 40, 26, 30
"""Height of the heading, of the strip of houses above a pavement, and of the road below it."""


@dataclass(frozen=True)
class Scene:
    """A stretch seen from above between two places along it, with what was found on it."""

    stretch: Stretch
    start: float
    end: float
    obstacles: gpd.GeoDataFrame
    found: PassableWidths

    @property
    def scale(self) -> float:
        """Pixels to a metre."""
        return WIDTH / (self.end - self.start)

    @property
    def depth(self) -> float:
        """Metres from the kerb to the farthest side."""
        return max(shape.bounds[3] for shape in self.stretch.pavements.values())

    @property
    def bottom(self) -> float:
        """Where the kerb is drawn."""
        return TOP + HOUSES + self.depth * self.scale

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a place is drawn."""
        return round((x - self.start) * self.scale, 1), round(self.bottom - y * self.scale, 1)

    def gap(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Ends of the gap at the narrowest place."""
        ends = shapely.get_coordinates(self.found.pavements.geometry.dropna().iloc[0])
        return (float(ends[0][0]), float(ends[0][1])), (float(ends[1][0]), float(ends[1][1]))

    @property
    def width(self) -> float:
        """Width that was found."""
        return float(self.found.pavements["passable_width"].min())


def pole() -> Drawing:
    """A pole off the middle of a pavement."""
    scene = scene_of("VP-02", 6.5, 13.5)
    pen = start(
        scene,
        "paal",
        "A pole beside the middle",
        f"A pole stands 0.40 m from one edge; on its other side {scene.width:.2f} m stays free.",
    )
    draw_gap(pen, scene)
    draw_disc(pen, scene)
    pen.size(scene.at(10.15, 0), scene.at(10.15, 0.4), "0.40 m", (-60, 4))
    pen.label(*scene.at(8.3, 0.42), "a disc of 1.30 m passes here, so 1.30 m is the width")
    return pen


def tree() -> Drawing:
    """A tree in its pit, with room on both sides."""
    scene = scene_of("VP-06", 5.5, 14.5)
    pen = start(
        scene,
        "boom",
        "A tree: the better side counts",
        f"A tree pit leaves 0.60 m on one side and {scene.width:.2f} m on the other.",
    )
    draw_gap(pen, scene)
    draw_disc(pen, scene)
    pen.size(scene.at(10.0, 0), scene.at(10.0, 0.6), "0.60 m", (60, 4))
    pen.label(*scene.at(12.6, 0.7), "too narrow, and it does not matter")
    return pen


def corner() -> Drawing:
    """The corner of a house opposite a long wall without any corner of its own."""
    scene = scene_of("VP-03", 6.4, 14.6)
    pen = start(
        scene,
        "hoek",
        "A corner opposite a long kerb",
        f"The corner of a house comes within {scene.width:.2f} m of a straight kerb without corners.",
    )
    draw_gap(pen, scene)
    pen.about(*scene.at(11.3, 0.42), "no corner of the kerb here", scene.at(10.4, 0.0))
    return pen


def pocket() -> Drawing:
    """A recess in which nobody walks on."""
    scene = scene_of("VP-08", 5.5, 14.5)
    pen = start(
        scene,
        "nis",
        "A recess leads nowhere",
        f"A recess before a door is 0.70 m wide; the way past it keeps {scene.width:.2f} m.",
    )
    x = 9.95
    pen.size(scene.at(9.6, 2.7), scene.at(10.3, 2.7), "0.70 m", (70, 4))
    pen.size(scene.at(x, 0), scene.at(x, 1.8), "1.80 m", (60, 4))
    centre = scene.at(8.2, 0.9)
    pen.ring(*centre, round(0.9 * scene.scale, 1))
    pen.label(*scene.at(12.6, 0.85), "the way from one side to the other")
    return pen


def block() -> Drawing:
    """A block of houses in the middle of a square, with a way on either side."""
    scene = scene_of("VP-07", -3, 43)
    pen = start(
        scene,
        "blok",
        "Two ways round a block",
        "A block of houses stands on a square: along the kerb runs a way of 1.00 m, behind it one of 1.50 m.",
    )
    for y, width in ((0.5, 1.0), (13.25, 1.5)):
        for x in (12, 28):
            pen.ring(*scene.at(x, y), round(width / 2 * scene.scale, 1))
    pen.label(*scene.at(20, 6.5), "a block of houses, 76 m round")
    pen.size(scene.at(20, 0), scene.at(20, 1.0), "1.00 m", (50, 3))
    pen.size(scene.at(20, 12.5), scene.at(20, 14), "1.50 m", (50, 4))
    return pen


def lengths() -> Drawing:
    """How the length of a narrowing is told, below three widths."""
    scene = scene_of("VP-03", 6.4, 14.6)
    row = scene.found.narrowings.iloc[0]
    extra = 190
    pen = start(
        *(scene, "lengte", "How long is a narrowing?"),
        "Beside the corner of a house the way is narrower than 1.20 m over some length, than 1.50 and 1.80 m over more.",
        extra=extra,
    )
    draw_gap(pen, scene)
    middle = (scene.gap()[0][0] + scene.gap()[1][0]) / 2
    for number, limit in enumerate((1.20, 1.50, 1.80)):
        length = float(row[f"length_below_{limit * 100:.0f}"])
        y = scene.bottom + ROAD + 30 + number * 52
        left, right = (scene.at(middle + side * length / 2, 0)[0] for side in (-1, 1))
        pen.size((left, y), (right, y), f"narrower than {limit:.2f} m: {length:.2f} m long", (0, 20))
    return pen


def bounds() -> Drawing:
    """A bin that is known as a point only."""
    scene = scene_of("VP-14", 6.5, 13.5)
    row = scene.found.pavements.iloc[0]
    low, high = float(row["passable_width_low"]), float(row["passable_width_high"])
    pen = start(
        scene,
        "punt",
        "A thing drawn as a point",
        f"A bin is drawn as a point, so its size has bounds: {low:.2f} to {high:.2f} m stays free.",
    )
    sizes = [float(obstacle_shapes(scene.obstacles, largest=largest)[0].bounds[3]) for largest in (True, False)]
    for place, top in zip((9.6, 10.4), sizes, strict=True):
        pen.line(scene.at(min(place, 10), top), scene.at(max(place, 10), top), dash=True)
        pen.size(scene.at(place, top), scene.at(place, 2), f"{2 - top:.2f} m", (-50 if place < 10 else 50, 4))
    pen.label(*scene.at(12.0, 0.5), "its size is not known: as small")
    pen.label(*scene.at(12.0, 0.32), "or as large as bins can be")
    return pen


def relief() -> Drawing:
    """A bin opposite a lamp."""
    scene = scene_of("VP-09", 6.5, 13.5)
    row = scene.found.narrowings.iloc[0]
    pen = start(
        *(scene, "verplaatsen", "What would help"),
        f"A bin opposite a lamp leaves {row['width']:.2f} m. Without the bin it would be {row['width_without']:.2f} m.",
    )
    draw_gap(pen, scene)
    pen.label(*scene.at(10.6, 1.46), "bin")
    pen.label(*scene.at(10.5, 0.36), "lamp")
    pen.size(scene.at(9.4, 0.5), scene.at(9.4, 2.2), f"{row['width_without']:.2f} m without the bin", (-130, 4))
    pen.line(scene.at(9.4, 0.5), scene.at(10.0, 0.5), dash=True)
    return pen


DRAWINGS: tuple[Callable[[], Drawing], ...] = (pole, tree, corner, pocket, block, lengths, bounds, relief)


@cache
def scene_of(name: str, first: float, last: float) -> Scene:
    """The stretch with a pavement of this name, and its widths."""
    stretch = next(one for one in (*NORTH, *SOUTH) if name in one.pavements)
    ids, kinds = list(stretch.obstacles), [kind for kind, _ in stretch.obstacles.values()]
    shapes = [shape for _, shape in stretch.obstacles.values()]
    obstacles = gpd.GeoDataFrame({"obstacle_type": kinds}, geometry=gpd.GeoSeries(shapes, crs=CRS)).set_axis(ids)
    pavements = gpd.GeoDataFrame(geometry=gpd.GeoSeries(list(stretch.pavements.values()), crs=CRS)).set_axis(
        list(stretch.pavements)
    )
    ends = [shapely.box(-DRIVEWAY, 0, 0, 3), stretch.exit or shapely.box(stretch.length, 0, stretch.length + DRIVEWAY, 3)]
    walkable = gpd.GeoDataFrame(geometry=gpd.GeoSeries(ends, crs=CRS))
    found = tg.passable_width(pavements, obstacles if len(obstacles) else None, walkable=walkable)
    return Scene(stretch, first, last, obstacles, found)


def start(scene: Scene, name: str, title: str, description: str, *, extra: int = 0) -> Drawing:
    """A drawing with houses, pavement, obstacles and road."""
    pen = Drawing(name, title, f"From above: {description}", round(scene.bottom + ROAD + extra))
    pen.head(12, 24, title)
    pen.box(0, TOP, WIDTH, round(scene.bottom - TOP, 1), "building", edge=False)
    pen.box(0, round(scene.bottom, 1), WIDTH, ROAD, "road", edge=False)
    for shape in scene.stretch.pavements.values():
        for ring, fill in ((shape.exterior, "pavement"), *((inner, "building") for inner in shape.interiors)):
            pen.area(*(scene.at(x, y) for x, y in ring.coords[:-1]), fill=fill)
    if len(scene.obstacles):
        for shape, drawn in zip(obstacle_shapes(scene.obstacles, largest=False), scene.obstacles.geometry, strict=True):
            if drawn.geom_type == "Point":
                largest = obstacle_shapes(scene.obstacles, largest=True)[0]
                pen.ring(*scene.at(drawn.x, drawn.y), round((largest.bounds[2] - drawn.x) * scene.scale, 1))
            pen.area(
                *(scene.at(x, y) for x, y in shape.exterior.coords[:-1]),
                fill="green" if "tree" in str(scene.obstacles["obstacle_type"].iloc[0]) else "thing",
            )
    return pen


def draw_gap(pen: Drawing, scene: Scene) -> None:
    """The gap at the narrowest place, with its width."""
    first, last = scene.gap()
    pen.size(scene.at(*first), scene.at(*last), f"{scene.width:.2f} m", (48, 5))


def draw_disc(pen: Drawing, scene: Scene) -> None:
    """The largest disc that passes, at the narrowest place."""
    middle = np.mean(scene.gap(), axis=0)
    pen.ring(*scene.at(*middle), round(scene.width / 2 * scene.scale, 1))


def main() -> None:
    """Write all drawings."""
    HERE.mkdir(exist_ok=True)
    for draw in DRAWINGS:
        drawing = draw()
        (HERE / f"{drawing.name}.svg").write_text(drawing.svg(), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
