"""Build ``district.gpkg``: a small woonzorgzone district that does not exist.

Everything here is invented: the streets, the care homes, every width and every kerb. The coordinates only lie where Genk's
lie, so that maps and coordinate systems behave as they would there. Columns are named and filled the way a Flemish city
might do it (mixed notations, ja/nee, centimetres here and metres there); ``city.toml`` maps them.

Run ``python build_district.py``: it writes the same bytes each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

FILE = Path(__file__).with_name("district.gpkg")
CRS = "EPSG:31370"
DATE = "2026-05-01T00:00:00Z"
ORIGIN = (228000.0, 182000.0)
"""Positions below are metres east and north of this point."""

CITY, REGION, PRIVATE = "gemeente", "AWV", "privaat"
YES, NO = "ja", "nee"

Row = Sequence[Any]


def main() -> None:
    """Write all layers to `FILE`, over what was there."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": DATE})
    FILE.unlink(missing_ok=True)
    for name, frame in layers().items():
        pyogrio.write_dataframe(frame, FILE, layer=name, driver="GPKG", dataset_options={"VERSION": "1.3"})


def layers() -> dict[str, gpd.GeoDataFrame]:
    """All layers by name, in the order in which they are written."""
    judged = {**passages(), **thresholds(), **crossings(), **ramps(), **stops(), **parking(), **furniture()}
    return {**divisions(), **judged, **surroundings()}


def divisions() -> dict[str, gpd.GeoDataFrame]:
    """Zones, level areas, districts and care anchors."""
    zones = table(
        "zone_id naam niveau",
        [
            # the first zone has level areas of its own; the third overlaps the second by 60 x 60 m
            ("WZ-1", "De Lindehof", None, square(100, 300, 700, 900)),
            ("WZ-2", "Vijverzicht", "B", square(700, 300, 1300, 900)),
            ("WZ-3", "Heiderand", "C", square(1240, 100, 1480, 360)),
        ],
    )
    core = square(250, 450, 550, 750)
    areas = table(
        "area_id zone_id niveau goedgekeurd_op",
        [
            ("WZ-1-A", "WZ-1", "A", "2026-03-10", core),
            ("WZ-1-B", "WZ-1", "B", "2026-03-10", square(100, 300, 700, 900).difference(core)),
        ],
    )
    districts = table(
        "wijk_id naam",
        [("W-1", "Lindekwartier", square(0, 0, 700, 1200)), ("W-2", "Vijverkwartier", square(700, 0, 1500, 1200))],
    )
    anchors = table(
        "id naam soort straat beheerder",
        [
            ("ZV-01", "Woonzorgcentrum De Lindehof", "woonzorgcentrum", "Lindeplein", CITY, point(400, 600)),
            ("ZV-02", "Lokaal dienstencentrum Vijverzicht", "lokaal dienstencentrum", "Vijverstraat", CITY, point(1000, 600)),
            ("ZV-03", "Huisartsenpraktijk Heiderand", "huisartsenpraktijk", "Dennenlaan", CITY, point(1350, 200)),
        ],
    )
    return {"zones": zones, "niveaugebieden": areas, "wijken": districts, "zorgvoorzieningen": anchors}


