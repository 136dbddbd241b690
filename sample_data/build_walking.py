"""Build ``walking.gpkg``: a district of 6 by 5 blocks that does not exist, in which it is known who gets where.

Blocks are called by their column (A to F, from the west) and their row (1 to 5, from the south). Each is 100 by 80 m, from the
axis of one street to that of the next, with a footway all round it, 4 m from these axes. So along the grid the way from one place
to another is as long as they lie apart to the east and to the north, and every figure can be checked with pencil and paper. The
blocks at the corners and along the northern edge each have one difficulty; README.md tells them.

Run ``python build_walking.py``: it writes the same bytes each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from shapely import affinity
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

FILE = Path(__file__).with_name("walking.gpkg")
CRS = "EPSG:31370"
DATE = "2026-05-01T00:00:00Z"
ORIGIN = (226_000.0, 184_000.0)
"""Positions below are metres east and north of this point."""

WIDE, HIGH, INSET = 100, 80, 4
"""Metres: size of a block, and from the axis of a street to the middle of its footways."""

COLUMNS, ROWS = "ABCDEF", "12345"
ALONE = ("A1", "A5", "B5", "C5", "D5", "E1")
"""Blocks that do not simply hang together with their neighbours."""

CARE = ("A5", "C3")
"""Blocks with a care home or a doctor: level A, with a bench on each side."""

UP = ("Beukenstraat", "Eikenstraat", "Olmenstraat", "Lindestraat", "Gewestweg")
ACROSS = ("Kerkstraat", "Schoolstraat", "Marktstraat", "Parkstraat")
"""Streets from south to north, from the west; and from west to east, from the south."""

CITY, REGION = "gemeente", "AWV"
FOOTWAY = "id straat beheerder breedte smalste"
CROSSING = "id straat beheerder boordsteen_cm"


def main() -> None:
    """Write all layers to `FILE`, over what was there."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATE})
    FILE.unlink(missing_ok=True)
    for name, frame in layers().items():
        pyogrio.write_dataframe(
            frame, FILE, layer=name, driver="GPKG", dataset_options={"VERSION": "1.3"}, layer_options={"SPATIAL_INDEX": "NO"}
        )


def layers() -> dict[str, gpd.GeoDataFrame]:
    """All layers by name, in the order in which they are written."""
    return {**divisions(), **walked(), **barriers(), **destinations(), **people(), **works()}


def divisions() -> dict[str, gpd.GeoDataFrame]:
    """Zones with level areas, and districts with their office."""
    west, east = box(0, 0, 200, 400), box(200, 0, 600, 400)
    home, square = box(0, 320, 100, 400), box(200, 160, 300, 240)
    return {
        "zones": table("zone_id naam", [("WZ-1", "De Olm", west), ("WZ-2", "Markt", east)]),
        "niveaugebieden": table(
            "area_id zone_id niveau",
            [
                ("WZ-1-A", "WZ-1", "A", home),
                ("WZ-1-B", "WZ-1", "B", west.difference(home)),
                ("WZ-2-A", "WZ-2", "A", square),
                ("WZ-2-B", "WZ-2", "B", east.difference(square)),
            ],
        ),
        "wijken": table(
            "wijk_id naam kantoor",
            [
                ("W-Z", "Zuid", "Wijkkantoor Kerkstraat", box(0, 0, 600, 240)),
                ("W-N", "Noord", "Wijkkantoor Parkstraat", box(0, 240, 600, 400)),
            ],
        ),
    }


