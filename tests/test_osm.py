"""OpenStreetMap files to layers: every kind, every code and bound that matters, and the table of tags itself."""

import ast
import bz2
import gzip
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pytest

from toegankelijk import schema
from toegankelijk.errors import InputError, MissingExtraError
from toegankelijk.io import osm, osm_tags

osmium = pytest.importorskip("osmium")

ROWS = osm_tags.read_tag_table()
KINDS = osm_tags.delivered_kinds(ROWS)
METRE = 1 / 111_320


def tags_of(text):
    return dict(tag.split("=", 1) for tag in text.split(", ") if tag)


@dataclass
class Drawing:
    """An OpenStreetMap file in the making; places are in about metres."""

    folder: Path
    body: str = ""

    def add(self, element, attributes, inner, tags):
        tags = "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags_of(tags).items())
        self.body += f'<{element} version="1" {attributes}>{inner}{tags}</{element}>\n'
        return self

    def node(self, number, x, y, tags=""):
        return self.add(
            "node", f'id="{number}" lon="{4 + x * METRE / np.cos(np.radians(51)):.7f}" lat="{51 + y * METRE:.7f}"', "", tags
        )

    def nodes(self, places):
        for number, (x, y) in places.items():
            self.node(number, x, y)
        return self

    def way(self, number, nodes, tags):
        return self.add("way", f'id="{number}"', "".join(f'<nd ref="{node}"/>' for node in nodes), tags)

    def relation(self, number, members, tags):
        inner = "".join(f'<member type="way" ref="{way}" role="{role}"/>' for way, role in members)
        return self.add("relation", f'id="{number}"', inner, tags)

    def text(self):
        return f'<?xml version="1.0"?>\n<osm version="0.6">\n{self.body}</osm>\n'

    def write(self):
        path = self.folder / "drawing.osm"
        path.write_text(self.text(), "utf-8")
        return path

    def read(self):
        return osm.read_osm(self.write())


@pytest.fixture
def drawing(tmp_path):
    return Drawing(tmp_path)


@dataclass
class Gallery:
    """All single objects of the tests below, in one file that is read once."""

    ids: dict
    layers: dict
    remarks: pd.DataFrame

    def object(self, kind, shape, tags):
        return self.layers[kind].loc[[self.ids[shape, tags]]]

    def said(self, shape, tags):
        return self.remarks[self.remarks["object_id"] == self.ids[shape, tags]]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    drawing = Drawing(tmp_path_factory.mktemp("gallery"))
    cases = dict.fromkeys((shape, tags) for shape, tags, *_ in [*OBJECTS, *BOUNDS, *VALUES, *REMARKS])
    ids = {case: draw(drawing, *case, number) for number, case in enumerate(cases)}
    return Gallery(ids, *drawing.read())


def draw(drawing, shape, tags, number=0):
    """One object: a node, an open way (10 m long), or a closed way (10 m by 10 m); its id. Each has its own place."""
    x, y = number % 100 * 100, number // 100 * 100
    first = number * 10 + 1
    if shape == "node":
        drawing.node(first, x, y, tags)
        return f"n{first}"
    drawing.nodes({first: (x, y), first + 1: (x + 10, y), first + 2: (x + 10, y + 10), first + 3: (x, y + 10)})
    corners = [first, first + 1] if shape == "line" else [first, first + 1, first + 2, first + 3, first]
    drawing.way(first + 8, corners, tags)
    return f"w{first + 8}"


def kinds_of(layers):
    return {kind for kind, layer in layers.items() if len(layer)}


