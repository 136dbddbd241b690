"""A made-up district of any size, for the benchmarks: zones in level areas, and objects with what cities know of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.norm import read_norm
from toegankelijk.schema import City

CRS = "EPSG:31370"
CORNER = np.array([220_000.0, 178_000.0])
CELL = 2_000.0  # m; one zone to a cell
SIDE = 4  # cells along each side, so 16 zones
RADIUS = 1_080.0  # m; neighbouring zones overlap a little, corners of cells lie outside
RINGS = {"A": (0.0, 0.45), "B": (0.45, 0.75), "C": (0.75, 1.0)}  # shares of the radius; the ring of B is two areas
MISSING = 0.2  # share of cells that hold nothing
BOUNDED = 0.1  # share of kerbs of which only "lowered" is known
LOWERED = ("verlaagd", 3.0)

SHARES = {
    "footway": 0.25,
    "crossing": 0.08,
    "crossing_end": 0.16,
    "kerb": 0.08,
    "obstacle": 0.12,
    "rest_place": 0.08,
    "stop": 0.05,
    "parking_bay": 0.06,
    "passage": 0.04,
    "entrance": 0.04,
    "stairs": 0.02,
    "ramp": 0.02,
}

# Per kind: a range of numbers, the chance of true, or the classes. Criteria on anything else stay unknown, as in a real city.
KNOWN: dict[str, dict[str, tuple[float, float] | float | list[str]]] = {
    "footway": {
        "route_width": (0.7, 3.0),
        "gross_width": (1.0, 4.0),
        "min_passage_width": (0.6, 2.5),
        "unevenness": (0.0, 3.0),
        "cross_slope": (0.0, 5.0),
        "running_slope": (0.0, 8.0),
        "rest_gap": (20.0, 500.0),
        "surface": ["asphalt", "concrete", "paving_stones", "sett", "cobblestone"],
        "built_up_area": 0.9,
        "overhead_object": 0.1,
        "has_driveway": 0.3,
    },
    "crossing": {
        "crossing_length": (3.0, 15.0),
        "maxspeed": (30.0, 70.0),
        "lanes": (1.0, 4.0),
        "refuge_present": 0.2,
        "signals": 0.2,
        "zebra": 0.6,
        "crossing_marked": 0.7,
        "lit": 0.8,
    },
    "crossing_end": {
        "kerb_height": (0.0, 15.0),
        "dropped_kerb_width": (0.0, 3.0),
        "kerb_ramp_slope": (0.0, 15.0),
        "rise": (0.0, 0.2),
        "has_kerb_ramp": 0.5,
        "tactile_warning": 0.3,
    },
    "kerb": {"level_difference": (0.0, 15.0), "rise": (0.0, 0.2)},
    "obstacle": {"obstacle_lower_edge": (0.0, 250.0), "sticks_out": 0.2, "outside_walkway": 0.6},
    "rest_place": {"seat_height": (0.3, 0.6), "beside_width": (0.0, 1.5), "backrest": 0.7, "armrest": 0.5, "sheltered": 0.2},
    "stop": {
        "platform_height": (0.0, 25.0),
        "boarding_depth": (1.0, 4.0),
        "shelter_passage": (0.5, 2.0),
        "approach_step": (0.0, 5.0),
        "boarding_tile": 0.4,
        "guide_to_tile": 0.3,
        "shelter": 0.6,
        "bench": 0.5,
        "bus_swings_in": 0.2,
    },
    "parking_bay": {"bay_width": (2.0, 4.0), "bay_length": (4.5, 7.0), "parallel_bay": 0.5, "sign": 0.9, "marking": 0.7},
    "passage": {"passage_width": (0.7, 2.0), "bollards": 0.6, "chicane": 0.3},
    "entrance": {"entrance_step": (0.0, 20.0), "public_building": 0.3},
    "stairs": {"riser": (12.0, 22.0), "going": (20.0, 40.0), "handrail_sides": ["both", "left", "none"], "top_warning": 0.2},
    "ramp": {"ramp_slope": (2.0, 15.0), "rise": (0.05, 1.0), "ramp_width": (0.8, 2.0), "handrail_sides": ["both", "none"]},
}


def make_city(objects: int, *, seed: int = 1) -> City:
    """A city with about this many objects in 16 zones of four level areas each."""
    random = np.random.default_rng(seed)
    zones, areas = make_zones()
    layers = {kind: _layer(kind, max(1, round(objects * share)), random) for kind, share in SHARES.items()}
    layers["crossing_end"] = _ends(layers["crossing"], layers["crossing_end"])
    layers["zone"] = gpd.GeoDataFrame(geometry=zones.geometry.rename_axis("object_id"))
    return City(name="made up", crs=zones.crs, layers=layers, zones=zones, areas=areas)


def make_zones() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Zones with wavy borders, and in each a core of level A, two halves of a ring of level B, and a rim of level C."""
    zones, areas = [], []
    for number in range(SIDE * SIDE):
        centre = CORNER + (np.array(divmod(number, SIDE)) + 0.5) * CELL
        discs = {share: _disc(centre, share, number) for _, share in RINGS.values()}
        west = shapely.box(*(centre - 2 * RADIUS), centre[0], centre[1] + 2 * RADIUS)
        zone_id = f"Z{number:02}"
        zones.append({"zone_id": zone_id, "name": f"zone {number}", "assumed": False, "geometry": discs[1.0]})
        for level, (inner, outer) in RINGS.items():
            ring = discs[outer] if inner == 0 else discs[outer].difference(discs[inner])
            parts = [ring.intersection(west), ring.difference(west)] if level == "B" else [ring]
            for i, part in enumerate(parts):
                areas.append({"area_id": f"{zone_id}-{level}{i}", "zone_id": zone_id, "level": level, "geometry": part})
    settled = gpd.GeoDataFrame(areas, crs=CRS).set_index("area_id").assign(approved="", assumed=False)
    return gpd.GeoDataFrame(zones, crs=CRS).set_index("zone_id"), settled


