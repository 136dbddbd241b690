"""Build the sample district in other shapes: registers of Flanders, and OpenStreetMap.

Folder ``registers`` has the streets as the road register delivers them, the stops as De Lijn does, and what surrounds them as the
GRB; folder ``osm`` has what OpenStreetMap can hold as an ``.osm`` file. What a format cannot say stands beside it as
observations (``waarnemingen.csv``), and ``zelfde.csv`` tells which id is which of ``district.gpkg``. Values keep the notation
that the district has them in.

``city_registers.toml`` and ``city_osm.toml`` are ``city.toml`` with these sources in the place of its layers.

Run ``python build_shapes.py`` after ``build_district.py``: it writes the same bytes each time.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import build_district
import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from toegankelijk.crs import transform

FOLDER = Path(__file__).parent
DATE = "2026-05-01"
YESNO = {"ja": "yes", "nee": "no"}
SIDES = {"beide": "both", "links": "left", "rechts": "right", "woonerf": "shared", "geen": "none"}
SURFACES = {
    **{"asfalt": "asphalt", "betontegels": "paving_stones", "klinkers": "paving_stones"},
    **{"dolomiet": "compacted", "kasseien": "cobblestone", "grind": "gravel"},
}
FLANKS = {"beide": "both", "links": "left", "geen": "no"}

STOP_COLUMNS = {
    "platform_height": ("perron_cm", "cm"),
    "bus_swings_in": ("haltehaven", ""),
    "boarding_depth": ("instapdiepte_m", "m"),
    "approach_step": ("drempel_cm", "cm"),
    "boarding_tile": ("rubbertegel", ""),
    "guide_to_tile": ("geleidelijn", ""),
    "shelter_passage": ("doorgang_abri_m", "m"),
}
"""Attribute to column and unit of the layer of the district: what neither De Lijn's table nor OpenStreetMap holds of stops."""

FOOTWAY_COLUMNS = {
    "min_passage_width": ("smalste_cm", "cm"),
    "unevenness": ("oneffenheid_mm", "mm"),
    "rest_gap": ("rustafstand_m", "m"),
}
END_COLUMNS = {
    "dropped_kerb_width": ("verlaagd_m", "m"),
    "has_kerb_ramp": ("afrit", ""),
    "kerb_ramp_slope": ("afrit_helling", "%"),
    "rise": ("afrit_hoogte_m", "m"),
}
RAMP_COLUMNS = {"rise": ("hoogte_m", "m"), "ramp_width": ("breedte_m", "m"), "end_turning": ("draairuimte_m", "m")}
OBSTACLE_COLUMNS = {
    **{"sticks_out": ("steekt_uit", ""), "obstacle_lower_edge": ("onderrand_cm", "cm"), "outside_walkway": ("buiten_loopweg", "")}
}

REGISTERS = """
# What registers deliver, by the maps that come with the package

[[registers]]
map = "wegenregister"
source = "registers/Wegsegment.geojson"

[[registers]]
map = "de_lijn"
source = "registers/haltes.csv"
coordinates = ["longitude", "latitude"]
crs = "EPSG:4326"
accuracy = 0  # these places are invented, and exact

[[registers]]
map = "grb"
source = "registers/WBN.geojson"
kinds = ["road_area"]
accuracy = 0

[[registers]]
map = "grb"
source = "registers/WGO.geojson"
kinds = ["kerb_line"]
accuracy = 0

[[registers]]
map = "grb"
source = "registers/GBG.geojson"
kinds = ["building"]
accuracy = 0

[[registers]]
map = "grb"
source = "registers/ADP.geojson"
kinds = ["parcel"]
accuracy = 0

[[observations]]  # what these registers do not hold
source = "registers/waarnemingen.csv"
form = "long"
"""

OSM = """
[[layers]]  # its outline crosses itself, which OpenStreetMap cannot hold
kind = "car_park"
source = "district.gpkg"
layer = "parkings"
id = "id"
where = { id = ["PK-02"] }
[layers.columns]
street = "straat"
bay_count = "plaatsen"
reserved_count = "voorbehouden"

[[osm]]
source = "osm/district.osm"
kinds = ["street", "footway", "crossing", "crossing_end", "ramp", "stairs", "stop", "parking_bay", "car_park", "rest_place",
    "obstacle"]
complete = true
accuracy = 0  # these places are invented, and exact but for the seven decimals of OpenStreetMap (1 cm)

[[observations]]  # what has no tag, or none that is exact enough
source = "osm/waarnemingen.csv"
form = "long"
"""