def passages() -> dict[str, gpd.GeoDataFrame]:
    """Footways, narrowings, passages, streets and the route; surfaces are columns of the footways."""
    footway = (
        "id straat beheerder breedte smalste_cm verharding oneffenheid_mm dwarshelling langshelling rustafstand_m"
        " ruimte_vrij ondergrond_vrij vergunning_vrij rolstoelvast"
    )
    free = (None, None, None, YES)
    narrow, hemmed = (NO, None, None, YES), (NO, YES, NO, YES)
    loose = (None, None, None, None)  # of dolomite, cobbles and gravel nobody said whether wheels sink in
    footways = table(
        footway,
        [
            # all on the limits of level A, and all at the far end of their tolerances
            ("VP-01", "Lindeplein", CITY, "1,80 m", 150, "betontegels", 5, 2.0, "4 %", 100, *free, line(300, 560, 400, 560)),
            ("VP-02", "Lindeplein", CITY, "175 cm", 88, "betontegels", 6, 2.3, "4,5 %", 110, *free, line(300, 640, 400, 640)),
            # two criteria just beyond, one remedy; one of three feasibility flags is not enough
            ("VP-03", "Kapelstraat", CITY, "1,74 m", 87, "asfalt", 2, 1.0, "1 %", 60, *narrow, line(450, 560, 450, 500)),
            # two criteria, two remedies
            ("VP-04", "Molenstraat", CITY, "2,00 m", 180, "klinkers", 25, 4.5, "1 %", 60, *free, line(270, 480, 270, 540)),
            # from level A through level B into the next zone
            ("VP-05", "Lange Dreef", CITY, "1,40 m", 120, "asfalt", 2, 1.0, "1:50", 90, *hemmed, line(490, 600, 800, 600)),
            # unevenness was not measured
            ("VP-06", "Oude Baan", CITY, "1,80 m", 150, "kasseien", None, 1.0, "1 %", 60, *loose, line(150, 350, 230, 350)),
            # cut in two by the end of a crossing
            ("VP-07", "Vijverstraat", CITY, "2", 180, "asfalt", 2, 1.0, "1:18", 60, *free, line(900, 690, 1000, 690)),
            # a width that says too little
            ("VP-08", "Rietlaan", CITY, "> 1,5", 120, "asfalt", 2, 1.0, "1 %", 60, *free, line(1050, 400, 1150, 400)),
            # on the limits of level B; one of them only level B accepts
            ("VP-09", "Eikendreef", CITY, "1.5", 90, "dolomiet", 5, 2.0, "1:20", 200, *loose, line(750, 800, 850, 800)),
            ("VP-10", "Dennenlaan", CITY, "150 cm", 100, "asfalt", 5, 2.0, "2 %", 450, *free, line(1320, 180, 1420, 180)),
            # in two zones at once
            ("VP-12", "Grensweg", CITY, "1,60 m", 120, "grind", 5, 2.0, "2 %", 100, *loose, line(1250, 330, 1290, 330)),
        ],
    )
    walkways = table(
        footway,
        [("VP-11", "Vijverpark", CITY, "2,00 m", 200, "asfalt", 2, 1.0, "1 %", 80, *free, square(1100, 700, 1160, 702))],
    )
    narrowings = table(
        "id straat beheerder breedte_m lengte_m",
        [
            ("VS-01", "Lindeplein", CITY, 1.00, 1.0, point(330, 560)),
            ("VS-02", "Lindeplein", CITY, 1.15, 10.0, point(350, 640)),
            ("VS-03", "Oude Baan", CITY, 0.94, 1.2, point(150, 420)),
            ("VS-04", "Eikendreef", CITY, 1.30, None, point(800, 800)),  # its limit depends on a length that is not known
        ],
    )
    gates = table(
        "id straat beheerder soort breedte_cm",
        [
            ("DG-01", "Lindeplein", CITY, "paaltjes", 117, point(420, 650)),
            ("DG-02", "Kapelstraat", CITY, "paaltjes", 110, point(550, 500)),  # exactly on the border of levels A and B
            ("DG-03", "Vijverpad", CITY, "fietssluis", 116, point(1000, 450)),
            ("DG-04", "Molenpad", CITY, "paaltjes", 75, point(170, 560)),
            ("DG-05", "Rietlaan", CITY, None, 130, point(1100, 500)),
        ],
    )
    streets = table(
        "id naam beheerder voetpad voetgangers",
        [
            ("ST-01", "Lindeplein", CITY, "beide", YES, line(300, 500, 400, 500)),
            ("ST-02", "Kapelstraat", CITY, "links", YES, line(480, 700, 540, 700)),
            ("ST-03", "Vijversteenweg", REGION, "woonerf", YES, line(960, 510, 1020, 510)),
            ("ST-04", "Heidepad", CITY, "geen", YES, line(1300, 250, 1440, 250)),
            ("ST-05", "Expresweg", REGION, "geen", NO, line(720, 350, 1220, 350)),  # nothing is asked of it
        ],
    )
    routes = table(
        "id naam beheerder gidslijn", [("LR-01", "Van De Lindehof naar de Kapelstraat", CITY, NO, line(300, 470, 500, 470))]
    )
    return {
        "voetpaden": footways,
        "loopwegen": walkways,
        "versmallingen": narrowings,
        "doorgangen": gates,
        "straten": streets,
        "looproutes": routes,
    }


