"""How long passable widths take, against the centre-line methods of others; how exact both are; growth and memory.

    python benchmarks/passages.py [--quick] [--pairs 5] [--data ../shared/data] [--only gate,space,whole,growth,first]

The method of others is the one published for Amsterdam and New York: a Voronoi centre-line of the densified border, dead ends
dropped, cut to pieces of 2 m, and for each piece twice the mean and the least distance from sampled places to the border. It is
written here anew from its description, on the package `centerline`; a second one takes its line from `pygeoops` and goes on the
same. Both sample with vectorised calls, which is kinder to them than a loop. All get the same free space, and give pieces with
widths and narrowings as tables; theirs hold the whole centre-line, ours the ways between entrances, so the metres of line are
told too. One thread, in turns (A B A B), told as ratios of processor time within a turn. How exact each is comes first.
"""

from __future__ import annotations

import argparse
import importlib
import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))  # before NumPy is loaded

import gc
import itertools
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pygeoops
import shapely
from centerline.exceptions import TooFewRidgesError
from centerline.geometry import Centerline

from toegankelijk import passable_width
from toegankelijk.widths.ways import widest_between

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
oracle: Any = importlib.import_module("widths_oracle")

CRS = "EPSG:28992"
DENSIFY, DEAD_END, SIMPLIFY, PIECE, SAMPLE = 0.5, 5.0, 0.2, 2.0, 1.0  # m, as published
NARROW = 1.8  # m
ORIGIN = (120_000.0, 480_000.0)
Seconds = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the pavements, growth to a tenth")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", default="gate,space,whole,growth,first")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of the other packages
    if given.child:
        tell_memory(given.child)
        return
    names = ("numpy", "scipy", "shapely", "geopandas", "centerline", "pygeoops")
    print(", ".join(f"{name} {version(name)}" for name in names), f"GEOS {shapely.geos_version_string}", sep=", ")
    print(f"Python {sys.version.split()[0]}, one thread; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    parts = given.only.split(",")
    sets = read_sets(given.data, 20 if given.quick else 200) if {"gate", "space", "whole"} & set(parts) else {}
    if "gate" in parts:
        show_exactness(sets)
    if "space" in parts:
        show_space(sets, given.pairs)
    if "whole" in parts:
        show_whole(sets, given.pairs)
    if "growth" in parts:
        show_growth(100_000 if given.quick else 1_000_000)
        show_one_polygon(10_000 if given.quick else 100_000)
    if "first" in parts:
        show_first()
    print(f"load at the end {os.getloadavg()[0]:.1f}")


# --- pavements ------------------------------------------------------------------------------------------------------------


def read_sets(folder: Path, count: int) -> dict[str, tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]]:
    """Pavements and obstacles: made up, and real where they are there."""
    sets = {"synthetic": make_corridors(count)}
    file = folder / "amsterdam-width" / "amsterdam_width.gpkg"
    if file.is_file():
        layer = {name: gpd.read_file(file, layer=name) for name in ("pavement_large", "pavement", "obstacles_pointcloud")}
        sets["Amsterdam, Oost"] = (layer["pavement_large"][["geometry"]], None)
        sets["Amsterdam, Zuid"] = (layer["pavement"][["geometry"]], layer["obstacles_pointcloud"][["geometry"]])
    return sets


def make_corridors(count: int, seed: int = 7) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Pavements of 71 m, about 2 m wide, with a pole, tree pit or bench each 25 m."""
    rng = np.random.default_rng(seed)
    made = [oracle.make_corridor(rng, far=False) for _ in range(count)]
    shifts = np.column_stack([np.arange(count) % 100 * 80.0, np.arange(count) // 100 * 40.0]) + np.array(ORIGIN)

    def move(geometry: Any, shift: np.ndarray) -> Any:
        return shapely.transform(geometry, lambda xy: xy + shift)

    pavements = [move(one.pavement, shift) for one, shift in zip(made, shifts, strict=True)]
    obstacles = [move(thing, shift) for one, shift in zip(made, shifts, strict=True) for thing in one.obstacles]
    return gpd.GeoDataFrame(geometry=pavements, crs=CRS), gpd.GeoDataFrame(geometry=obstacles, crs=CRS)


def free_space(pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Dissolved pavements without obstacles, each part by itself, as the published notebooks do it with geopandas."""
    dissolved = pavements.dissolve().explode(ignore_index=True)
    if obstacles is not None:
        dissolved = gpd.overlay(dissolved, obstacles, how="difference", keep_geom_type=True).explode(ignore_index=True)
    return dissolved[dissolved.area > 5].reset_index(drop=True)[["geometry"]]


# --- the method of others -------------------------------------------------------------------------------------------------