OTHER_SOURCES = {
    "registers": ({"street", "stop", "road_area", "kerb_line", "building", "parcel"}, "no layer of these", REGISTERS),
    "osm": (
        {
            "street",
            "footway",
            "crossing",
            "crossing_end",
            "ramp",
            "stairs",
            "stop",
            "parking_bay",
            "car_park",
            "rest_place",
            "obstacle",
        },
        '"loopwegen"',
        OSM,
    ),
}
"""Name of the shape to kinds that it brings itself, a layer of these that stays, and what is added to ``city.toml``."""


@dataclass
class Notes:
    """What goes into the tables beside a shape: observations, and which id is which."""

    observations: list[tuple[str, str, str, Any, str, str]] = field(default_factory=list)
    same: list[tuple[str, str, str]] = field(default_factory=list)

    def observe(self, there: str, kind: str, row: pd.Series, columns: Mapping[str, tuple[str, str]]) -> None:
        """Note the values of some columns of the district, under the id of the shape."""
        for attribute, (column, unit) in columns.items():
            if given(row[column]):
                self.say(there, kind, attribute, row[column], unit)

    def say(self, there: str, kind: str, attribute: str, value: Any, unit: str = "") -> None:
        """Note one value; a text with a unit of its own gets no other."""
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        self.observations.append((there, kind, attribute, value, unit if plain or text_number(value) else "", DATE))

    def write(self, folder: Path) -> None:
        """Write both tables."""
        write_csv(folder / "waarnemingen.csv", ("object_id", "kind", "attribute", "value", "unit", "date"), self.observations)
        write_csv(folder / "zelfde.csv", ("kind", "there", "object_id"), self.same)


def main() -> None:
    """Write both shapes, over what was there."""
    district = build_district.layers()
    for name in ("registers", "osm"):
        (FOLDER / name).mkdir(exist_ok=True)
    write_registers(district, FOLDER / "registers")
    write_osm(district, FOLDER / "osm")
    write_configs()


def write_configs() -> None:
    """``city.toml`` with other sources in the place of some of its layers."""
    head, *layers = (FOLDER / "city.toml").read_text("utf-8").split("\n[[layers]]\n")
    for name, (kinds, kept, more) in OTHER_SOURCES.items():
        left = [layer for layer in layers if kept in layer or layer.split('"')[1] not in kinds]
        title = f"# The sample district in another shape ({name}): made from city.toml by build_shapes.py.\n"
        (FOLDER / f"city_{name}.toml").write_text("\n[[layers]]\n".join([title + head, *left]) + more, "utf-8")