def thresholds() -> dict[str, gpd.GeoDataFrame]:
    """Level changes and entrances."""
    kerbs = table(
        "id straat beheerder hoogte ruimte_vrij ondergrond_vrij vergunning_vrij",
        [
            ("NV-01", "Lindeplein", CITY, "2,0 cm", None, None, None, point(380, 580)),
            ("NV-02", "Lindeplein", CITY, "23 mm", None, None, None, point(420, 580)),
            ("NV-03", "Lindeplein", CITY, "2,4", NO, NO, NO, point(430, 620)),
            ("NV-04", "Molenstraat", CITY, "0,032 m", None, None, None, point(200, 400)),
            ("NV-05", "Vijverstraat", PRIVATE, "7 cm", None, None, None, point(1050, 560)),
        ],
    )
    entrances = table(
        "id naam straat beheerder drempel_cm publiek",
        [
            ("TG-01", "Woonzorgcentrum De Lindehof", "Lindeplein", CITY, 2.0, YES, point(405, 605)),
            ("TG-02", "Bibliotheek", "Vijverstraat", CITY, 5.0, YES, point(1020, 610)),
            ("TG-03", "Lindeplein 14", "Lindeplein", CITY, 10.0, None, point(460, 620)),  # public or not?
            ("TG-04", "Sporthal", "Kapelstraat", CITY, 20.0, YES, point(600, 500)),
        ],
    )
    return {"drempels": kerbs, "toegangen": entrances}


def crossings() -> dict[str, gpd.GeoDataFrame]:
    """Crossings, the ends that were surveyed apart, tactile guidance and things to operate."""
    lines = table(
        "id straat beheerder middeneiland lichten rateltikker boordsteen verlaagd_m afrit afrit_helling afrit_hoogte_m noppen",
        [
            ("OV-01", "Lindeplein", CITY, NO, YES, YES, "2 cm", 1.80, YES, "8,3 %", 0.15, YES, line(440, 660, 447, 660)),
            # its ends were surveyed apart and name it
            ("OV-02", "Molenstraat", CITY, NO, YES, NO, None, None, None, None, None, None, line(360, 520, 368, 520)),
            # one end was surveyed apart; the other is only known as lowered
            ("OV-03", "Lange Dreef", CITY, NO, NO, NO, "verlaagd", 1.20, NO, None, None, YES, line(620, 760, 628.5, 760)),
            # its first end lies on a footway
            ("OV-04", "Vijverstraat", CITY, NO, NO, NO, "4 cm", 1.50, NO, None, None, YES, line(940, 690, 940, 697)),
            ("OV-05", "Vijversteenweg", REGION, NO, NO, NO, "2 cm", 1.50, NO, None, None, NO, line(930, 560, 939, 560)),
            # lowered is good enough at level C
            ("OV-06", "Dennenlaan", CITY, NO, YES, NO, "verlaagd", 1.00, NO, None, None, NO, line(1380, 220, 1390, 220)),
        ],
    )
    ends = table(
        "id oversteek straat beheerder boordsteen_cm verlaagd_m afrit afrit_helling afrit_hoogte_m noppen",
        [
            ("OZ-01", "OV-02", "Molenstraat", CITY, 2.4, 1.70, NO, None, None, YES, point(360, 520)),
            ("OZ-02", "OV-02", "Molenstraat", CITY, 2.3, 1.75, YES, 8.8, 0.25, YES, point(368, 520)),
            ("OZ-03", None, "Lange Dreef", CITY, 1.0, 1.20, YES, 10.0, 0.10, YES, point(619.5, 760)),
        ],
    )
    guidance = table(
        "id straat beheerder soort aan_oversteek aan_halte_of_ingang breedte_m diepte_m zijde_m",
        [
            ("GL-01", "Lindeplein", CITY, "ribbellijn", NO, NO, 0.60, None, None, point(395, 590)),
            ("GL-02", "Vijverstraat", CITY, "ribbellijn", NO, NO, 0.40, None, None, point(1010, 590)),
            ("GL-03", "Kapelstraat", CITY, "infotegel", NO, YES, None, None, 0.60, point(470, 560)),
            ("GL-04", "Eikendreef", CITY, "noppenvlak", NO, NO, None, 0.58, None, point(720, 700)),
        ],
    )
    controls = table(
        "id straat beheerder soort hoogte_m",
        [
            ("BD-01", "Lindeplein", CITY, "drukknop", 1.23, point(439, 659)),
            ("BD-02", "Vijverpad", CITY, "drukknop", 1.35, point(950, 480)),
            ("BD-03", "Kapelstraat", CITY, "parkeerautomaat", 1.31, point(620, 440)),
            ("BD-04", "Lindeplein", CITY, "bel", 0.80, point(390, 610)),
        ],
    )
    return {"oversteken": lines, "oversteekzijden": ends, "geleiding": guidance, "bediening": controls}