def walked() -> dict[str, gpd.GeoDataFrame]:
    """What people walk along: streets, footways, crossings, and the stairs and the ramp."""
    streets = [
        (f"ST-O{k}", name, REGION if k == 5 else CITY, "beide", line(100 * k, 0, 100 * k, 400)) for k, name in enumerate(UP, 1)
    ]
    streets += [(f"ST-N{k}", name, CITY, "beide", line(0, 80 * k, 600, 80 * k)) for k, name in enumerate(ACROSS, 1)]
    footways = [row for block in blocks() if block != "A1" for row in ring(block)]
    footways += [
        ("VP-A1-pad", "Hofpad", CITY, 1.8, 1.5, line(96, 40, 46, 40)),
        ("VP-A1-hof", "Hofpad", CITY, 1.8, 1.5, line(46, 40, 14, 40)),
        ("VP-D5-pad", "Lindepad", CITY, 0.7, 0.7, line(384, 360, 396, 360)),
        ("VP-E1-hof", "Wilgenhof", CITY, 1.8, 1.5, line(450, 76, 450, 30)),
    ]
    return {
        "straten": table("id naam beheerder voetpad", streets),
        "voetpaden": table(FOOTWAY, footways),
        "oversteken": table(CROSSING, [*grid_crossings(), *planted_crossings()]),
        "trappen": table(
            "id straat beheerder leuningen noppen_boven", [("TR-C5", "Parkstraat", CITY, "beide", "ja", line(204, 316, 204, 324))]
        ),
        "hellingen": table(
            "id straat beheerder helling hoogte_m breedte_m draairuimte_m leuningen",
            [("HB-C5", "Parkstraat", CITY, 5.0, 0.4, 1.5, 1.8, "beide", line(244, 316, 244, 324))],
        ),
    }


def barriers() -> dict[str, gpd.GeoDataFrame]:
    """Ends of crossings that were measured apart, and gates between bollards."""
    high = [
        ("A5", "Parkstraat", CITY, (96, 321, 8), (96, 319, 8)),
        ("A1", "Beukenstraat", CITY, (103, 40, 9), (97, 40, 9)),
        ("E1", "Lindestraat", CITY, (397, 76, 2), (403, 76, 9)),
        ("D5", "Parkstraat", CITY, (304, 317, 2), (304, 323, 5)),
        ("E5", "Parkstraat", CITY, (496, 317, 6), (496, 323, 6)),
        ("F3", "Gewestweg", REGION, (497, 164, 10), (503, 164, 10)),
    ]
    ends = [
        (f"OZ-{block}-{number}", f"OV-{block}", street, manager, height, Point(x, y))
        for block, street, manager, *both in high
        for number, (x, y, height) in enumerate(both, 1)
    ]
    return {
        "oversteekzijden": table("id oversteek straat beheerder boordsteen_cm", ends),
        "doorgangen": table(
            "id straat beheerder breedte_cm",
            [("DG-A1", "Hofpad", CITY, 75.0, Point(50, 40)), ("DG-E1", "Wilgenhof", CITY, 80.0, Point(450, 70))],
        ),
    }


def destinations() -> dict[str, gpd.GeoDataFrame]:
    """Where people go: care, stops, shops, a reserved bay and a bench in every block."""
    bays, benches = [], []
    for block in blocks():
        x, y = corner(block)
        if block == "A1":
            bays.append((f"PV-{block}", "Hofpad", Point(30, 38)))
            benches.append((f"RP-{block}", "Hofpad", Point(34, 40)))
            continue
        bays.append((f"PV-{block}", street_of(block, "Z"), Point(x + 60, y + 2)))
        places = {
            "Z": (x + 40, y + 4),
            "N": (x + 60, y + 76),
            **({"W": (x + 4, y + 40), "O": (x + 96, y + 40)} if block in CARE else {}),
        }
        benches += [(f"RP-{block}-{side}", street_of(block, side), Point(spot)) for side, spot in places.items()]
    bays.append(("PV-E1-hof", "Wilgenhof", Point(448, 34)))
    benches.append(("RP-E1-hof", "Wilgenhof", Point(450, 40)))
    return {
        "zorgvoorzieningen": table(
            "id naam straat beheerder",
            [
                ("ZV-1", "Woonzorgcentrum De Olm", "Parkstraat", CITY, Point(50, 330)),
                ("ZV-2", "Huisartsenpraktijk Markt", "Schoolstraat", CITY, Point(250, 168)),
            ],
        ),
        "haltes": table(
            "id naam straat beheerder",
            [
                ("HA-1", "Markt", "Schoolstraat", CITY, Point(230, 164)),
                ("HA-2", "Park", "Parkstraat", CITY, Point(492, 316)),
                ("HA-3", "Beuk", "Schoolstraat", CITY, Point(150, 164)),
            ],
        ),
        "winkels": table("id naam", [("WI-1", "Buurtwinkel", Point(250, 152)), ("WI-2", "Bakkerij", Point(350, 168))]),
        "parkeervakken": table("id straat", bays),
        "banken": table("id straat", benches),
    }