def write_registers(district: Mapping[str, gpd.GeoDataFrame], folder: Path) -> None:
    """Streets, stops and surroundings in the columns and codes of their registers."""
    notes = Notes()
    streets = district["straten"]
    for number, (_, row) in enumerate(streets.iterrows(), 1001):
        notes.same.append(("street", str(number), row["id"]))
        notes.say(str(number), "street", "footway_sides", SIDES[row["voetpad"]])
    codes = {"gemeente": ("71016", "Stad Genk"), "AWV": ("AWV718", "District Zuid-Limburg")}
    open_to_all = {"ja": (1, "openbare weg"), "nee": (3, "verboden toegang")}
    columns = {
        "WS_OIDN": range(1001, 1001 + len(streets)),
        "STATUS": 4,
        "LBLSTATUS": "in gebruik",
        "MORF": 103,
        "LBLMORF": "weg bestaande uit één rijbaan",
        "BEHEER": [codes[who][0] for who in streets["beheerder"]],
        "LBLBEHEER": [codes[who][1] for who in streets["beheerder"]],
        "LSTRNM": streets["naam"],
        "RSTRNM": streets["naam"],
        "TGBEP": [open_to_all[may][0] for may in streets["voetgangers"]],
        "LBLTGBEP": [open_to_all[may][1] for may in streets["voetgangers"]],
    }
    write_geojson(folder / "Wegsegment.geojson", columns, streets.geometry)
    surroundings = {
        "WBN": ("wegbanen", "road_area", {"TYPE": 1}),
        "WGO": ("wegranden", "kerb_line", {}),
        "GBG": ("gebouwen", "building", {}),
        "ADP": ("percelen", "parcel", {}),
    }
    types = {
        "boordsteen": "grens circulatiezone zwakke weggebruiker",
        "kant rijbaan": "rand van de rijbaan",
        "kant berm": "grens onverharde zone",
    }
    for name, (layer, kind, more) in surroundings.items():
        frame = district[layer]
        keys = [f"71016A{i:04d}/00A000" if name == "ADP" else str(5000 + i) for i in range(1, len(frame) + 1)]
        notes.same += [(kind, key, row) for key, row in zip(keys, frame["id"], strict=True)]
        columns = {"CAPAKEY" if name == "ADP" else "OIDN": keys, **more}
        if name == "WGO":
            columns["LBLTYPE"] = [types[one] for one in frame["soort"]]
        write_geojson(folder / f"{name}.geojson", columns, frame.geometry)
    stops = district["haltes"]
    places = degrees(stops)
    rows = []
    for number, (_, row) in enumerate(stops.iterrows(), 401):
        lon, lat = ("", "") if row.geometry is None else places[number - 401]
        rows.append((3, number, row["naam"], row["straat"], lon, lat, row["klassen_de_lijn"]))
        notes.same.append(("stop", str(number), row["id"]))
        if row.geometry is not None:
            notes.observe(str(number), "stop", row, STOP_COLUMNS)
    names = ("entiteitnummer", "haltenummer", "omschrijving", "straat", "longitude", "latitude", "halteToegankelijkheden")
    write_csv(folder / "haltes.csv", names, rows)
    notes.write(folder)


@dataclass
class Drawing:
    """An OpenStreetMap file in the making; nodes in one place are one node."""

    notes: Notes = field(default_factory=Notes)
    nodes: dict[tuple[str, str], int] = field(default_factory=dict)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)
    ways: list[tuple[int, list[int], dict[str, str]]] = field(default_factory=list)

    def node(self, at: tuple[float, float], tags: Mapping[str, str] = {}) -> str:
        """Node at a place, with more tags if it was there; its id as the reader writes it."""
        key = (f"{at[0]:.7f}", f"{at[1]:.7f}")
        number = self.nodes.setdefault(key, len(self.nodes) + 1)
        self.node_tags.setdefault(number, {}).update(tags)
        return f"n{number}"

    def way(self, places: Iterable[tuple[float, float]], tags: Mapping[str, str]) -> str:
        """Way along places; its id as the reader writes it."""
        refs = [int(self.node(place)[1:]) for place in places]
        self.ways.append((1001 + len(self.ways), refs, dict(tags)))
        return f"w{self.ways[-1][0]}"

    def write(self, path: Path) -> None:
        """Write the file, the nodes first."""
        lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="build_shapes.py">']
        head = f'version="1" timestamp="{DATE}T00:00:00Z" visible="true"'
        for (lon, lat), number in self.nodes.items():
            lines.append(f'  <node id="{number}" {head} lon="{lon}" lat="{lat}">')
            lines += [*tag_lines(self.node_tags[number]), "  </node>"]
        for number, refs, tags in self.ways:
            lines.append(f'  <way id="{number}" {head}>')
            lines += [f'    <nd ref="{ref}"/>' for ref in refs]
            lines += [*tag_lines(tags), "  </way>"]
        path.write_text("\n".join([*lines, "</osm>", ""]), "utf-8")


def write_osm(district: Mapping[str, gpd.GeoDataFrame], folder: Path) -> None:
    """What OpenStreetMap has tags for, and observations of the rest."""
    drawing = Drawing()
    draw_crossings(drawing, district)
    draw_lines(drawing, district)
    draw_places(drawing, district)
    draw_bays(drawing, district)
    drawing.write(folder / "district.osm")
    drawing.notes.write(folder)