OBJECTS = [
    ("line", "highway=residential", {"street"}),
    ("line", "highway=trunk_link", {"street"}),
    ("line", "highway=motorway", set()),
    ("line", "highway=residential, access=private", set()),
    ("line", "highway=residential, access=no, foot=yes", {"street"}),
    ("line", "highway=service", set()),
    ("line", "highway=service, sidewalk=left", {"street"}),
    ("area", "highway=residential", {"street"}),
    ("line", "highway=living_street", {"street"}),
    ("line", "highway=pedestrian", {"street", "footway"}),
    ("area", "highway=pedestrian", {"street", "footway"}),
    ("area", "highway=pedestrian, area=yes", {"footway"}),
    ("area", "highway=footway, area=yes", {"footway"}),
    ("area", "area:highway=footway", {"footway"}),
    ("area", "area:highway=residential", set()),
    ("line", "highway=footway", {"footway"}),
    ("line", "highway=footway, footway=sidewalk", {"footway"}),
    ("line", "highway=footway, indoor=yes", set()),
    ("line", "highway=footway, access=private", set()),
    ("line", "highway=footway, access=no, foot=designated", {"footway"}),
    ("line", "highway=footway, foot=no", set()),
    ("line", "highway=path", {"footway"}),
    ("line", "highway=path, sac_scale=mountain_hiking", set()),
    ("line", "highway=path, mtb:scale=0", {"footway"}),
    ("line", "highway=path, mtb:scale=2", set()),
    ("line", "highway=cycleway", {"cycle_path"}),
    ("line", "highway=cycleway, foot=yes", {"footway", "cycle_path"}),
    ("line", "highway=path, bicycle=designated", {"footway", "cycle_path"}),
    ("area", "area:highway=cycleway", {"cycle_path"}),
    ("area", "area:highway=traffic_island", {"traffic_island"}),
    ("area", "traffic_calming=island", {"traffic_island"}),
    ("area", "highway=residential, traffic_calming=island", {"street"}),
    ("line", "highway=service, service=driveway", {"driveway"}),
    ("area", "building=house", {"building"}),
    ("area", "building=roof", set()),
    ("area", "building=yes, location=underground", set()),
    ("line", "highway=track", set()),
    ("line", "highway=track, foot=designated", {"footway"}),
    ("line", "highway=footway, footway=crossing", {"crossing"}),
    ("area", "highway=crossing, area=yes", set()),
    ("line", "highway=path, path=crossing", {"crossing"}),
    ("line", "highway=cycleway, cycleway=crossing", set()),
    ("line", "highway=cycleway, cycleway=crossing, foot=yes", {"crossing"}),
    ("node", "highway=crossing", {"crossing"}),
    ("node", "highway=crossing, crossing=no", set()),
    ("node", "highway=traffic_signals", set()),
    ("node", "highway=traffic_signals, crossing=traffic_signals", {"crossing"}),
    ("node", "highway=crossing, kerb=lowered", {"crossing"}),
    ("node", "railway=tram_crossing", {"crossing"}),
    ("node", "railway=level_crossing", set()),
    ("node", "highway=crossing, button_operated=yes", {"crossing", "control"}),
    ("node", "barrier=kerb, kerb=lowered", set()),
    ("node", "barrier=kerb, kerb=raised, tactile_paving=no", {"crossing_end"}),
    ("line", "barrier=kerb, kerb=lowered", set()),
    ("line", "highway=steps", {"stairs"}),
    ("line", "highway=steps, conveying=yes", set()),
    ("line", "highway=steps, ramp:wheelchair=yes", {"stairs", "ramp"}),
    ("line", "highway=footway, ramp=yes", {"ramp"}),
    ("line", "highway=steps, ramp=yes", {"stairs"}),
    ("node", "highway=bus_stop", {"stop"}),
    ("node", "highway=bus_stop, disused=yes", set()),
    ("node", "highway=bus_stop, bench=yes", {"stop", "rest_place"}),
    ("node", "public_transport=platform, bus=yes", {"stop"}),
    ("node", "public_transport=stop_position, bus=yes", set()),
    ("line", "public_transport=platform", {"stop"}),
    ("area", "public_transport=platform, tram=yes", {"stop"}),
    ("line", "railway=platform, train=yes", set()),
    ("line", "railway=platform", set()),
    ("line", "railway=platform, tram=yes", {"stop"}),
    ("node", "railway=tram_stop", {"stop"}),
    ("area", "amenity=parking", {"car_park"}),
    ("node", "amenity=parking", {"car_park"}),
    ("area", "amenity=parking, access=private", set()),
    ("area", "amenity=parking, parking=garage_boxes", set()),
    ("area", "amenity=parking, parking=street_side, capacity=4", {"car_park"}),
    ("area", "amenity=parking, disabled=designated, capacity=1", {"parking_bay"}),
    ("area", "amenity=parking, capacity:disabled=1, capacity=1", {"parking_bay"}),
    ("area", "amenity=parking, capacity:disabled=1, capacity=9", {"car_park"}),
    ("area", "amenity=parking_space", set()),
    ("area", "amenity=parking_space, parking_space=disabled", {"parking_bay"}),
    ("node", "amenity=parking_space, access:disabled=designated", {"parking_bay"}),
    ("area", "amenity=parking_space, capacity:disabled=3", {"car_park"}),
    ("node", "amenity=bench", {"rest_place"}),
    ("line", "amenity=bench", {"rest_place"}),
    ("area", "amenity=shelter, bench=yes", {"rest_place"}),
    ("node", "leisure=picnic_table", {"rest_place"}),
    ("node", "barrier=bollard", {"obstacle"}),
    ("node", "barrier=gate", set()),
    ("node", "highway=street_lamp", {"obstacle"}),
    ("node", "highway=street_lamp, lamp_mount=wall", set()),
    ("node", "natural=tree", {"obstacle"}),
    ("node", "emergency=fire_hydrant, fire_hydrant:type=underground", set()),
    ("node", "amenity=vending_machine, vending=parking_tickets", {"obstacle", "control"}),
    ("node", "highway=elevator", {"control"}),
    ("node", "tactile_paving=yes", {"tactile"}),
    ("line", "tactile_paving=yes", {"tactile"}),
    ("node", "tactile_paving=no", set()),
    ("line", "highway=footway, tactile_paving=yes", {"footway"}),
    ("node", "entrance=main", {"entrance"}),
    ("node", "entrance=garage", set()),
    ("node", "entrance=yes, access=private", set()),
    ("node", "railway=subway_entrance", {"entrance"}),
    ("node", "amenity=nursing_home", {"anchor"}),
    ("area", "amenity=hospital, building=yes", {"anchor", "building"}),
    ("node", "healthcare=doctor", {"anchor"}),
    ("area", "amenity=social_facility, social_facility=assisted_living", {"anchor"}),
    ("node", "amenity=social_facility, social_facility=day_care, social_facility:for=child", set()),
    ("node", "amenity=social_facility, social_facility=outreach", set()),
    ("node", "amenity=social_facility, social_facility=outreach, social_facility:for=senior", {"anchor"}),
    ("node", "amenity=social_centre", {"anchor"}),
    ("node", "shop=bakery", {"shop"}),
    ("node", "shop=vacant", set()),
    ("area", "building=retail, shop=supermarket", {"building", "shop"}),
    ("node", "amenity=pharmacy", {"shop"}),
    ("node", "addr:housenumber=12", {"address"}),
    ("area", "building=house, addr:housenumber=12", {"building", "address"}),
    ("node", "addr:housenumber=12, office=lawyer", set()),
]


@pytest.mark.parametrize(("shape", "tags", "kinds"), OBJECTS)
def test_element_is_object_of_kinds(gallery, shape, tags, kinds):
    assert {kind for kind, layer in gallery.layers.items() if gallery.ids[shape, tags] in layer.index} == kinds
    assert not (gallery.said(shape, tags)["attribute"] == "").any()


def test_every_kind_is_drawn_somewhere():
    on_ways = {"passage", "kerb"}
    assert set().union(*(kinds for _, _, kinds in OBJECTS)) | on_ways == set(KINDS)


@pytest.mark.parametrize(
    ("tags", "geometry"),
    [
        ("highway=pedestrian", "LineString"),
        ("highway=pedestrian, area=yes", "Polygon"),
        ("area:highway=footway", "Polygon"),
    ],
)
def test_squares_are_polygons_and_loops_lines(gallery, tags, geometry):
    assert gallery.object("footway", "area", tags).geom_type.tolist() == [geometry]