def people() -> dict[str, gpd.GeoDataFrame]:
    """Addresses with residents: one in the middle of the southern side of every common block, and those of the others."""
    rows = []
    for block in blocks():
        if block in ALONE or block == "E5" or block[0] == "F":
            continue
        x, y = corner(block)
        rows.append((f"AD-{block}", street_of(block, "Z"), 10, 3, 1, Point(x + 50, y + 8)))
    rows += [
        ("AD-A1-1", "Hofpad", 30, 12, 3, Point(40, 44)),
        ("AD-A1-2", "Hofpad", 20, 8, 2, Point(20, 44)),
        ("AD-A5-1", "Parkstraat", 45, 45, 40, Point(50, 330)),
        ("AD-A5-2", "Parkstraat", 15, 5, 1, Point(10, 360)),
        ("AD-B5", "Parkstraat", 20, 6, 2, Point(150, 328)),
        ("AD-C5", "Eikenstraat", 35, 12, 4, Point(208, 360)),
        ("AD-D5-1", "Parkstraat", 18, 6, 2, Point(330, 328)),
        ("AD-D5-2", "Parkstraat", 12, 4, 1, Point(360, 328)),
        ("AD-E1-1", "Kerkstraat", 40, 15, 5, Point(450, 8)),
        ("AD-E1-2", "Wilgenhof", 30, 20, 8, Point(454, 50)),
        ("AD-E5", "Gewestweg", 20, 6, 2, Point(492, 360)),
    ]
    rows += [(f"AD-F{row}", "Gewestweg", 10, 3, 1, Point(508, 80 * place + 40)) for place, row in enumerate(ROWS)]
    return {"adressen": table("id straat inwoners inw_60plus inw_80plus", rows)}


def works() -> dict[str, gpd.GeoDataFrame]:
    """Works that are planned anyway."""
    return {
        "werken": table(
            "id naam beheerder jaar",
            [
                ("WK-1", "Heraanleg Wilgenhof", CITY, 2027, box(440, 28, 460, 72)),
                ("WK-2", "Fietspaden Gewestweg", REGION, 2030, box(494, 150, 506, 180)),
            ],
        )
    }


def blocks() -> Iterator[str]:
    """All blocks, by column and row."""
    return (column + row for column in COLUMNS for row in ROWS)


def corner(block: str) -> tuple[int, int]:
    """South-western corner of a block, where the axes of streets cross."""
    return WIDE * COLUMNS.index(block[0]), HIGH * ROWS.index(block[1])


def street_of(block: str, side: str) -> str:
    """Street along a side of a block (N, O, Z or W); a name of its own along the border of the district."""
    column, row = COLUMNS.index(block[0]), ROWS.index(block[1])
    names, place = {"N": (ACROSS, row), "Z": (ACROSS, row - 1), "O": (UP, column), "W": (UP, column - 1)}[side]
    edge = {"N": "Noordrand", "Z": "Zuidrand", "O": "Oostrand", "W": "Westrand"}[side]
    return names[place] if 0 <= place < len(names) else edge


