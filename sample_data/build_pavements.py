"""Build ``pavements.gpkg``: the pavements of one street that does not exist, of which every width is known.

Each stretch has one difficulty, and a width worked out by hand (``breedte_waar``). Stretches are drawn along the street, as a
carpenter would: x along it, y from the kerb to the fronts of the houses; then the whole street is turned and put where Genk's
coordinates lie. Driveways lie between the stretches: where they meet a pavement, people come and go.

Run ``python build_pavements.py``: it writes the same bytes each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan
from pathlib import Path

import geopandas as gpd
import pyogrio
from shapely import affinity
from shapely.geometry import Point, Polygon, box
from shapely.geometry.base import BaseGeometry

FILE = Path(__file__).with_name("pavements.gpkg")
CRS = "EPSG:31370"
DATE = "2026-05-01T00:00:00Z"
STREET = "Doorgangstraat"
ORIGIN, TURNED = (229_200.0, 182_600.0), 17.0
"""Where x = 0 and the axis of the street lie, and by how many degrees the street is turned."""

LENGTH, DRIVEWAY, KERB = 20.0, 4.0, 4.0
"""Metres: of a stretch, of a driveway between two stretches, and from the axis of the street to its kerbs."""


@dataclass(frozen=True)
class Stretch:
    """One difficulty: pavement polygons and obstacles with their ids, drawn from x = 0 and from the kerb at y = 0.

    Its last driveway lies at its far end, or is ``exit``.
    """

    title: str
    pavements: dict[str, BaseGeometry]
    width: float
    obstacles: dict[str, tuple[str, BaseGeometry]]
    length: float = LENGTH
    exit: BaseGeometry | None = None


def strip(depth: float, *, start: float = 0, end: float = LENGTH) -> Polygon:
    """A straight pavement."""
    return box(start, 0, end, depth)


NORTH = (
    Stretch("recht", {"VP-01": strip(2.0)}, 2.00, {}),
    Stretch(
        "paal uit het midden: aan een kant 0,40 m, aan de andere 1,30 m",
        {"VP-02": strip(2.0)},
        1.30,
        {"PA-02": ("pole", box(10, 0.4, 10.3, 0.7))},
    ),
    Stretch(
        "hoek van een huis tegenover een lange rechte boordsteen",
        {"VP-03": Polygon([(0, 0), (20, 0), (20, 2), (12.2, 2), (10.4, 1.05), (8.9, 2), (0, 2)])},
        1.05,
        {},
    ),
    Stretch("portaal van 1 m lang", {"VP-04": strip(2.0).difference(box(9.5, 0.8, 10.5, 2))}, 0.80, {}),
    Stretch("wordt steeds smaller", {"VP-05": Polygon([(0, 0), (20, 0), (20, 0.8), (0, 2.0)])}, 0.80, {}),
    Stretch(
        "boomspiegel: de ruimste kant telt",
        {"VP-06": strip(3.0)},
        1.40,
        {"BO-06": ("tree", box(9.5, 0.6, 10.5, 1.6))},
    ),
    Stretch(
        "rond een bouwblok: twee wegen, van 1,50 m en van 1,00 m",
        {"VP-07": box(0, 0, 40, 14).difference(box(6, 1.0, 34, 12.5))},
        1.00,
        {},
        length=40,
    ),
)

SOUTH = (
    Stretch("nis bij een deur: daar komt niemand door", {"VP-08": strip(1.8).union(box(9.6, 1.8, 10.3, 3.2))}, 1.80, {}),
    Stretch(
        "vuilnisbak tegenover een lantaarn: zonder de bak 1,70 m",
        {"VP-09": strip(2.2)},
        0.75,
        {"LA-09": ("lamp", box(10, 0.3, 10.2, 0.5)), "VB-09": ("bin", box(9.85, 1.25, 10.35, 1.75))},
    ),
    Stretch(
        "twee kasten na elkaar",
        {"VP-10": strip(1.9)},
        1.00,
        {"KA-10": ("cabinet", box(7, 0, 7.6, 0.9)), "KA-11": ("cabinet", box(10.1, 0, 10.7, 0.8))},
    ),
    Stretch(
        "in twee stukken getekend",
        {"VP-11": strip(1.6, end=8), "VP-12": strip(1.6, start=8)},
        1.60,
        {},
    ),
    Stretch("terras over de hele breedte", {"VP-13": strip(2.0)}, nan, {"TE-13": ("terrace", box(7, 0, 12, 2.0))}),
    Stretch("vuilnisbak als punt, van onbekende maat", {"VP-14": strip(2.0)}, nan, {"VB-14": ("bin", Point(10, 0.5))}),
    Stretch(
        "haakse bocht",
        {"VP-15": Polygon([(0, 0), (20, 0), (20, 12), (18.5, 12), (18.5, 1.5), (0, 1.5)])},
        1.50,
        {},
        exit=box(18.5, 12, 20, 15),
    ),
)


def main() -> None:
    """Write all layers to `FILE`, over what was there."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATE})
    FILE.unlink(missing_ok=True)
    for name, frame in layers().items():
        pyogrio.write_dataframe(frame, FILE, layer=name, driver="GPKG", dataset_options={"VERSION": "1.3"})


def layers() -> dict[str, gpd.GeoDataFrame]:
    """All layers by name, in the order in which they are written."""
    pavements, obstacles, driveways = [], [], []
    length = 0.0
    for side, stretches in (("N", NORTH), ("Z", SOUTH)):
        x = 0.0
        for number, stretch in enumerate(stretches, start=1):
            driveways.append((f"OP-{side}{number}", place(box(-DRIVEWAY, 0, 0, 3), side, x)))
            pavements += [
                (name, STREET, stretch.width, stretch.title, place(shape, side, x)) for name, shape in stretch.pavements.items()
            ]
            obstacles += [(name, kind, place(shape, side, x)) for name, (kind, shape) in stretch.obstacles.items()]
            if number == len(stretches):
                end = stretch.exit or box(stretch.length, 0, stretch.length + DRIVEWAY, 3)
                driveways.append((f"OP-{side}{number + 1}", place(end, side, x)))
            x += stretch.length + DRIVEWAY
        length = max(length, x)
    return {
        "voetpaden": table("id straat breedte_waar uitleg", pavements),
        "obstakels": table("id obstacle_type", obstacles),
        "opritten": table("id", driveways),
        "rijbaan": table("id", [("RB-01", place(box(-DRIVEWAY, -2 * KERB, length, 0), "N", 0))]),
        "zones": table("zone_id naam niveau", [("WZ-1", STREET, "A", place(box(-10, -20, length + 10, 20), "N", 0))]),
    }


def place(shape: BaseGeometry, side: str, x: float) -> BaseGeometry:
    """A shape drawn from the kerb, in its place on the north (N) or the south side (Z) of the street."""
    across = 1 if side == "N" else -1
    upright = affinity.affine_transform(shape, [1, 0, 0, across, x, across * KERB])
    turned = affinity.rotate(upright, TURNED, origin=(0, 0))
    return affinity.translate(turned, *ORIGIN)


def table(columns: str, rows: Iterable[tuple[object, ...]]) -> gpd.GeoDataFrame:
    """Layer from the names of its columns and its rows, whose last value is the geometry."""
    given = list(rows)
    data = {name: [row[order] for row in given] for order, name in enumerate(columns.split())}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([row[-1] for row in given], crs=CRS))


if __name__ == "__main__":
    main()
