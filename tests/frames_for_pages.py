"""Small tables of a screening, as the map and the report get them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import reports
from toegankelijk.gaps import with_ticks

THEMES = (
    *("doorgangen", "oppervlak", "drempels", "oversteekplaatsen"),
    *("hellingen_trappen", "haltes", "parkeerplaatsen", "straatmeubilair"),
)
X, Y = 227_000.0, 186_000.0  # near Genk, EPSG:31370


def scores() -> gpd.GeoDataFrame:
    """Three zones side by side: one known well, one hardly (not ranked), one assumed and without any data."""
    known = {
        "zone-1": ("Sledderlo", False, 0.62, 0.78, 0.84, True, "C", "B", 3),
        "zone-2": ("Kolderbos", False, 0.10, 0.95, 0.31, False, "none", "A", 0),
        "zone-3": ("Bret-Gelieren", True, np.nan, np.nan, 0.0, False, "none", "none", 0),
    }
    rows = []
    for order, (zone, (name, assumed, low, high, coverage, ranked, surely, possibly, blockers)) in enumerate(known.items()):
        area = shapely.box(X + order * 600, Y, X + order * 600 + 560, Y + 500)
        cells = [("all", "all")] + [("all", theme) for theme in THEMES] + [(level, "all") for level in "AB"]
        rows += [
            {
                "zone_id": zone,
                "zone_name": name,
                "assumed": assumed,
                "level": level,
                "theme": theme,
                "share_low": low,
                "share_high": high,
                "score_known": (low + high) / 2,
                "score_low": low,
                "score_high": high,
                "coverage": coverage,
                "blockers": blockers,
                "level_surely": surely,
                "level_possibly": possibly,
                "ranked": ranked,
                "objects": 40,
                "geometry": area,
            }
            for level, theme in cells
        ]
    return gpd.GeoDataFrame(rows, crs="EPSG:31370")


def bottlenecks(count: int = 12) -> gpd.GeoDataFrame:
    """Bottlenecks of all themes and bands; every twelfth is urgent."""
    order = np.arange(count)
    band = np.array(["hoog", "middel", "laag"])[order % 3]
    table = pd.DataFrame(
        {
            "bottleneck_id": [f"K-{i:04d}" for i in order],
            "theme": np.array(THEMES)[order % len(THEMES)],
            "criterion": "PAS-01",
            "criteria": np.where(order % 2, "PAS-01|PAS-06", "PAS-01"),
            "object_id": [f"VP-{i:02d}" for i in order],
            "kind": "footway",
            "zone_id": np.array(["zone-1", "zone-2", "zone-3"])[order % 3],
            "level": np.array(["A", "B", "C"])[order % 3],
            "street": np.where(order % 5 == 4, None, "Weg naar As"),
            "description": "De looproute is minstens 1,50 m vrij breed.",
            "value": "1,10 m",
            "required": "1,50 m",
            "severity": 4 - order % 3,
            "solution": "Voetpad verbreden",
            "solution_reason": "",
            "remedy": "voetpad_verbreden",
            "cost_class": 4,
            "feasibility": np.array(["hoog", "middel", "laag"])[order % 3],
            "feasibility_reason": "eigen grond, geen vergunning",
            "track": "eigen",
            "priority": np.array([17, 11, 6])[order % 3],
            "priority_band": band,
            "priority_reason": "3 × 4 + 2 + 1",
            "planning": np.array(["KT", "MLT", "LT"])[order % 3],
            "planning_reason": "hoge prioriteit, haalbaar",
            "phase": "uitvoering",
            "target_year": np.where(order % 4, 2028.0, np.nan),
            "responsible": "wegen",
            "partner": np.where(order % 2, "awv", None),
            "responsible_reason": "beheerder is de gemeente",
            "basis": "richtlijn",
            "source": "ENT-D",
            "status": "open",
            "first_seen": "2026-05-01",
            "last_seen": "2026-05-01",
        }
    )
    places = gpd.points_from_xy(X + 40 + (order * 137) % 1650, Y + 30 + (order * 91) % 440)
    return gpd.GeoDataFrame(table, geometry=places, crs="EPSG:31370")


def good_examples() -> gpd.GeoDataFrame:
    """A point, a line and an area."""
    table = pd.DataFrame({"object_id": ["G1", "G2", "G3"], "kind": ["stop", "footway", "parking_bay"]})
    table["theme"] = ["haltes", "doorgangen", "parkeerplaatsen"]
    table = table.assign(zone_id="zone-1", level="B", street="Hoogstraat", name=None, criteria="PAS-01|PAS-06")
    places = [
        shapely.Point(X + 300, Y + 250),
        shapely.LineString([(X + 60, Y + 60), (X + 500, Y + 80)]),
        shapely.box(X + 400, Y + 380, X + 430, Y + 400),
    ]
    return gpd.GeoDataFrame(table, geometry=places, crs="EPSG:31370")


def unknowns() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "theme": ["oppervlak", "drempels"],
            "criterion": ["SUR-06", "THR-01"],
            "kind": ["footway", "kerb"],
            "reason": ["missing", "kerb_height ligt tussen 0 en 3 cm"],
            "objects": [1234, 7],
        }
    )


def balance() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": ["voetpaden", "haltes"],
            "kind": ["footway", "stop"],
            "read": [1300, 12],
            "assessed": [1250, 12],
            "outside": [48, 0],
            "not_assessable": [2, 0],
            "derived": [310, 0],
            "reasons": [{"no geometry": 1, "exact duplicate": 1}, ""],
        }
    )


def run() -> dict[str, object]:
    return {
        "norm": {"name": "vlaanderen", "version": "1", "hash": "ab" * 32},
        "scope": "core",
        "crs": "EPSG:31370",
        "date": "2026-05-01",
        "version": "0.1.0",
        "attribution": "© Voorbeeldstad",
        "inputs": [
            {
                "layer": "voetpaden",
                "kind": "footway",
                "path": "district.gpkg",
                "sha256": "0f" * 32,
                "crs": "EPSG:3812",
                "operation": "Lambert 2008 to Lambert 72",
                "accuracy": 0.01,
                "date": "2026-05-01",
            }
        ],
    }


def write_report(folder, **changes):
    """Write the report of the frames, some of them changed, and give its path."""
    given = {
        "city_name": "Voorbeeldstad",
        "scores": scores(),
        "bottlenecks": bottlenecks(),
        "good_examples": good_examples(),
        "unknowns": unknowns(),
        "balance": balance(),
        "run": run(),
        **changes,
    }
    reports.write_report(folder / "report.html", **given)
    return folder / "report.html"


def gaps() -> gpd.GeoDataFrame:
    """The narrowest place of the first bottleneck, 0.80 m wide, across its sign."""
    place = bottlenecks(1).geometry.iloc[0]
    line = shapely.LineString([(place.x - 0.4, place.y), (place.x + 0.4, place.y)])
    texts = {
        "parent_id": "VP-99",
        "width": "0,80 m",
        "required": "1,50 m",
        "lengths": "0,30 m lang smaller dan 1,20 m",
        "limits": "tussen vuilnisbak VB-12 en de rand van het voetpad",
        "advice": "zonder vuilnisbak VB-12 is de doorgang hier 1,45 m",
        "solution": "Obstakel verplaatsen",
    }
    table = pd.DataFrame({"theme": ["doorgangen"], "bottleneck_id": ["K-0000"], "priority_band": ["hoog"]}).assign(**texts)
    table.index = pd.Index(["VS-1"], name="object_id")
    ground = {
        "pavement": [shapely.box(place.x - 0.4, place.y - 5, place.x + 1.1, place.y + 5)],
        "things": [shapely.box(place.x + 0.4, place.y - 0.3, place.x + 1, place.y + 0.3)],
    }
    table = table.assign(**{name: gpd.GeoSeries(shape, table.index, crs="EPSG:31370") for name, shape in ground.items()})
    return gpd.GeoDataFrame(table, geometry=with_ticks(np.array([line])), crs="EPSG:31370")
