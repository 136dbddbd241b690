"""Bottlenecks and layers made by hand, for the tests of planning."""

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import toegankelijk as tg

CRS = "EPSG:31370"
NORM = tg.read_norm()
REMEDIES = {  # what the rows of the tests ask, by remedy: kind, criterion, severity
    "oversteekzijde_aanpassen": ("crossing_end", "CRO-01", 3),
    "waarschuwing_leggen": ("crossing_end", "CRO-06", 3),
    "oversteek_inkorten": ("crossing", "CRO-12", 1),
    "drempel_wegwerken": ("kerb", "THR-01", 2),
    "obstakel_verplaatsen": ("footway", "PAS-06", 3),
    "voetpad_verbreden": ("footway", "PAS-01", 3),
    "verharding_vervangen": ("footway", "SUR-03", 3),
    "verharding_herstellen": ("footway", "SUR-01", 3),
    "zitbank_plaatsen": ("footway", "FUR-01", 2),
    "voetpad_aanleggen": ("street", "PAS-17", 3),
    "route_omleiden": ("footway", "SUR-06", 2),
    "halte_heraanleggen": ("stop", "STO-01", 3),
    "perronmarkering_leggen": ("stop", "STO-08", 3),
    "paaltje_aanpassen": ("passage", "PAS-15", 3),
    "hellingsbaan_aanleggen": ("stairs", "STR-15", 3),
}


def layer(shapes: dict[str, shapely.Geometry], **columns: list) -> gpd.GeoDataFrame:
    """A layer of objects by id."""
    return gpd.GeoDataFrame(
        columns, geometry=list(shapes.values()), index=pd.Index(shapes, name="object_id", dtype="object"), crs=CRS
    )


def row(remedy: str, object_id: str, x: float = 0.0, y: float = 0.0, /, **columns: object) -> dict:
    """A bottleneck; its id tells the remedy and the object."""
    kind, criterion, severity = REMEDIES[remedy]
    service = NORM.remedies.loc[remedy, "responsible"]
    given = {
        **{"bottleneck_id": f"K-{remedy}-{object_id}", "kind": kind, "object_id": object_id, "remedy": remedy},
        **{"criterion": criterion, "criteria": criterion, "level": "A", "street": "Dorpsstraat", "zone_id": "Z"},
        **{"severity": severity, "priority": 3 * severity + 2, "status": "open", "responsible": service, "partner": ""},
        **{"track": "eigen", "planning": "KT", "target_year": 2028, "cost_class": 2, "geometry": shapely.Point(x, y)},
    }
    return {**given, **columns}


def table(*rows: dict) -> gpd.GeoDataFrame:
    """Bottlenecks."""
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=CRS)


def kerbs(rng: np.random.Generator, count: int, width: float = 400.0, streets: int = 3) -> gpd.GeoDataFrame:
    """Bottlenecks at random places on some streets, of several services and terms."""
    remedies = ("drempel_wegwerken", "paaltje_aanpassen", "zitbank_plaatsen")
    rows = [
        row(
            remedies[rng.integers(3)],
            f"o{number}",
            *rng.uniform(0, width, 2).round(2),
            street=["", "Dorpsstraat", "Kerkstraat"][rng.integers(streets)],
            severity=int(rng.integers(1, 5)),
            track=["eigen", "derden"][int(rng.random() < 0.2)],
            planning_staff=["", "", "MLT"][rng.integers(3)],
            status=["open", "open", "open", "in_uitvoering", "aanvaard"][rng.integers(5)],
        )
        for number in range(count)
    ]
    return table(*rows)


@cache
def sample() -> tuple[tg.City, gpd.GeoDataFrame]:
    """The sample district as measured, and its bottlenecks."""
    city = tg.measure_shares(tg.measure_layers(tg.read_city(tg.sample_city())), NORM)
    return city, tg.find_bottlenecks(tg.assess(city, NORM), NORM)