def draw_crossings(drawing: Drawing, district: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Crossings as ways from kerb to kerb, whose ends are kerbs of their own; surveyed ends where the survey found them."""
    notes = drawing.notes
    lines, ends = in_degrees(district["oversteken"]), district["oversteekzijden"]
    surveyed = {("OV-02", 0): "OZ-01", ("OV-02", 1): "OZ-02", ("OV-03", 0): "OZ-03"}
    by_id = ends.set_index("id")
    metres = district["oversteken"].set_index("id").length
    for _, row in lines.iterrows():
        places = list(row.geometry.coords)
        tags = {"highway": "footway", "footway": "crossing", "crossing:island": YESNO[row["middeneiland"]]}
        tags["crossing:signals"] = YESNO[row["lichten"]]
        tags |= {"traffic_signals:sound": YESNO[row["rateltikker"]], "traffic_signals:vibration": "no"}
        way = drawing.way(places, tags)
        notes.same.append(("crossing", way, row["id"]))
        notes.say(way, "crossing", "crossing_length", round(float(metres[row["id"]]), 6), "m")
        for side in (0, 1):
            own = surveyed.get((row["id"], side))
            of = by_id.loc[own] if own else row
            height = of["boordsteen_cm"] if own else of["boordsteen"]
            kerb = {"kerb": "lowered"} if height == "verlaagd" else {"kerb:height": f"{float(str(height).split()[0]) / 100:g}"}
            node = drawing.node(places[-side], {"barrier": "kerb", **kerb, "tactile_paving": YESNO[of["noppen"]]})
            notes.same.append(("crossing_end", node, own or f"{row['id']}/{side + 1}"))
            notes.observe(node, "crossing_end", of, END_COLUMNS)


def draw_lines(drawing: Drawing, district: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Pavements, streets, ramps and stairs."""
    notes = drawing.notes
    for _, row in in_degrees(district["voetpaden"]).iterrows():
        tags = {"highway": "footway", "is_sidepath:of:name": row["straat"], "width": row["breedte"]}
        tags |= {
            "surface": SURFACES[row["verharding"]],
            "incline": row["langshelling"],
            "incline:across": f"{row['dwarshelling']:g}%",
        }
        places = list(row.geometry.coords)
        if row["id"] == "VP-07":  # a crossing begins on it
            places.insert(1, next(iter(in_degrees(district["oversteken"]).set_index("id").geometry["OV-04"].coords)))
        way = drawing.way(places, tags)
        notes.same.append(("footway", way, row["id"]))
        notes.observe(way, "footway", row, FOOTWAY_COLUMNS)
    for _, row in in_degrees(district["straten"]).iterrows():
        tags = {"highway": "living_street"} if row["voetpad"] == "woonerf" else {"highway": "residential"}
        if row["voetpad"] in FLANKS:
            tags["sidewalk"] = FLANKS[row["voetpad"]]
        tags |= {"highway": "primary", "motorroad": "yes"} if row["voetgangers"] == "nee" else {}
        tags |= {"name": row["naam"]} | ({"operator": "AWV"} if row["beheerder"] == "AWV" else {})
        notes.same.append(("street", drawing.way(row.geometry.coords, tags), row["id"]))
    for _, row in in_degrees(district["hellingen"]).iterrows():
        tags = {"highway": "footway", "ramp": "yes", "incline": row["helling"], "handrail": FLANKS[row["leuningen"]]}
        way = drawing.way(row.geometry.coords, tags)
        notes.same.append(("ramp", way, row["id"]))
        notes.observe(way, "ramp", row, RAMP_COLUMNS)
    for _, row in in_degrees(district["trappen"]).iterrows():
        tags = {"highway": "steps", "handrail": FLANKS[row["leuningen"]], "tactile_paving": YESNO[row["noppen_boven"]]}
        way = drawing.way(row.geometry.coords, tags)
        notes.same.append(("stairs", way, row["id"]))
        notes.observe(way, "stairs", row, {"stepfree_detour": ("omweg_m", "m")})


def draw_places(drawing: Drawing, district: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Stops, benches and obstacles."""
    notes = drawing.notes
    stops = district["haltes"]
    for _, row in in_degrees(stops[stops.geometry.notna()]).iterrows():
        node = drawing.node(place_of(row), {"highway": "bus_stop", "name": row["naam"]})
        notes.same.append(("stop", node, row["id"]))
        notes.observe(node, "stop", row, STOP_COLUMNS)
        if row["klassen_de_lijn"] != "[]":
            notes.say(node, "stop", "delijn_class", row["klassen_de_lijn"])
    for _, row in in_degrees(district["banken"].drop_duplicates("id")).iterrows():
        tags = {"amenity": "bench", "backrest": YESNO[row["rugleuning"]]}
        tags |= {"armrest": YESNO[row["armleuning"]]} if given(row["armleuning"]) else {}
        node = drawing.node(place_of(row), tags)
        notes.same.append(("rest_place", node, row["id"]))
        notes.observe(node, "rest_place", row, {"beside_width": ("naast_m", "m")})
    kinds = {
        "lantaarn": {"highway": "street_lamp"},
        "vuilnisbak": {"amenity": "waste_basket"},
        "terras": {"leisure": "outdoor_seating"},
        "verkeersbord": {"traffic_sign": "BE:F4a"},
        "boom": {"natural": "tree"},
    }
    for _, row in in_degrees(district["obstakels"]).iterrows():
        node = drawing.node(place_of(row), kinds[row["soort"]])
        notes.same.append(("obstacle", node, row["id"]))
        notes.observe(node, "obstacle", row, OBSTACLE_COLUMNS)


def draw_bays(drawing: Drawing, district: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Reserved bays with their sizes as tags, and car parks; the one whose outline crosses itself cannot be drawn here."""
    notes = drawing.notes
    bays = district["parkeervakken"]
    sizes = {row["id"]: sorted(side_lengths(row.geometry)) for _, row in bays.iterrows()}
    for _, row in in_degrees(bays).iterrows():
        short, long = sizes[row["id"]]
        tags = {"amenity": "parking_space", "parking_space": "disabled", "surface": SURFACES[row["ondergrond"]]}
        tags |= {
            "width": f"{short:g}",
            "length": f"{long:g}",
            "orientation": "parallel" if row["langs"] == "ja" else "perpendicular",
        }
        way = drawing.way(row.geometry.exterior.coords, tags)
        notes.same.append(("parking_bay", way, row["id"]))
        notes.observe(way, "parking_bay", row, {"bay_entrance_distance": ("ingang_m", "m")})
    parks = district["parkings"]
    for _, row in in_degrees(parks[parks.geometry.is_valid]).iterrows():
        tags = {"amenity": "parking", "capacity": str(row["plaatsen"]), "capacity:disabled": str(row["voorbehouden"])}
        notes.same.append(("car_park", drawing.way(row.geometry.exterior.coords, tags), row["id"]))


def in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer in longitude and latitude, by the same way back as a screening takes."""
    return transform(frame, "EPSG:4326")[0]


def degrees(frame: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Longitude and latitude of points as text; blank where there is none."""
    points = in_degrees(frame[frame.geometry.notna()]).geometry
    texts = {i: (f"{point.x:.9f}", f"{point.y:.9f}") for i, point in points.items()}
    return [texts.get(i, ("", "")) for i in frame.index]


def place_of(row: pd.Series) -> tuple[float, float]:
    """Longitude and latitude of a point."""
    return row.geometry.x, row.geometry.y


def side_lengths(bay: BaseGeometry) -> list[float]:
    """Lengths of two sides of a rectangle, in metres, to the millimetre."""
    corners = shapely.get_coordinates(bay)
    return [round(float(((corners[i + 1] - corners[i]) ** 2).sum() ** 0.5), 3) for i in (0, 1)]


def given(value: Any) -> bool:
    """Whether a cell holds something."""
    return bool(pd.notna(value))


def text_number(value: Any) -> bool:
    """Whether a text is a plain number."""
    return isinstance(value, str) and value.replace(",", "", 1).replace(".", "", 1).isdigit()


def tag_lines(tags: Mapping[str, str]) -> list[str]:
    """Tags of an element."""
    return [f"    <tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in sorted(tags.items())]


def write_csv(path: Path, names: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Table with a comma between cells."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


def write_geojson(path: Path, columns: Mapping[str, Any], shapes: gpd.GeoSeries) -> None:
    """GeoJSON in Lambert 72, one object a line."""
    frame = pd.DataFrame(columns, index=range(len(shapes)))
    lines = [
        json.dumps({"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}, ensure_ascii=False)
        for row, shape in zip(json.loads(frame.to_json(orient="records")), shapes, strict=True)
    ]
    system = json.dumps({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::31370"}})
    head = f'{{"type": "FeatureCollection", "crs": {system}, "features": [\n'
    path.write_text(head + ",\n".join(lines) + "\n]}\n", "utf-8")


if __name__ == "__main__":
    main()