def ramps() -> dict[str, gpd.GeoDataFrame]:
    """Ramps and stairs."""
    slopes = table(
        "id straat beheerder helling hoogte_m breedte_m draairuimte_m leuningen ruimte_vrij ondergrond_vrij vergunning_vrij",
        [
            ("HB-01", "Lindeplein", CITY, "1:12", 0.25, 1.50, 1.50, "geen", None, None, None, line(460, 640, 463, 640)),
            ("HB-02", "Molenstraat", CITY, "6,6 %", 0.40, 1.20, 1.50, "links", YES, YES, YES, line(300, 700, 306, 700)),
            # its limits depend on a height that is not known
            ("HB-03", "Vijverpark", CITY, "6 %", None, 1.20, 1.50, "links", None, None, None, line(1120, 560, 1126, 560)),
            ("HB-04", "Lange Dreef", CITY, "4°", 0.30, 1.20, 1.50, "beide", None, None, None, line(640, 640, 644, 640)),
        ],
    )
    stairs = table(
        "id straat beheerder leuningen noppen_boven omweg_m",
        [
            ("TR-01", "Molenstraat", CITY, "beide", YES, 50, line(330, 680, 330, 684)),
            ("TR-02", "Lindeplein", CITY, "geen", NO, 60, line(420, 540, 420, 545)),
            ("TR-03", "Vijverpark", CITY, "beide", YES, 350, line(1080, 700, 1080, 704)),
            ("TR-04", "Molenpad", CITY, "beide", YES, None, line(200, 820, 200, 824)),
        ],
    )
    return {"hellingen": slopes, "trappen": stairs}


def stops() -> dict[str, gpd.GeoDataFrame]:
    """Bus stops, one platform each; De Lijn inventoried four of them."""
    both, with_help, none = "MOTORISCHE_BEPERKING;VISUELE_BEPERKING", "MOTORISCH_MET_ASSIST", "[]"
    platforms = table(
        "id naam straat beheerder perron_cm haltehaven instapdiepte_m drempel_cm rubbertegel geleidelijn doorgang_abri_m"
        " klassen_de_lijn",
        [
            ("HA-01", "Lindeplein 1", "Lindeplein", CITY, 18.0, NO, 2.00, 2.0, YES, YES, None, both, point(410, 640)),
            ("HA-02", "Lindeplein 2", "Lindeplein", CITY, 14.5, YES, 1.95, 2.3, YES, YES, None, both, point(390, 660)),
            ("HA-03", "Kapel", "Kapelstraat", CITY, 14.0, NO, 1.60, 2.0, NO, NO, None, none, point(500, 480)),
            ("HA-04", "Steenweg", "Vijversteenweg", REGION, 14.4, NO, 1.80, 5.0, NO, YES, 1.00, none, point(800, 500)),
            ("HA-05", "Verplaatst", "Vijversteenweg", REGION, 15.0, NO, 1.80, 2.0, YES, YES, None, none, None),  # nobody drew it
            ("HA-06", "Heiderand", "Dennenlaan", CITY, 12.0, NO, 1.46, 3.0, NO, NO, None, with_help, point(1300, 150)),
            ("HA-07", "Vijverpark", "Vijverpark", CITY, 20.0, None, 1.80, 2.0, YES, YES, None, both, point(1150, 650)),
        ],
    )
    return {"haltes": platforms}


def parking() -> dict[str, gpd.GeoDataFrame]:
    """Reserved bays, whose sizes are those of their polygons, and car parks."""
    bays = table(
        "id straat beheerder langs ingang_m ondergrond",
        [
            ("PV-01", "Lindeplein", CITY, NO, 25, "klinkers", bay(320, 600, 3.50, 6.00)),
            ("PV-02", "Lindeplein", CITY, NO, 27, "asfalt", bay(330, 600, 3.46, 5.95)),
            ("PV-03", "Lindeplein", CITY, NO, 30, "asfalt", bay(340, 612, 3.44, 6.00)),
            ("PV-04", "Vijverstraat", CITY, YES, 50, "asfalt", bay(1060, 630, 5.85, 3.30, turned=30)),
            ("PV-05", "Vijverpad", CITY, NO, 20, "kasseien", bay(760, 450, 3.50, 5.00)),
            ("PV-06", "Molenpad", CITY, NO, None, "klinkers", bay(120, 600, 3.50, 5.00)),
        ],
    )
    bow_tie = Polygon([move(1245, 305), move(1295, 325), move(1295, 305), move(1245, 325)])  # crosses itself; can be repaired
    car_parks = table(
        "id straat beheerder plaatsen voorbehouden",
        [
            ("PK-01", "Kapelstraat", CITY, 20, 2, square(480, 640, 510, 660)),
            ("PK-02", "Grensweg", CITY, 50, 3, bow_tie),
            ("PK-03", "Kapelstraat", CITY, 30, 1, square(580, 700, 600, 720)),
            ("PK-04", "Rietlaan", CITY, 120, 2, square(1180, 420, 1220, 450)),
        ],
    )
    return {"parkeervakken": bays, "parkings": car_parks}