def ring(block: str) -> Iterator[tuple[Any, ...]]:
    """The four footways round a block, with a vertex wherever something joins them."""
    x, y = corner(block)
    west, east, south, north = x + INSET, x + WIDE - INSET, y + INSET, y + HIGH - INSET
    if block == "D5":
        east = 384  # a path of 12 m leads on to the street
    joints = {"B1": (104, 40), "C4": (244, 316), "C5": (244, 324), "D5": (384, 360), "E1": (450, 76), "E5": (404, 360)}
    sides = {
        "N": [(west, north), (east, north)],
        "O": [(east, south), (east, north)],
        "Z": [(west, south), (east, south)],
        "W": [(west, south), (west, north)],
    }
    for side, (start, end) in sides.items():
        joint = joints.get(block)
        within = joint is not None and LineString([start, end]).distance(Point(joint)) == 0
        places = [start, joint, end] if within else [start, end]
        manager = REGION if street_of(block, side) == "Gewestweg" else CITY
        yield f"VP-{block}-{side}", street_of(block, side), manager, 1.8, 1.5, LineString(places)


def grid_crossings() -> Iterator[tuple[Any, ...]]:
    """Crossings between neighbours, at both ends of the street between them, with kerbs of 2 cm."""
    for block in blocks():
        x, y = corner(block)
        column, row = COLUMNS.index(block[0]), ROWS.index(block[1])
        if column + 1 < len(COLUMNS) and joined(block, east := COLUMNS[column + 1] + block[1]):
            for place, north in enumerate((y + INSET, y + HIGH - INSET), 1):
                shape = line(x + WIDE - INSET, north, x + WIDE + INSET, north)
                yield f"OV-{block}{east}-{place}", UP[column], CITY, 2.0, shape
        if row + 1 < len(ROWS) and joined(block, above := block[0] + ROWS[row + 1]):
            for place, along in enumerate((x + INSET, x + WIDE - INSET), 1):
                if (block, place) != ("E4", 2):  # that one is a case of its own
                    shape = line(along, y + HIGH - INSET, along, y + HIGH + INSET)
                    yield f"OV-{block}{above}-{place}", ACROSS[row], CITY, 2.0, shape


def joined(one: str, other: str) -> bool:
    """Whether two neighbours simply hang together; the regional road keeps column F apart."""
    return one not in ALONE and other not in ALONE and (one[0] == "F") == (other[0] == "F")


def planted_crossings() -> list[tuple[Any, ...]]:
    """Crossings that are the only way to a block, or a shorter one; kerbs in ``oversteekzijden``, or not known (B5)."""
    return [
        ("OV-A1", "Beukenstraat", CITY, None, line(104, 40, 96, 40)),
        ("OV-A5", "Parkstraat", CITY, None, line(96, 324, 96, 316)),
        ("OV-B5", "Parkstraat", CITY, None, line(104, 316, 104, 324)),
        ("OV-D5", "Parkstraat", CITY, None, line(304, 316, 304, 324)),
        ("OV-D5E5", "Lindestraat", CITY, 2.0, line(396, 360, 404, 360)),
        ("OV-E1", "Lindestraat", CITY, None, line(396, 76, 404, 76)),
        ("OV-E5", "Parkstraat", CITY, None, line(496, 316, 496, 324)),
        ("OV-F3", "Gewestweg", REGION, None, line(496, 164, 504, 164)),
    ]


def line(*numbers: float) -> LineString:
    """A line through places given as x, y, x, y, ..."""
    return LineString(list(zip(numbers[::2], numbers[1::2], strict=True)))


def table(columns: str, rows: Iterable[tuple[Any, ...]]) -> gpd.GeoDataFrame:
    """Layer from the names of its columns and its rows, whose last value is the geometry."""
    given = list(rows)
    data = {name: [row[order] for row in given] for order, name in enumerate(columns.split())}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([placed(row[-1]) for row in given], crs=CRS))


def placed(shape: BaseGeometry) -> BaseGeometry:
    """A shape in its place on the map."""
    return affinity.translate(shape, *ORIGIN)


if __name__ == "__main__":
    main()