INF = np.inf
BOUNDS = [
    ("node", "tactile_paving=no, barrier=kerb, kerb=lowered", "crossing_end", "kerb_height", (-INF, 3)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=flush", "crossing_end", "kerb_height", (0, 1)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=raised", "crossing_end", "kerb_height", (3, INF)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=rolled", "crossing_end", "kerb_height", (3, INF)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=lowered, kerb:height=0.06", "crossing_end", "kerb_height", (6, 6)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=raised, kerb:height=4 cm", "crossing_end", "kerb_height", (4, 4)),
    ("node", "tactile_paving=no, barrier=kerb, kerb:height=3cm", "crossing_end", "kerb_height", (3, 3)),
    ("node", "tactile_paving=no, barrier=kerb, kerb:height=18 mm", "crossing_end", "kerb_height", (1.8, 1.8)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=no", "crossing_end", "kerb_height", (-INF, INF)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=yes", "crossing_end", "kerb_height", (-INF, INF)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=raised", "crossing_end", "dropped_kerb_width", (0, 0)),
    ("node", "tactile_paving=no, barrier=kerb, kerb=lowered", "crossing_end", "dropped_kerb_width", (-INF, INF)),
    ("node", "highway=crossing, kerb=flush", "crossing", "kerb_height", (0, 1)),
    ("line", "highway=footway, incline=5%", "footway", "running_slope", (5, 5)),
    ("line", "highway=footway, incline=-8 %", "footway", "running_slope", (8, 8)),
    ("line", "highway=footway, incline=0", "footway", "running_slope", (0, 0)),
    ("line", "highway=footway, incline=20°", "footway", "running_slope", (36.397, 36.397)),
    ("line", "highway=footway, incline=1:12", "footway", "running_slope", (8.3333, 8.3333)),
    ("line", "highway=footway, incline=up", "footway", "running_slope", (-INF, INF)),
    ("line", "highway=footway, incline=5", "footway", "running_slope", (-INF, INF)),
    ("line", "highway=footway, incline:across=-2%", "footway", "cross_slope", (2, 2)),
    ("line", "highway=footway, width=1,5", "footway", "route_width", (1.5, 1.5)),
    ("line", "highway=footway, width=90 cm", "footway", "route_width", (0.9, 0.9)),
    ("line", "highway=footway, est_width=2", "footway", "route_width", (1.5, 2.5)),
    ("line", "highway=footway, width=3, est_width=2", "footway", "route_width", (3, 3)),
    ("line", "highway=footway, width=3", "footway", "min_passage_width", (-INF, 3)),
    ("line", "highway=footway, width=3, maxwidth:physical=1.2", "footway", "min_passage_width", (1.2, 1.2)),
    ("line", "highway=footway, footway=sidewalk, width=3", "footway", "footway_width", (3, 3)),
    ("line", "highway=footway, width=3", "footway", "footway_width", (-INF, INF)),
    ("line", "highway=footway, maxheight=2.1", "footway", "vertical_clearance", (2.1, 2.1)),
    ("line", "highway=footway, maxheight=default", "footway", "vertical_clearance", (-INF, INF)),
    ("line", "highway=steps, step_count=12", "stairs", "flight_steps", (-INF, 12)),
    ("line", "highway=steps, step_count=12", "stairs", "step_total", (12, 12)),
    ("line", "highway=steps, steps=9", "stairs", "step_total", (9, 9)),
    ("line", "highway=steps, steps=9", "stairs", "flight_steps", (-INF, 9)),
    ("line", "highway=steps, step_count=46, platform_count=1", "stairs", "flights", (2, 2)),
    ("line", "highway=steps, step_count=46, platform_count=1", "stairs", "flight_steps", (-INF, INF)),
    ("line", "highway=steps, platform_count=many", "stairs", "flights", (-INF, INF)),
    ("line", "highway=steps, step:height=0.17", "stairs", "riser", (17, 17)),
    ("line", "highway=steps, step:length=30 cm", "stairs", "going", (30, 30)),
    ("line", "highway=steps, width=2", "stairs", "stair_width", (-INF, 2)),
    ("line", "highway=steps, ramp:wheelchair=yes", "stairs", "stepfree_detour", (0, 0)),
    ("line", "highway=footway, ramp=yes, incline=-6%", "ramp", "ramp_slope", (6, 6)),
    ("line", "highway=steps, ramp:wheelchair=yes, incline=40%", "ramp", "ramp_slope", (-INF, INF)),
    ("line", "highway=residential, maxspeed=50", "street", "maxspeed", (50, 50)),
    ("line", "highway=residential, maxspeed=20 mph", "street", "maxspeed", (32.187, 32.187)),
    ("line", "highway=residential, maxspeed=BE:urban", "street", "maxspeed", (50, 50)),
    ("line", "highway=residential, maxspeed=walk", "street", "maxspeed", (-INF, 10)),
    ("line", "highway=residential, maxspeed=none", "street", "maxspeed", (-INF, INF)),
    ("line", "highway=residential, lanes=2", "street", "lanes", (2, 2)),
    ("area", "amenity=parking, capacity:disabled=2, capacity=40", "car_park", "reserved_count", (2, 2)),
    ("area", "amenity=parking, capacity:disabled=2, capacity=40", "car_park", "bay_count", (40, 40)),
    ("area", "amenity=parking, capacity:disabled=yes", "car_park", "reserved_count", (1, INF)),
    ("area", "amenity=parking, capacity:disabled=no", "car_park", "reserved_count", (0, 0)),
    ("area", "amenity=parking", "car_park", "reserved_count", (-INF, INF)),
    ("line", "public_transport=platform, kerb:height=0.18", "stop", "platform_height", (18, 18)),
    ("line", "public_transport=platform, height=0.16", "stop", "platform_height", (16, 16)),
    ("node", "highway=bus_stop, height=2.5", "stop", "platform_height", (-INF, INF)),
    ("line", "public_transport=platform, width=2.5", "stop", "boarding_depth", (-INF, 2.5)),
    ("node", "highway=bus_stop, wheelchair=yes", "stop", "approach_step", (-INF, 3)),
    ("node", "highway=bus_stop, wheelchair=no", "stop", "approach_step", (-INF, INF)),
    ("node", "entrance=yes, wheelchair=limited", "entrance", "entrance_step", (-INF, 7)),
    ("node", "entrance=yes, wheelchair=yes, step:height=0.04", "entrance", "entrance_step", (4, 4)),
    ("node", "entrance=yes, step_count=0", "entrance", "entrance_step", (0, 0)),
    ("node", "entrance=yes, step_count=2", "entrance", "entrance_step", (-INF, INF)),
    ("node", "amenity=bench, seat:height=0.45", "rest_place", "seat_height", (45, 45)),
]


@pytest.mark.parametrize(("shape", "tags", "kind", "attribute", "bounds"), BOUNDS)
def test_number(gallery, shape, tags, kind, attribute, bounds):
    layer = gallery.object(kind, shape, tags)
    low, high = schema.bounds(layer, attribute)
    assert [low[0], high[0]] == pytest.approx(bounds, abs=1e-3)
    if bounds[0] != bounds[1]:
        assert np.isnan(layer[attribute].iloc[0])


VALUES = [
    ("line", "highway=pedestrian", "street", "footway_sides", "pedestrian"),
    ("line", "highway=living_street", "street", "footway_sides", "shared"),
    ("line", "highway=living_street, sidewalk=both", "street", "footway_sides", "shared"),
    ("line", "highway=residential", "street", "footway_sides", None),
    ("line", "highway=residential, sidewalk=both", "street", "footway_sides", "both"),
    ("line", "highway=residential, sidewalk=left", "street", "footway_sides", "left"),
    ("line", "highway=residential, sidewalk=right", "street", "footway_sides", "right"),
    ("line", "highway=residential, sidewalk=no", "street", "footway_sides", "none"),
    ("line", "highway=residential, sidewalk=none", "street", "footway_sides", "none"),
    ("line", "highway=residential, sidewalk=separate", "street", "footway_sides", None),
    ("line", "highway=residential, sidewalk:both=yes", "street", "footway_sides", "both"),
    ("line", "highway=residential, sidewalk:both=no", "street", "footway_sides", "none"),
    ("line", "highway=residential, sidewalk:both=separate", "street", "footway_sides", "both"),
    ("line", "highway=residential, sidewalk:left=yes, sidewalk:right=separate", "street", "footway_sides", "both"),
    ("line", "highway=residential, sidewalk:left=yes, sidewalk:right=no", "street", "footway_sides", "left"),
    ("line", "highway=residential, sidewalk:left=no, sidewalk:right=separate", "street", "footway_sides", "right"),
    ("line", "highway=residential, sidewalk:left=no, sidewalk:right=no", "street", "footway_sides", "none"),
    ("line", "highway=residential, sidewalk:left=yes", "street", "footway_sides", None),
    ("line", "highway=residential", "street", "pedestrians_allowed", True),
    ("line", "highway=residential, foot=no", "street", "pedestrians_allowed", False),
    ("line", "highway=residential, foot=use_sidepath", "street", "pedestrians_allowed", True),
    ("line", "highway=primary, motorroad=yes", "street", "pedestrians_allowed", False),
    ("line", "highway=trunk", "street", "pedestrians_allowed", None),
    ("line", "highway=trunk, foot=yes", "street", "pedestrians_allowed", True),
    ("line", "highway=primary, operator=AWV", "street", "manager", "awv"),
    ("line", "highway=primary, operator=Someone", "street", "manager", None),
    ("line", "highway=footway, surface=asphalt", "footway", "surface", "asphalt"),
    ("line", "highway=footway, surface=cobblestone:flattened", "footway", "surface", "sett:flat"),
    ("line", "highway=footway, surface=dirt", "footway", "surface", "ground"),
    ("line", "highway=footway, surface=paved", "footway", "surface", None),
    ("line", "highway=footway, surface=unpaved", "footway", "surface", None),
    ("line", "highway=footway, surface=wood", "footway", "surface", None),
    ("line", "highway=footway, surface=asphalt;asphalt", "footway", "surface", "asphalt"),
    ("line", "highway=footway, surface=asphalt;gravel", "footway", "surface", None),
    ("line", "highway=footway, surface=paved", "footway", "firm", True),
    ("line", "highway=footway, surface=sand", "footway", "firm", False),
    ("line", "highway=footway, surface=gravel", "footway", "firm", None),
    ("line", "highway=path, tracktype=grade5", "footway", "firm", False),
    ("line", "highway=footway, smoothness=very_bad", "footway", "smoothness", "very_bad"),
    ("line", "highway=footway, bicycle=dismount", "footway", "cycling_allowed", False),
    ("line", "highway=footway, bicycle=designated", "footway", "cycling_allowed", True),
    ("line", "highway=cycleway, foot=yes", "footway", "cycling_allowed", True),
    ("line", "highway=footway, tunnel=building_passage", "footway", "overhead_object", True),
    ("line", "highway=footway, tunnel=building_passage", "footway", "off_ground", None),
    ("line", "highway=footway, tunnel=yes", "footway", "off_ground", True),
    ("line", "highway=primary, bridge=yes", "street", "off_ground", True),
    ("line", "highway=primary, tunnel=building_passage", "street", "off_ground", None),
    ("line", "highway=footway, bridge=viaduct", "footway", "off_ground", True),
    ("line", "highway=footway, bridge=no", "footway", "off_ground", None),
    ("line", "highway=footway, ramp=yes, bridge=yes", "ramp", "off_ground", True),
    ("line", "highway=steps, bridge=yes", "stairs", "off_ground", True),
    ("line", "highway=footway, maxheight=default", "footway", "overhead_object", None),
    ("node", "highway=crossing, crossing=zebra", "crossing", "zebra", True),
    ("node", "highway=crossing, crossing=marked", "crossing", "zebra", None),
    ("node", "highway=crossing, crossing:markings=zebra", "crossing", "zebra", True),
    ("node", "highway=crossing, crossing:markings=lines", "crossing", "zebra", False),
    ("node", "highway=crossing, crossing:markings=no, crossing=zebra", "crossing", "zebra", False),
    ("node", "highway=crossing, crossing_ref=zebra, crossing=traffic_signals", "crossing", "zebra", True),
    ("node", "highway=crossing, crossing=uncontrolled", "crossing", "crossing_marked", True),
    ("node", "highway=crossing, crossing=unmarked", "crossing", "crossing_marked", False),
    ("node", "highway=crossing", "crossing", "crossing_marked", None),
    ("node", "highway=crossing, crossing=traffic_signals", "crossing", "signals", True),
    ("node", "highway=crossing, crossing=island;traffic_signals", "crossing", "signals", True),
    ("node", "highway=crossing, crossing=island;traffic_signals", "crossing", "refuge_present", True),
    ("node", "highway=crossing, crossing=uncontrolled", "crossing", "signals", False),
    ("node", "highway=traffic_signals, crossing=zebra", "crossing", "signals", True),
    ("node", "highway=crossing, crossing:island=no", "crossing", "refuge_present", False),
    ("node", "highway=crossing, traffic_signals:sound=yes", "crossing", "signal_nonvisual", True),
    ("node", "highway=crossing, traffic_signals:vibration=yes, traffic_signals:sound=no", "crossing", "signal_nonvisual", True),
    ("node", "highway=crossing, traffic_signals:sound=no", "crossing", "signal_nonvisual", None),
    ("node", "highway=crossing, traffic_signals:sound=no, traffic_signals:vibration=no", "crossing", "signal_nonvisual", False),
    (
        "node",
        "highway=crossing, traffic_signals:sound=locate, traffic_signals:vibration=no",
        "crossing",
        "signal_nonvisual",
        False,
    ),
    ("node", "highway=crossing, kerb=lowered", "crossing", "both_sides_lowered", True),
    ("node", "highway=crossing, kerb=raised", "crossing", "both_sides_lowered", False),
    ("node", "highway=crossing, tactile_paving=yes", "crossing", "tactile_warning", True),
    ("node", "highway=crossing, tactile_paving=partial", "crossing", "tactile_warning", None),
    ("node", "highway=crossing, lit=24/7", "crossing", "lit", True),
    ("node", "tactile_paving=yes, barrier=kerb, kerb=lowered", "crossing_end", "tactile_warning", True),
    ("node", "tactile_paving=no, barrier=kerb, kerb=lowered", "crossing_end", "tactile_warning", False),
    ("line", "highway=steps, handrail=yes", "stairs", "handrail_present", True),
    ("line", "highway=steps, handrail=yes", "stairs", "handrail_sides", None),
    ("line", "highway=steps, handrail=no", "stairs", "handrail_present", False),
    ("line", "highway=steps, handrail=no", "stairs", "handrail_sides", "none"),
    ("line", "highway=steps, handrail=both", "stairs", "handrail_sides", "both"),
    ("line", "highway=steps, handrail:left=yes", "stairs", "handrail_sides", None),
    ("line", "highway=steps, handrail:left=yes", "stairs", "handrail_present", True),
    ("line", "highway=steps, handrail:left=yes, handrail:right=no", "stairs", "handrail_sides", "left"),
    ("line", "highway=steps, handrail=yes, handrail:left=no, handrail:right=yes", "stairs", "handrail_sides", "right"),
    ("line", "highway=steps, handrail:left=yes, handrail:right=yes", "stairs", "handrail_sides", "both"),
    ("line", "highway=steps, handrail:left=no, handrail:right=no, handrail:center=yes", "stairs", "handrail_sides", "center"),
    ("line", "highway=steps, tactile_paving=no", "stairs", "top_warning", False),
    ("line", "highway=steps, step:contrast=yes", "stairs", "nosing_contrast", "all"),
    ("line", "highway=steps, ramp:wheelchair=yes", "ramp", "stair_alternative", True),
    ("line", "highway=steps, ramp:wheelchair=yes, handrail=both", "ramp", "handrail_sides", None),
    ("node", "highway=bus_stop, shelter=yes, bench=no", "stop", "shelter", True),
    ("node", "highway=bus_stop, shelter=yes, bench=no", "stop", "bench", False),
    ("node", "highway=bus_stop, tactile_paving=yes", "stop", "boarding_tile", True),
    ("node", "highway=bus_stop, tactile_paving=yes", "stop", "guide_to_tile", None),
    ("node", "highway=bus_stop, tactile_paving=no", "stop", "guide_to_tile", False),
    ("line", "public_transport=platform, surface=grass", "stop", "platform_surface_ok", False),
    ("line", "public_transport=platform, surface=asphalt", "stop", "platform_surface_ok", None),
    ("node", "amenity=parking_space, parking_space=disabled, orientation=parallel", "parking_bay", "parallel_bay", True),
    ("node", "amenity=parking_space, parking_space=disabled, orientation=diagonal", "parking_bay", "parallel_bay", False),
    ("node", "amenity=parking_space, parking_space=disabled, surface=sett", "parking_bay", "surface", "sett"),
    ("node", "amenity=parking_space, parking_space=disabled, traffic_sign=BE:E9a", "parking_bay", "sign", True),
    ("node", "amenity=bench, backrest=yes, armrest=no", "rest_place", "backrest", True),
    ("node", "amenity=bench, backrest=yes, armrest=no", "rest_place", "armrest", False),
    ("node", "amenity=bench, seats:separated=yes", "rest_place", "armrest", True),
    ("node", "amenity=bench, covered=yes", "rest_place", "sheltered", True),
    ("node", "highway=bus_stop, bench=yes, shelter=no", "rest_place", "sheltered", False),
    ("node", "natural=tree", "obstacle", "obstacle_type", "tree"),
    ("node", "amenity=waste_basket", "obstacle", "obstacle_type", "bin"),
    ("node", "barrier=bollard", "obstacle", "obstacle_type", "bollard"),
    ("node", "amenity=post_box", "obstacle", "obstacle_type", "other"),
    ("node", "amenity=vending_machine, vending=parking_tickets", "control", "ticket_machine", True),
    ("node", "amenity=vending_machine, vending=public_transport_tickets", "control", "ticket_machine", False),
    ("node", "amenity=vending_machine", "control", "ticket_machine", None),
    ("node", "highway=crossing, button_operated=yes", "control", "push_button", True),
    ("node", "railway=subway_entrance", "entrance", "public_building", True),
    ("node", "entrance=staircase", "entrance", "public_building", False),
    ("node", "entrance=main", "entrance", "public_building", None),
    ("node", "amenity=hospital, name=Sint-Jan, addr:street=Schiepse Bos", "anchor", "street", "Schiepse Bos"),
    ("line", "highway=residential, name=Europalaan", "street", "street", "Europalaan"),
    ("line", "highway=footway, is_sidepath:of:name=Europalaan", "footway", "street", "Europalaan"),
]


@pytest.mark.parametrize(("shape", "tags", "kind", "attribute", "value"), VALUES)
def test_truth_class_or_text(gallery, shape, tags, kind, attribute, value):
    found = gallery.object(kind, shape, tags)[attribute].iloc[0]
    assert found == value if value is not None else pd.isna(found)


REMARKS = [
    ("line", "highway=footway, incline=up", "running_slope", "up", "direction only"),
    ("line", "highway=footway, incline=down", "running_slope", "down", "direction only"),
    ("line", "highway=footway, incline=yes", "running_slope", "yes", "how much"),
    ("line", "highway=footway, incline=7", "running_slope", "7", "without unit"),
    ("line", "highway=footway, surface=paved", "surface", "paved", "with what is not said"),
    ("line", "highway=footway, surface=wood", "surface", "wood", "slippery"),
    ("line", "highway=footway, surface=marshmallow", "surface", "marshmallow", "not a known class"),
    ("line", "highway=footway, surface=asphalt;gravel", "surface", "asphalt;gravel", "do not say the same"),
    ("line", "highway=residential, sidewalk=separate", "footway_sides", "separate", "on which side"),
    ("line", "highway=steps, step:height=normal", "riser", "normal", "not a number"),
    ("node", "tactile_paving=no, barrier=kerb, kerb=yes", "kerb_height", "yes", "how high"),
    ("node", "tactile_paving=no, barrier=kerb, kerb=no", "kerb_height", "no", "no kerb"),
    ("node", "tactile_paving=no, barrier=kerb, kerb:height=1-2 cm", "kerb_height", "1-2 cm", "more than one number"),
]


@pytest.mark.parametrize(("shape", "tags", "attribute", "raw", "reason"), REMARKS)
def test_what_is_not_understood_is_said(gallery, shape, tags, attribute, raw, reason):
    said = gallery.said(shape, tags)
    said = said[said["attribute"] == attribute]
    assert said["raw"].tolist() == [raw]
    assert reason in said["reason"].iloc[0]
    assert said["layer"].iloc[0] in KINDS


def test_what_is_understood_or_absent_gives_no_remark(drawing):
    draw(drawing, "line", "highway=footway, surface=asphalt, width=2, bicycle=no, incline=3%, name=A")
    assert drawing.read()[1].empty


CROSSING = {1: (0, -6), 2: (0, -4), 3: (0, 0), 4: (0, 4), 5: (0, 6), 6: (-50, 0), 7: (50, 0), 8: (0, 30)}
"""A footway from south to north: 1, kerb 2, axis of the street 3, kerb 4, 5, and on to 8; the street runs from 6 over 3 to 7."""


@pytest.fixture
def street_crossed(drawing):
    def drawn(crossing="", kerbs="", street="", line="highway=footway, footway=crossing"):
        for number, (x, y) in CROSSING.items():
            drawing.node(number, x, y, {3: crossing, 2: kerbs, 4: kerbs}.get(number, ""))
        drawing.way(20, [1, 2, 3, 4, 5], line).way(21, [6, 3, 7], "highway=residential, " + street).way(
            22, [5, 8], "highway=footway"
        )
        return drawing.read()

    return drawn


def test_crossing_line_stands_for_the_point_on_it_and_takes_its_tags(street_crossed):
    layers, _ = street_crossed("highway=crossing, crossing=zebra, tactile_paving=no", street="maxspeed=50, lanes=2, name=Markt")
    crossing = layers["crossing"]
    assert crossing.index.tolist() == ["w20"]
    row = crossing.loc["w20"]
    assert (row["zebra"], row["tactile_warning"], row["maxspeed"], row["lanes"], row["street"]) == (True, False, 50, 2, "Markt")


def test_crossing_line_keeps_its_own_tags(street_crossed):
    line = "highway=footway, footway=crossing, crossing=unmarked"
    crossing = street_crossed("highway=crossing, crossing=traffic_signals", line=line)[0]["crossing"]
    assert crossing["signals"].tolist() == [False]


def test_highest_speed_of_the_streets_crossed(drawing):
    drawing.nodes(CROSSING).way(20, [1, 3, 5], "highway=footway, footway=crossing")
    drawing.way(21, [6, 3], "highway=tertiary, maxspeed=50, name=A").way(22, [3, 7], "highway=tertiary, maxspeed=30, name=B")
    crossing = drawing.read()[0]["crossing"]
    assert crossing["maxspeed"].tolist() == [50]
    assert crossing["street"].tolist() == ["A / B"]


def test_kerbs_on_a_crossing_are_its_ends(street_crossed):
    layers, _ = street_crossed(kerbs="barrier=kerb, kerb=lowered")
    assert layers["crossing_end"]["parent_id"].to_dict() == {"n2": "w20", "n4": "w20"}
    assert layers["kerb"].empty
    assert layers["crossing"]["axis_to_axis"].tolist() == [True]


def test_crossing_drawn_from_kerb_to_kerb(drawing):
    kerb = "barrier=kerb, kerb=lowered"
    drawing.node(1, 0, 0, kerb).node(2, 0, 8, kerb).way(9, [1, 2], "highway=footway, footway=crossing")
    assert drawing.read()[0]["crossing"]["axis_to_axis"].tolist() == [False]


def test_kerbs_on_a_footway_over_a_crossing_point_are_crossing_ends(street_crossed):
    layers, _ = street_crossed("highway=crossing", kerbs="kerb=lowered", line="highway=footway")
    assert layers["crossing"].index.tolist() == ["n3"]
    assert layers["crossing_end"].index.tolist() == ["n2", "n4"]


def test_kerbs_on_a_footway_without_crossing_are_level_changes(street_crossed):
    layers, _ = street_crossed(kerbs="kerb=raised", line="highway=footway")
    assert layers["kerb"].index.tolist() == ["n2", "n4"]
    assert layers["kerb"]["level_difference_low"].tolist() == [3, 3]
    assert layers["crossing_end"].empty


def test_kerb_tag_of_a_crossing_point_belongs_to_the_crossing(street_crossed):
    layers, _ = street_crossed("highway=crossing, kerb=lowered")
    assert layers["crossing_end"].empty
    assert layers["crossing"]["kerb_height_high"].tolist() == [3]


def test_crossing_end_where_a_kerb_line_meets_the_crossing(drawing):
    drawing.nodes(CROSSING | {10: (-9, 4), 11: (9, 4)})
    drawing.way(20, [1, 2, 3, 4, 5], "highway=footway, footway=crossing").way(23, [10, 4, 11], "barrier=kerb, kerb=lowered")
    layers, _ = drawing.read()
    ends = layers["crossing_end"]
    assert ends["parent_id"].to_dict() == {"n4": "w20"}
    assert ends["kerb_height_high"].tolist() == [3]
    assert ends.geometry.iloc[0].y == pytest.approx(51 + 4 * METRE, abs=1e-7)


@pytest.mark.parametrize("tags", ["barrier=bollard", "barrier=cycle_barrier", "barrier=kissing_gate", "barrier=gate"])
def test_barrier_on_a_footway_is_a_passage(drawing, tags):
    drawing.node(1, 0, 0).node(2, 5, 0, tags).node(3, 10, 0).way(9, [1, 2, 3], "highway=footway")
    layers, _ = drawing.read()
    assert kinds_of(layers) == {"footway", "passage"}
    bollard = tags.endswith("bollard")
    assert layers["passage"][["bollards", "chicane"]].iloc[0].tolist() == [bollard, not bollard]


def test_width_of_a_passage(drawing):
    wide = {2: "maxwidth:physical=1.6", 3: "maxwidth=1", 4: "height=0.9"}
    for number in range(1, 6):
        drawing.node(number, number, 0, f"barrier=bollard, {wide[number]}" if number in wide else "")
    passage = drawing.way(9, [1, 2, 3, 4, 5], "highway=footway").read()[0]["passage"]
    low, high = schema.bounds(passage, "passage_width")
    assert low.tolist() == [1.6, 1, -INF]
    assert high.tolist() == [1.6, INF, INF]
    assert passage["bollard_height"].tolist()[2] == 0.9


@pytest.mark.parametrize("way", ["highway=service", "highway=footway, access=private"])
def test_bollard_off_the_walking_lines_is_an_obstacle(drawing, way):
    drawing.node(1, 0, 0).node(2, 5, 0, "barrier=bollard").node(3, 10, 0).way(9, [1, 2, 3], way)
    assert kinds_of(drawing.read()[0]) == {"obstacle"}


def test_pole_platform_and_track_point_of_one_stop(drawing):
    drawing.node(1, 0, 0, "highway=bus_stop, name=Markt").node(2, 5, 3).node(3, -5, 3).node(4, 0, 20, "highway=bus_stop")
    drawing.way(9, [2, 3], "public_transport=platform, bus=yes, tactile_paving=yes, bench=no, name=other")
    layers, remarks = drawing.read()
    stop = layers["stop"]
    assert stop.index.tolist() == ["n1", "n4"]
    assert stop["boarding_tile"].tolist() == [True, pd.NA]
    assert stop["name"].iloc[0] == "Markt"
    assert remarks.to_dict("records") == [
        {
            "layer": "stop",
            "object_id": "w9",
            "attribute": "",
            "raw": "n1",
            "reason": "the same object as another, less than 5 m away",
        }
    ]


@pytest.mark.parametrize(("y", "stops"), [(8, ["n1", "n2"]), (4, ["n1"])])
def test_stop_is_the_same_only_within_some_metres(drawing, y, stops):
    drawing.node(1, 0, 0, "highway=bus_stop").node(2, 0, y, "public_transport=platform, bus=yes")
    assert drawing.read()[0]["stop"].index.tolist() == stops


@pytest.mark.parametrize(("rails", "stops"), [("tram", ["w9"]), ("rail", [])])
def test_platform_beside_tram_track_is_a_stop(drawing, rails, stops):
    drawing.nodes({1: (0, 0), 2: (30, 0), 3: (0, 4), 4: (30, 4)})
    drawing.way(9, [1, 2], "railway=platform").way(10, [3, 4], f"railway={rails}")
    assert drawing.read()[0]["stop"].index.tolist() == stops


def test_tram_stop_on_the_track_is_its_platform(drawing):
    drawing.nodes({1: (0, 0), 2: (30, 0), 3: (0, 4), 4: (30, 4)}).node(5, 15, 4, "railway=tram_stop, shelter=yes")
    drawing.way(9, [1, 2], "railway=platform, tram=yes").way(10, [3, 5, 4], "railway=tram")
    stop = drawing.read()[0]["stop"]
    assert stop.index.tolist() == ["w9"]
    assert stop["shelter"].tolist() == [True]


def test_bench_drawn_at_a_stop_counts_once(drawing):
    drawing.node(1, 0, 0, "highway=bus_stop, bench=yes, shelter=yes, wheelchair=yes").node(2, 2, 0, "amenity=bench, backrest=yes")
    rest_place = drawing.read()[0]["rest_place"]
    assert rest_place.index.tolist() == ["n2"]
    assert rest_place[["backrest", "sheltered"]].iloc[0].tolist() == [True, True]


@pytest.mark.parametrize(
    ("building", "public"),
    [("building=public", True), ("building=yes, amenity=library", True), ("building=apartments", False), ("building=yes", None)],
)
def test_entrance_on_the_outline_of_a_building(drawing, building, public):
    drawing.node(1, 0, 0, "entrance=main").nodes({2: (9, 0), 3: (9, 9)}).way(9, [1, 2, 3, 1], building)
    found = drawing.read()[0]["entrance"]["public_building"].iloc[0]
    assert found == public if public is not None else pd.isna(found)


SQUARE = {1: (0, 0), 2: (40, 0), 3: (40, 40), 4: (0, 40), 5: (10, 10), 6: (20, 10), 7: (20, 20)}


def test_square_with_a_hole_is_a_relation(drawing):
    drawing.nodes(SQUARE).way(8, [1, 2, 3, 4, 1], "").way(9, [5, 6, 7, 5], "")
    drawing.relation(5, [(8, "outer"), (9, "inner")], "type=multipolygon, highway=pedestrian, surface=sett")
    layers, remarks = drawing.read()
    footway = layers["footway"]
    assert footway["surface"].to_dict() == {"r5": "sett"}
    assert len(footway.geometry.iloc[0].interiors) == 1
    assert remarks.empty


def test_outline_that_is_not_closed_is_set_aside(drawing):
    drawing.nodes(SQUARE).way(8, [1, 2, 3], "amenity=parking").way(9, [4, 5, 6], "")
    drawing.relation(5, [(9, "outer"), (99, "outer")], "type=multipolygon, highway=pedestrian")
    layers, remarks = drawing.read()
    assert kinds_of(layers) == set()
    assert remarks[["layer", "object_id"]].to_numpy().tolist() == [["car_park", "w8"], ["footway", "r5"]]
    assert (remarks["attribute"] == "").all()


def test_line_with_points_outside_the_file_keeps_its_longest_part(drawing):
    drawing.nodes({1: (0, 0), 2: (1, 0), 3: (20, 0), 4: (30, 0), 5: (40, 0)})
    drawing.way(8, [1, 2, 77, 3, 4, 5], "highway=footway").way(9, [1, 88], "highway=footway")
    layers, remarks = drawing.read()
    assert layers["footway"].index.tolist() == ["w8"]
    assert len(layers["footway"].geometry.iloc[0].coords) == 3
    assert remarks[["object_id", "attribute", "raw"]].to_numpy().tolist() == [
        ["w8", "geometry", "3 of 6 points known"],
        ["w9", "", "1 of 2 points known"],
    ]


def test_a_sign_as_a_point_of_a_way_says_nothing_of_where_it_stands(drawing):
    drawing.nodes({1: (0, 0), 3: (20, 0)}).node(2, 10, 0, "traffic_sign=city_limit").node(4, 10, 2, "traffic_sign=city_limit")
    for number, highway in enumerate(["footway", "residential"]):
        drawing.way(9 + number, [1, 2, 3], f"highway={highway}")
    layers, _ = drawing.read()
    assert layers["obstacle"].index.tolist() == ["n4"]


def test_line_of_one_place_is_set_aside(drawing):
    drawing.node(1, 0, 0).node(2, 0, 0).way(9, [1, 2], "highway=steps")
    layers, remarks = drawing.read()
    assert layers["stairs"].empty
    assert remarks["object_id"].tolist() == ["w9"]


def test_empty_file_has_every_kind_with_the_columns_of_a_full_one(drawing):
    empty, remarks = drawing.read()
    draw(drawing, "line", "highway=residential")
    full, _ = drawing.read()
    assert list(empty) == list(full) == KINDS
    assert remarks.empty
    for kind, layer in empty.items():
        assert layer.empty
        assert layer.dtypes.astype(str).to_dict() == full[kind].dtypes.astype(str).to_dict()


def test_columns_of_layers(gallery):
    for layer in gallery.layers.values():
        assert layer.crs == "EPSG:4326"
        assert layer.index.name == "object_id"
        assert {"name", "street", "parent_id"} <= set(layer.columns)
        values = layer.drop(columns=["name", "street", "parent_id", "geometry", "axis_to_axis"], errors="ignore")
        for column in values.columns:
            attribute = schema.attributes()[column.removesuffix("_low").removesuffix("_high")]
            assert str(layer[column].dtype) == {"number": "float64", "bool": "boolean", "class": "object"}[attribute.type]


@pytest.mark.parametrize("suffix", [".osm.gz", ".osm.bz2", ".osm.pbf"])
def test_formats_read_alike(drawing, tmp_path, suffix):
    draw(drawing, "area", "amenity=parking, capacity=4, name=Café Ü")
    path = drawing.write()
    other = tmp_path / f"packed{suffix}"
    if suffix == ".osm.pbf":
        with osmium.SimpleWriter(str(other)) as writer:
            for item in osmium.FileProcessor(str(path)):
                writer.add(item)
    else:
        other.write_bytes({".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}[suffix](path.read_bytes()))
    expected, found = osm.read_osm(path)[0]["car_park"], osm.read_osm(other)[0]["car_park"]
    assert found["name"].tolist() == ["Café Ü"]
    pd.testing.assert_frame_equal(found, expected)


def test_elements_with_negative_numbers(drawing):
    layers, _ = drawing.node(-7, 0, 0, "amenity=bench").node(-3, 9, 9, "amenity=bench").read()
    assert layers["rest_place"].index.tolist() == ["n-7", "n-3"]


@pytest.mark.parametrize("name", ["city.gpkg", "city.osc", "city.pbf.txt"])
def test_other_files_are_refused(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=r"must end in \.osm"):
        osm.read_osm(tmp_path / name)


def test_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        osm.read_osm(tmp_path / "nowhere.osm.pbf")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.osm", b"<osm version='0.6'><node id='1'"), ("a.osm.pbf", b"not a pbf"), ("a.osm.gz", b"not gz"), ("a.osm", b"")],
)
def test_damaged_files_are_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        osm.read_osm(tmp_path / name)


def test_missing_package_names_the_extra(drawing, monkeypatch):
    monkeypatch.setitem(sys.modules, "osmium", None)
    with pytest.raises(MissingExtraError, match=r"toegankelijk\[osm\]"):
        drawing.read()


# The table itself


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.attribute not in ("", "*", *schema.TEXT_COLUMNS)],
    ids=lambda row: f"{row.kind}-{row.attribute}",
)
def test_row_names_an_attribute_of_its_kind_and_codes_of_its_type(row):
    attribute = schema.attributes()[row.attribute]
    # a crossing may carry what holds for both of its ends
    assert attribute.belongs_to(row.kind) or (row.kind == "crossing" and attribute.belongs_to("crossing_end"))
    values = [code for code in row.codes if code != "*"] or [""]
    read = osm_tags.read_values(row, pd.Series(values if row.tag else [""]))
    meanings = [row.codes[code] for code in values] if row.codes and row.tag and values != [""] else []
    for meaning, reason in zip(meanings, read["reason"], strict=True) if meanings else []:
        assert (reason != "") == meaning.startswith("?")
    if not row.tag:
        assert read.drop(columns="reason").notna().all(axis=None)


def test_kinds_groups_and_shapes_of_the_table():
    groups = {row.kind for row in ROWS if row.kind.startswith("(")}
    assert set(KINDS) <= {*schema.kinds(), *schema.context_kinds()}
    for row in ROWS:
        assert row.kind in {*KINDS, *groups, "*"}
        assert set(row.elements) <= {"node", "line", "area", "joint"}
        assert row.elements or row.attribute
        assert row.reads in ("", "at_most", "at_least", "about", "size", "highest")
        named = (
            [kind for part in row.on for kind in part.lstrip("!").split("|")]
            + row.near.split()[1::2]
            + [row.source][: bool(row.source)]
        )
        assert set(named) <= {*KINDS, *groups}
        assert row.tag or row.codes or not row.attribute or row.attribute == "*"


def test_rows_refer_to_rows_above_them():
    seen = set()
    for row in ROWS:
        if not row.attribute:
            named = {kind for part in row.on for kind in part.lstrip("!").split("|")} | set(row.near.split()[1::2])
            assert named <= seen, row
            seen.add(row.kind)


def test_rows_for_elements_start_with_a_tag_that_must_be_there():
    for row in ROWS:
        if not row.attribute and row.kind != "*":
            assert row.where[0][1], row


def test_no_row_stands_twice():
    cells = [(row.kind, row.attribute, row.elements, row.where, row.on, row.near, row.source, row.tag) for row in ROWS]
    assert len(set(cells)) == len(cells)


def test_every_obstacle_has_a_type():
    obstacles = [row for row in ROWS if row.kind == "obstacle"]
    typed = {row.where for row in obstacles if row.attribute == "obstacle_type"}
    assert {row.where for row in obstacles if not row.attribute} == typed


def test_python_names_no_tags():
    keys = {key for row in ROWS for key, _, _ in row.where} | {row.tag for row in ROWS}
    words = {
        node.value
        for module in (osm, osm_tags)
        for node in ast.walk(ast.parse(Path(module.__file__).read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # type=multipolygon is how OpenStreetMap draws areas; the others are a shape, a column and a kind of ours
    assert keys & words <= {"", "type", "area", "name", "crossing"}


# Real files


@pytest.fixture(scope="module")
def neukoelln(shared_data):
    return osm.read_osm(shared_data / "berlin-neukoelln" / "neukoelln_sonnenallee.osm.gz")


def test_neukoelln_counts(neukoelln):
    layers, remarks = neukoelln
    types = layers["obstacle"]["obstacle_type"].value_counts()
    assert (layers["crossing"].geom_type == "LineString").sum() == 17
    assert len(layers["stairs"]) == 5
    assert types[["tree", "lamp"]].tolist() == [145, 52]
    assert types["bollard"] + layers["passage"]["bollards"].sum() == 60
    # of 113 kerb points 5 are crossing points, 4 lie on footways, and 13 off all lines and not looked at for tactile paving
    assert (len(layers["crossing_end"]), len(layers["kerb"])) == (91, 4)
    assert layers["crossing_end"]["kerb_height"].count() == 7
    assert set(remarks["layer"]) <= set(KINDS)


def test_neukoelln_crossing_by_hand(neukoelln):
    crossing = neukoelln[0]["crossing"].loc["w940414777"]
    known = ["street", "maxspeed", "lanes", "signals", "signal_nonvisual", "lit", "refuge_present", "kerb_height_high"]
    assert crossing[known].tolist() == ["Karl-Marx-Straße", 50, 3, True, True, True, False, 1]


def test_heidelberg_counts(shared_data):
    layers, _ = osm.read_osm(shared_data / "osm-europe" / "heidelberg.osm.pbf")
    bollards = (layers["obstacle"]["obstacle_type"] == "bollard").sum() + (layers["passage"]["bollards"]).sum()
    assert bollards >= 545
    assert 1400 < len(layers["stairs"]) <= 1546
    assert layers["stairs"]["flight_steps_high"].count() > 550
    assert layers["stop"].index.is_unique
    assert layers["car_park"]["reserved_count"].count() > 80
    for layer in layers.values():
        assert layer.geometry.is_valid.all()
        assert layer.index.is_unique


def test_a_file_that_is_not_in_order_is_refused_with_what_to_do(tmp_path):
    ways = "".join(f'<way id="{n}" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/></way>' for n in (9, 8))
    nodes = "".join(f'<node id="{n}" version="1" lat="51.0" lon="5.{n}"/>' for n in (1, 2))
    (tmp_path / "a.osm").write_text(f'<osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    with pytest.raises(InputError, match=r"out of order.*osmium sort a\.osm -o"):
        osm.read_osm(tmp_path / "a.osm")