def furniture() -> dict[str, gpd.GeoDataFrame]:
    """Benches and obstacles."""
    twice = ("RP-04", "Lange Dreef", CITY, YES, YES, 0.90, point(780, 640))
    benches = table(
        "id straat beheerder rugleuning armleuning naast_m",
        [
            ("RP-01", "Lindeplein", CITY, YES, YES, 1.20, point(410, 590)),
            ("RP-02", "Lindeplein", CITY, NO, NO, 1.14, point(360, 650)),
            ("RP-03", "Vijverpad", CITY, YES, YES, 0.50, point(1000, 480)),
            twice,
            twice,  # entered twice
            ("RP-05", "Verre Weg", CITY, NO, NO, 0.20, point(50, 1050)),  # outside all zones
            ("RP-06", "Molenpad", CITY, YES, None, 0.90, point(220, 780)),
        ],
    )
    obstacles = table(
        "id straat beheerder soort steekt_uit onderrand_cm buiten_loopweg",
        [
            # where nobody says whether it stands in the walkway, the drawing does
            ("OB-01", "Lindeplein", CITY, "lantaarn", NO, None, None, point(350, 560.5)),
            ("OB-02", "Vijverpark", CITY, "vuilnisbak", NO, None, None, point(1130, 701)),
            ("OB-03", "Lindeplein", CITY, "terras", NO, None, NO, point(420, 610)),
            ("OB-04", "Molenpad", CITY, "verkeersbord", YES, 25, None, point(160, 700)),
            ("OB-05", "Kapelstraat", CITY, "boom", NO, None, None, point(460, 690)),
        ],
    )
    return {"banken": benches, "obstakels": obstacles}


def surroundings() -> dict[str, gpd.GeoDataFrame]:
    """Road, kerbs, houses and parcels of a street outside the zones, where nothing is judged."""
    road = table("id", [("WB-01", square(300, 1000, 400, 1012))])
    edges = table(
        "id soort",
        [
            ("WO-01", "boordsteen", line(300, 1002, 400, 1002)),
            ("WO-02", "boordsteen", line(300, 1010, 360, 1010)),
            ("WO-03", "kant rijbaan", line(360, 1010, 400, 1010)),
            ("WO-04", "kant berm", line(360, 1011, 400, 1011)),
        ],
    )
    houses = table("id", [("GB-01", square(310, 985, 320, 996)), ("GB-02", square(330, 1016, 342, 1030))])
    parcels = table("id", [("PC-01", square(305, 970, 325, 1000)), ("PC-02", square(325, 1012, 345, 1040))])
    return {"wegbanen": road, "wegranden": edges, "gebouwen": houses, "percelen": parcels}


def table(columns: str, rows: Sequence[Row]) -> gpd.GeoDataFrame:
    """Layer from the names of its columns and its rows, whose last value is the geometry."""
    frame = pd.DataFrame([row[:-1] for row in rows], columns=columns.split())
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([row[-1] for row in rows], crs=CRS))


def move(east: float, north: float) -> tuple[float, float]:
    """Coordinates of a position counted from `ORIGIN`."""
    return ORIGIN[0] + east, ORIGIN[1] + north


def point(east: float, north: float) -> Point:
    """Point at a position."""
    return Point(move(east, north))


def line(east: float, north: float, to_east: float, to_north: float) -> LineString:
    """Straight line between two positions."""
    return LineString([move(east, north), move(to_east, to_north)])


def square(west: float, south: float, east: float, north: float) -> Polygon:
    """Upright rectangle between two positions."""
    return box(*move(west, south), *move(east, north))


def bay(east: float, north: float, width: float, height: float, *, turned: float = 0) -> BaseGeometry:
    """Rectangle with its lower left corner at a position, turned about that corner by degrees."""
    return affinity.rotate(square(east, north, east + width, north + height), turned, origin=move(east, north))


if __name__ == "__main__":
    main()