def write_files(city: City, folder: Path) -> Path:
    """Write a city as one GeoPackage with a city.toml beside it; a kerb known only as lowered is a word among the numbers."""
    path = folder / "district.gpkg"
    lines = ["[city]", 'name = "made up"', f'crs = "{CRS}"', "date = 2026-05-01"]
    source = 'source = "district.gpkg"'
    lines += ["[zones]", source, 'layer = "zones"', 'id = "zone_id"', 'name = "name"']
    lines += ["[areas]", source, 'layer = "areas"', 'id = "area_id"', 'zone = "zone_id"', 'level = "level"']
    city.zones.reset_index().to_file(path, layer="zones")
    city.areas.reset_index().to_file(path, layer="areas")
    for kind, layer in city.layers.items():
        if kind == "zone":
            continue
        frame = layer.drop(columns=[name for name in layer if name.endswith(("_low", "_high"))]).reset_index()
        lines += ["[[layers]]", f'kind = "{kind}"', source, f'layer = "{kind}"', 'id = "object_id"', "[layers.columns]"]
        for name in [*KNOWN[kind], "street", *(["parent_id"] if "parent_id" in frame else [])]:
            if f"{name}_high" in layer:
                words = frame[name].map("{:g}".format, na_action="ignore").astype("object")
                frame[name] = words.mask(layer[f"{name}_high"].notna().to_numpy(), LOWERED[0])
                lines += [f'{name} = {{ column = "{name}", codes = {{ {LOWERED[0]} = "..{LOWERED[1]:g}" }} }}']
            else:
                lines += [f'{name} = "{name}"']
        frame.to_file(path, layer=kind)
    config = folder / "city.toml"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


def _disc(centre: np.ndarray, share: float, number: int) -> shapely.Polygon:
    turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    radius = share * RADIUS * (1 + 0.08 * np.sin(5 * turn + number))
    return shapely.Polygon(centre + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1))


def _layer(kind: str, count: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    columns: dict[str, object] = {}
    for name, values in KNOWN[kind].items():
        missing = random.random(count) < MISSING
        if isinstance(values, list):
            columns[name] = pd.Series(random.choice(values, count), dtype="str").mask(missing)
        elif isinstance(values, tuple):
            columns[name] = np.where(missing, np.nan, random.uniform(*values, count).round(2))
        else:
            columns[name] = pd.array(random.random(count) < values, dtype="boolean")
            columns[name][missing] = pd.NA
    if kind in ("crossing_end", "kerb"):
        name = next(iter(KNOWN[kind]))
        lowered = random.random(count) < BOUNDED
        columns[name] = np.where(lowered, np.nan, columns[name])
        columns[f"{name}_low"], columns[f"{name}_high"] = np.nan, np.where(lowered, LOWERED[1], np.nan)
    index = pd.Index([f"{kind}-{i}" for i in random.permutation(count)], name="object_id", dtype="str")
    frame = gpd.GeoDataFrame(columns, geometry=_shapes(kind, count, random), crs=CRS)
    return frame.set_index(index).assign(street="Stationsstraat", source=f"{kind}: district.gpkg/{kind}")


def _shapes(kind: str, count: int, random: np.random.Generator) -> np.ndarray:
    """Winding lines for footways, short lines for what is crossed or climbed, rectangles for bays, points for all else."""
    start = CORNER + random.random((count, 2)) * CELL * SIDE
    if kind == "footway":
        turn = random.uniform(0, 2 * np.pi, (count, 1)) + random.normal(0, 0.15, (count, 9)).cumsum(axis=1)
        step = random.uniform(3, 15, (count, 1, 1)) * np.stack([np.cos(turn), np.sin(turn)], axis=2)
        return shapely.linestrings(np.concatenate([start[:, None], start[:, None] + step.cumsum(axis=1)], axis=1))
    turn = random.uniform(0, np.pi, count)
    along = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    if kind in ("crossing", "stairs", "ramp"):
        return shapely.linestrings(np.stack([start, start + along * random.uniform(3, 12, (count, 1))], axis=1))
    if kind == "parking_bay":
        across = along[:, ::-1] * [-1, 1]
        return shapely.polygons(np.stack([start, start + 5 * along, start + 5 * along + 3 * across, start + 3 * across], axis=1))
    return shapely.points(start)


def _ends(crossings: gpd.GeoDataFrame, ends: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Crossing ends, placed on the two ends of each crossing."""
    shapes = crossings.geometry.to_numpy()
    ends = ends.iloc[: 2 * len(crossings)]
    points = np.concatenate([shapely.get_point(shapes, 0), shapely.get_point(shapes, -1)])[: len(ends)]
    parents = np.tile(crossings.index.to_numpy(), 2)[: len(ends)]
    return ends.set_geometry(gpd.GeoSeries(points, ends.index, crs=CRS)).assign(parent_id=parents)


def judgements(city: City) -> int:
    """How many times an object meets a criterion of its kind."""
    rules = list(read_norm().rules.values())
    return sum(len(layer) * sum(rule.kind == kind for rule in rules) for kind, layer in city.layers.items())