def line_by_centerline(polygon: Any) -> Any:
    """Voronoi centre-line, without dead ends, simplified."""
    try:
        line = Centerline(polygon, interpolation_distance=DENSIFY).geometry
    except TooFewRidgesError:
        return None
    lines = shapely.get_parts(shapely.line_merge(line))
    ends = np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], axis=1)
    xy = shapely.get_coordinates(ends.ravel())
    _, which, times = np.unique(xy, axis=0, return_inverse=True, return_counts=True)
    dangling = (times[which.ravel()] == 1).reshape(-1, 2).any(axis=1)
    kept = lines[~(dangling & (shapely.length(lines) < DEAD_END))]
    kept = kept if len(kept) else lines
    return shapely.simplify(shapely.line_merge(shapely.multilinestrings(kept)), SIMPLIFY)


def line_by_pygeoops(polygon: Any) -> Any:
    """Its centre-line, which drops branches and simplifies by itself."""
    return pygeoops.centerline(polygon)


def measure_pieces(spaces: gpd.GeoDataFrame, line_of: Callable[[Any], Any]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Pieces of centre-line with mean and least width, and those of them that are narrow."""
    tables = []
    for key, polygon in zip(spaces.index, spaces.geometry, strict=True):
        line = line_of(polygon)
        if line is None or line.is_empty:
            continue
        pieces = cut(shapely.get_parts(line))
        rim = polygon.boundary
        shapely.prepare(rim)
        count = np.maximum(np.ceil(shapely.length(pieces) / SAMPLE).astype(int), 1) + 1
        owner = np.repeat(np.arange(len(pieces)), count)
        order = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        places = shapely.line_interpolate_point(pieces[owner], order / (count[owner] - 1), normalized=True)
        width = 2 * shapely.distance(places, rim)
        mean = np.bincount(owner, width) / count
        least = np.minimum.reduceat(width, np.cumsum(count) - count)
        tables.append(pd.DataFrame({"pavement_id": key, "mean_width": mean, "width": least, "geometry": pieces}))
    profile = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=spaces.crs)
    return profile, profile[profile["width"] < NARROW]


def cut(lines: np.ndarray) -> np.ndarray:
    """Lines cut to pieces of at most 2 m."""
    dense = shapely.segmentize(lines, PIECE)
    pieces: list[Any] = []
    for line in dense:
        xy = shapely.get_coordinates(line)
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        stops = np.unique(np.searchsorted(along, np.arange(PIECE, along[-1], PIECE)))
        bounds = np.concatenate([[0], stops[(stops > 0) & (stops < len(xy) - 1)], [len(xy) - 1]])
        pieces += [xy[a : b + 1] for a, b in itertools.pairwise(bounds) if b > a]
    return np.array([shapely.LineString(piece) for piece in pieces], object)


def measure_ours(
    spaces: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    found = passable_width(spaces, obstacles)
    return found.profile, found.narrowings


METHODS: dict[str, Callable[[gpd.GeoDataFrame], tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]]] = {
    "toegankelijk": measure_ours,
    "centerline": lambda spaces: measure_pieces(spaces, line_by_centerline),
    "pygeoops": lambda spaces: measure_pieces(spaces, line_by_pygeoops),
}


# --- exactness ------------------------------------------------------------------------------------------------------------


def show_exactness(sets: dict[str, Any]) -> None:
    """Known widths by all methods, and random pairs of ours against erosion."""
    where = oracle.PLACES["Rijksdriehoek"]
    shapes = [one.placed(**{**where, "x": where["x"] + 700 * order}) for order, one in enumerate(oracle.SHAPES.values())]
    names, true = [one.name for one in shapes], np.array([one.width for one in shapes])
    pavements = gpd.GeoDataFrame(geometry=[one.space for one in shapes], index=names, crs=CRS)
    ends = gpd.GeoDataFrame(geometry=[end for one in shapes for end in one.ends], crs=CRS)
    widths = {"toegankelijk": passable_width(pavements, entrances=ends).pavements["passable_width"].to_numpy()}
    for name in ("centerline", "pygeoops"):
        least = METHODS[name](pavements)[0].groupby("pavement_id")["width"].min()
        widths[name] = least.reindex(names).to_numpy()
    print(f"\nknown widths, m (others: the least of all pieces){'':6}true" + "".join(f"{name:>14}" for name in widths))
    for order, name in enumerate(names):
        print(f"{name:52}{true[order]:8.3f}" + "".join(f"{values[order]:14.3f}" for values in widths.values()))
    for title, take in (("mean error", np.nanmean), ("worst error", np.nanmax)):
        print(f"{title:60}" + "".join(f"{take(np.abs(values - true)):14.4f}" for values in widths.values()))
    print(f"{'worst, too wide':60}" + "".join(f"{np.nanmax(np.maximum(values - true, 0)):14.4f}" for values in widths.values()))
    print(f"{'without a width':60}" + "".join(f"{np.isnan(values).sum():14d}" for values in widths.values()))
    for name, (given, obstacles) in sets.items():
        spaces = free_space(given, obstacles).geometry.to_numpy()[:200]
        first, second, space = oracle.draw_pairs(spaces, np.random.default_rng(3), max(2, 400 // len(spaces)))
        found = widest_between(spaces, first, second, space)
        print(f"against erosion, {name}: {oracle.compare(found, spaces, first, second, space)}")


# --- speed ----------------------------------------------------------------------------------------------------------------


def show_space(sets: dict[str, Any], pairs: int) -> None:
    """Free space in, pieces and narrowings out."""
    for name, (given, obstacles) in sets.items():
        spaces = free_space(given, obstacles)
        print(f"\n{name}: {len(spaces)} free spaces, {shapely.get_num_coordinates(spaces.geometry).sum():,} vertices")
        show_ratios({method: lambda run=run, spaces=spaces: run(spaces) for method, run in METHODS.items()}, pairs)


def show_whole(sets: dict[str, Any], pairs: int) -> None:
    """Pavements and obstacles in, tables out: dissolving and overlay are part of it."""
    for name, (given, obstacles) in sets.items():

        def theirs(line_of: Callable[[Any], Any], given: Any = given, obstacles: Any = obstacles) -> Any:
            return measure_pieces(free_space(given, obstacles), line_of)

        print(f"\n{name}, whole: {len(given)} pavements, {0 if obstacles is None else len(obstacles)} obstacles")
        steps = {
            "toegankelijk": lambda given=given, obstacles=obstacles: measure_ours(given, obstacles),
            "centerline": lambda theirs=theirs: theirs(line_by_centerline),
            "pygeoops": lambda theirs=theirs: theirs(line_by_pygeoops),
        }
        show_ratios(steps, pairs)


def show_ratios(steps: dict[str, Callable[[], Any]], pairs: int) -> None:
    sizes = {}
    for name, step in steps.items():
        profile, narrowings = step()
        sizes[name] = f"{len(profile):,} pieces, {profile.length.sum():,.0f} m, {len(narrowings):,} narrowings"
    seconds = in_turns(steps, pairs=pairs)
    for name, values in seconds.items():
        print(f"{name:14}{ratio(values, seconds['toegankelijk']):>28} x  ({statistics.median(values):.3f} s; {sizes[name]})")


def in_turns(steps: dict[str, Callable[[], object]], *, pairs: int) -> Seconds:
    """Seconds of the processor for each step, taken in turns; each has run before.

    One thread does the work, so on an idle machine they are those of the clock; on a busy one they hold better.
    """
    seconds: Seconds = {name: [] for name in steps}
    for _ in range(pairs):
        for name, step in steps.items():
            gc.collect()
            start = time.process_time()
            step()
            seconds[name].append(time.process_time() - start)
    return seconds


def ratio(values: list[float], others: list[float]) -> str:
    """Median and range of the ratio within each turn."""
    ratios = [a / b for a, b in zip(values, others, strict=True)]
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f}-{max(ratios):.1f})"


# --- growth ---------------------------------------------------------------------------------------------------------------


def make_spaces(vertices: int) -> gpd.GeoDataFrame:
    """Free spaces of about so many vertices in all."""
    pavements, obstacles = make_corridors(max(1, vertices // 60))
    tree = shapely.STRtree(obstacles.geometry.to_numpy())
    shapes = pavements.geometry.to_numpy()
    row, thing = tree.query(shapes, predicate="intersects")
    taken = pd.Series(obstacles.geometry.to_numpy()[thing]).groupby(row).agg(lambda group: shapely.union_all(group.to_numpy()))
    shapes[taken.index] = shapely.difference(shapes[taken.index], taken.to_numpy())
    parts = shapely.get_parts(shapes)
    total = np.cumsum(shapely.get_num_coordinates(parts))
    return gpd.GeoDataFrame(geometry=parts[: np.searchsorted(total, vertices) + 1], crs=CRS)


def show_growth(most: int) -> None:
    """Time per vertex as there are more pavements of the same kind."""
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size <= most]
    layers = {size: make_spaces(size) for size in sizes}
    vertices = {size: int(shapely.get_num_coordinates(layer.geometry).sum()) for size, layer in layers.items()}
    for title, run in (("passable_width", measure_ours), ("widest_between", between_ends)):
        run(layers[sizes[0]])
        # a small layer is over before the clock is steady: it runs several times
        times = {size: max(1, 100_000 // size) for size in sizes}
        seconds = in_turns(
            {
                str(size): lambda layer=layer, run=run, n=times[size]: [run(layer) for _ in range(n)]
                for size, layer in layers.items()
            },
            pairs=3,
        )
        cost = {size: [value / times[size] / vertices[size] for value in seconds[str(size)]] for size in sizes}
        print(f"\n{title}, cost per vertex against that at 10,000 (aim <= 1.2 at 1,000,000):")
        for size in sizes:
            middle = statistics.median(cost[size]) * 1e6
            print(f"{vertices[size]:>10,} vertices {ratio_fine(cost[size], cost[sizes[0]])} ({middle:.1f} us)")
    for size in sizes:
        print(f"most memory, {size:>9,} vertices: {memory_of(size)}")


def ratio_fine(values: list[float], others: list[float]) -> str:
    ratios = [a / b for a, b in zip(values, others, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def between_ends(layer: gpd.GeoDataFrame) -> Any:
    """A way of no length in each space: the kernel without ways and tables."""
    shapes = layer.geometry.to_numpy()
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes))
    found = widest_between(shapes, inside, inside, np.arange(len(shapes)))
    return found, found


def show_one_polygon(most: int) -> None:
    """Time per vertex as one pavement grows: a street grid with a pavement round each block, and one long pavement."""
    for title, make in (("street grid", make_grid), ("one long pavement", make_snake)):
        print(f"\n{title}, one polygon:")
        base = None
        for size in (1_000, 3_000, 10_000, 30_000, 100_000):
            if size > most:
                break
            layer = make(size)
            count = int(shapely.get_num_coordinates(layer.geometry).sum())
            start = time.process_time()
            profile, narrowings = measure_ours(layer)
            cost = (time.process_time() - start) / count
            base = base or cost
            print(f"{count:>10,} vertices, cost per vertex {cost / base:5.2f} x ({cost * count:.2f} s; "
                  f"{len(profile):,} pieces, {len(narrowings):,} narrowings)")  # fmt: skip


def make_grid(vertices: int) -> gpd.GeoDataFrame:
    """Blocks of 40 m, 4 m apart, with about 50 vertices each."""
    rng = np.random.default_rng(1)
    side = max(1, round((vertices / 50) ** 0.5))
    corner = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * 44.0 + 4
    blocks = shapely.segmentize(shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 40, corner[:, 1] + 40), 3.3)
    rings = [shapely.get_coordinates(block)[:-1] for block in blocks]
    closed = [shapely.Polygon(ring + rng.uniform(-0.5, 0.5, ring.shape)) for ring in rings]
    whole = shapely.difference(shapely.box(0, 0, side * 44 + 4, side * 44 + 4), shapely.multipolygons(closed))
    return gpd.GeoDataFrame(geometry=[shapely.transform(whole, lambda xy: xy + np.array(ORIGIN))], crs=CRS)


def make_snake(vertices: int) -> gpd.GeoDataFrame:
    """One pavement with a thing each 25 m."""
    made = oracle.make_corridor(np.random.default_rng(2), length=vertices * 1.1, far=False)
    space = max(shapely.get_parts(made.space), key=shapely.area)
    return gpd.GeoDataFrame(geometry=[shapely.transform(space, lambda xy: xy + np.array(ORIGIN))], crs=CRS)


# --- in a Python of its own -----------------------------------------------------------------------------------------------


FIRST = """
import time
start = time.perf_counter()
import geopandas as gpd, shapely, toegankelijk
toegankelijk.passable_width
took = [time.perf_counter() - start]
pavements = gpd.GeoDataFrame(geometry=[shapely.box(x, 0, x + 50, 2) for x in range(0, 500, 100)], crs="EPSG:31370")
poles = gpd.GeoDataFrame(geometry=[shapely.box(x, 0.4, x + 0.3, 0.7) for x in range(20, 500, 100)], crs="EPSG:31370")
for _ in range(3):
    start = time.perf_counter()
    toegankelijk.passable_width(pavements, poles)
    took.append(time.perf_counter() - start)
print("imports {:.2f} s, first call {:.3f} s, then {:.3f} s and {:.3f} s".format(*took))
"""


def show_first() -> None:
    """The first call on a small input, in a fresh Python."""
    said = subprocess.run([sys.executable, "-c", FIRST], check=True, capture_output=True, text=True).stdout.strip()
    print(f"\nfive pavements, fresh Python (aim: first call <= 2 s beyond imports): {said}")


def memory_of(size: int) -> str:
    command = [sys.executable, __file__, "--child", str(size)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def tell_memory(vertices: int) -> None:
    layer = make_spaces(vertices)
    before = most_memory()
    measure_ours(layer)
    after = most_memory()
    count = shapely.get_num_coordinates(layer.geometry).sum()
    print(f"{after:.0f} MiB, {before:.0f} before the call: {(after - before) * 2**20 / count:,.0f} bytes per vertex")


def most_memory() -> float:
    """Most MiB that this process held; Linux hands the figure of getrusage down from the parent, so not that one."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return float(lines["VmHWM"].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2 ** (20 if sys.platform == "darwin" else 10)


if __name__ == "__main__":
    main()
