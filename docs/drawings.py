"""The drawings of the theme pages: `python docs/drawings.py` makes them anew in `docs/themes`, and a test holds them to this.

Names in fixed-width letters are attributes; what stands behind a colon explains. Nothing is to scale.
"""

from collections.abc import Callable
from pathlib import Path

from drawing import Drawing

from toegankelijk.measure.implied import FLAT
from toegankelijk.measure.slopes import LONG, RUN

HERE = Path(__file__).parent / "themes"


def passages() -> Drawing:
    """Widths of a pavement, narrowings, bends, gates and what hangs over."""
    pen = Drawing(
        "doorgangen",
        "What is measured of passages",
        "From above, a pavement between a building and the carriageway with lamps, a tree and two narrowings; below it a "
        "bend, a way with passing places and a dead end, and a view of bollards, a box on a pole and an awning from the "
        "side.",
        600,
    )
    pen.head(12, 24, "A pavement from above")
    pen.box(0, 40, 900, 36, "building")
    pen.label(450, 63, "building")
    pen.box(0, 76, 900, 144, "pavement")
    pen.box(0, 220, 900, 66, "road")
    pen.line((0, 220), (900, 220))
    pen.line((0, 278), (900, 278), dash=True)
    pen.box(430, 76, 90, 64, "building")
    pen.box(684, 76, 60, 84, "building")
    for x in (110, 200, 300):
        pen.dot(x, 206, 8)
    pen.dot(370, 200, 15, "green")
    pen.size((50, 76), (50, 220), "footway_width", (24, -46))
    pen.size((200, 76), (200, 197), "clear_width", (0, -30))
    pen.size((216, 76), (216, 220), "gross_width", (34, 14))
    pen.size((370, 76), (370, 184), "route_width", (0, -24))
    pen.size((475, 140), (475, 220), "narrowing_width", (-24, 8))
    pen.size((430, 236), (520, 236), "length_below_150", (0, 22))
    pen.size((520, 100), (684, 100), "narrowing_gap", (0, -8))
    pen.shapes.append('<rect x="556" y="130" width="86" height="86" class="size dash"/>')
    pen.size((556, 206), (642, 206), "free_square_side", (12, -28))
    pen.size((714, 160), (714, 220), "min_passage_width", (92, 4))
    pen.about(120, 256, "obstacles_one_side", (110, 212))
    pen.about(740, 256, "footway_sides", (720, 278))
    pen.head(12, 324, "A bend")
    pen.area((40, 350), (110, 350), (110, 480), (260, 480), (260, 550), (40, 550), fill="pavement")
    pen.size((40, 400), (110, 400), "a", (0, -8))
    pen.size((220, 480), (220, 550), "b", (14, 4))
    pen.about(120, 440, "bend_width_sum: a+b", (110, 480))
    pen.head(320, 324, "Passing places, and a dead end")
    pen.area(
        *((320, 372), (330, 350), (380, 350), (390, 372), (530, 372), (540, 350), (590, 350), (600, 372), (600, 402), (320, 402)),
        fill="pavement",
    )
    pen.size((390, 388), (530, 388), "passing_place_gap", (0, 34))
    pen.box(320, 470, 270, 84, "pavement")
    pen.box(590, 458, 14, 108, "building")
    pen.ring(546, 512, 39)
    pen.size((507, 512), (585, 512), "turning_diameter", (-120, 4))
    pen.head(640, 324, "From the side")
    pen.line((620, 550), (900, 550))
    pen.box(648, 480, 12, 70, "thing")
    pen.box(724, 480, 12, 70, "thing")
    pen.size((660, 520), (724, 520), "passage_width", (10, -66))
    pen.size((748, 480), (748, 550), "bollard_height", (-40, 58))
    pen.box(786, 418, 8, 132, "thing")
    pen.box(770, 430, 40, 56, "bay")
    pen.size((804, 486), (804, 550), "obstacle_lower_edge", (0, 76))
    pen.area((830, 360), (900, 372), (900, 380), (830, 372), fill="building")
    pen.size((868, 378), (868, 550), "vertical_clearance", (-54, -60))
    return pen


def surface() -> Drawing:
    """Slopes of a footway, joints and edges."""
    pen = Drawing(
        "oppervlak",
        "What is measured of the surface",
        "A footway from the side that climbs with a level rest area halfway, the same footway in cross-section between "
        "building and kerb, and its paving from near with a raised slab, a grating and a hedge.",
        524,
    )
    pen.head(12, 24, "Along the footway, from the side")
    pen.area((20, 190), (300, 120), (420, 120), (820, 50), (880, 50), (880, 224), (20, 224), fill="earth")
    pen.line((20, 190), (300, 120), (420, 120), (820, 50), (880, 50))
    pen.size((60, 196), (220, 196), f"running_slope: over {RUN:g} m", (20, 20))
    pen.line((60, 180), (220, 180), dash=True)
    pen.size((20, 88), (300, 88), "slope_rest_gap", (0, -10))
    pen.label(360, 112, "level rest area")
    pen.about(560, 190, f"long_slope: above {FLAT:g} % over {LONG:g} m", (620, 85))
    pen.head(12, 262, "Across the footway")
    pen.box(20, 280, 60, 180, "building")
    pen.area((80, 440), (330, 456), (330, 490), (80, 490), fill="pavement")
    pen.area((330, 476), (430, 476), (430, 490), (330, 490), fill="road")
    pen.line((80, 440), (330, 440), dash=True)
    pen.size((320, 440), (320, 456), "cross_slope", (-40, -22))
    pen.dot(110, 418, 22, "green")
    pen.about(100, 360, "vegetation_clear", (124, 412))
    pen.label(206, 480, "footway")
    pen.head(470, 262, "The paving, from near")
    for x, y in ((470, 0), (555, 0), (640, -9), (725, 0)):
        pen.box(x, 420 + y, 80, 50, "pavement")
    pen.box(822, 420, 66, 50, "white")
    for x in (836, 852, 868):
        pen.line((x, 422), (x, 468))
    pen.size((648, 411), (648, 420), "unevenness", (0, -22))
    pen.line((555, 420), (660, 420), dash=True)
    pen.size((852, 490), (868, 490), "opening_width", (-28, 24))
    pen.about(470, 500, "surface, smoothness", (500, 460))
    pen.about(470, 330, "slip_resistant", (510, 422))
    pen.about(562, 366, "firm", (576, 424))
    pen.about(720, 330, "comfort_score", (760, 424))
    return pen


def thresholds() -> Drawing:
    """Steps on the way, driveways and entrances."""
    pen = Drawing(
        "drempels",
        "What is measured of thresholds",
        "Level changes from the side: two steps on one way, a bevelled edge, a step at an entrance; and from above a "
        "pavement with a driveway that keeps a level strip.",
        520,
    )
    pen.head(12, 24, "Level changes on a way, from the side")
    pen.area((20, 200), (20, 170), (220, 170), (220, 130), (470, 130), (480, 104), (600, 104), (600, 200), fill="earth")
    pen.size((240, 130), (240, 170), "level_difference", (92, 4))
    pen.size((220, 118), (470, 118), "step_gap", (0, -10))
    pen.line((470, 130), (530, 130), dash=True)
    pen.about(390, 66, "bevel_angle", (478, 110))
    pen.size((30, 104), (30, 170), "rise: in all", (66, 4))
    pen.line((20, 104), (200, 104), dash=True)
    pen.line((20, 170), (120, 170))
    pen.about(60, 226, "level_facility: ramp, stairs, lift or none", (200, 172))
    pen.head(640, 24, "An entrance, from the side")
    pen.area((640, 200), (640, 170), (760, 170), (760, 140), (880, 140), (880, 200), fill="earth")
    pen.box(780, 50, 60, 90, "building")
    pen.label(810, 100, "door")
    pen.size((740, 140), (740, 170), "entrance_step", (-36, -28))
    pen.head(12, 276, "A driveway across a pavement, from above")
    pen.box(20, 292, 860, 24, "building")
    pen.box(20, 316, 860, 120, "pavement")
    pen.box(20, 436, 860, 56, "road")
    pen.line((20, 436), (880, 436))
    pen.area((360, 390), (540, 390), (570, 436), (330, 436), fill="earth")
    pen.label(450, 420, "slopes to the road")
    pen.size((450, 316), (450, 390), "driveway_level_width", (110, 4))
    pen.about(60, 376, "has_driveway", (350, 412))
    pen.label(450, 470, "carriageway")
    return pen


def crossings() -> Drawing:
    """Crossings with refuge and lights, their ends, and guidance."""
    pen = Drawing(
        "oversteekplaatsen",
        "What is measured of crossings and guidance",
        "From above, a crossing with a refuge between two pavements, its warning fields, and a guide line past a lamp; "
        "below it one end of the crossing from the side, with kerb, kerb ramp, gutter and push button.",
        760,
    )
    pen.head(12, 24, "A crossing from above")
    pen.box(0, 40, 900, 110, "pavement")
    pen.box(0, 150, 900, 190, "road")
    pen.box(0, 340, 900, 130, "pavement")
    pen.line((0, 150), (900, 150))
    pen.line((0, 340), (900, 340))
    for x in range(300, 460, 32):
        pen.box(x, 152, 18, 186, "white", edge=False)
    pen.box(200, 224, 90, 44, "island")
    pen.box(460, 224, 90, 44, "island")
    pen.line((0, 246), (198, 246), dash=True)
    pen.line((552, 246), (900, 246), dash=True)
    pen.box(310, 116, 130, 30, "field")
    pen.box(310, 344, 130, 30, "field")
    pen.size((376, 150), (376, 340), "crossing_length", (0, -68))
    pen.size((212, 224), (212, 268), "refuge_depth", (-64, -8))
    pen.size((290, 246), (460, 246), "refuge_width", (60, 28))
    pen.size((310, 106), (440, 106), "warning_length", (0, -8))
    pen.size((452, 116), (452, 146), "warning_depth", (68, 4))
    pen.size((310, 160), (440, 160), "dropped_kerb_width", (166, 16))
    pen.size((310, 324), (440, 324), "crossing_width", (146, 2))
    pen.about(20, 66, "tactile_warning", (316, 130))
    pen.about(560, 66, "both_sides_lowered", (430, 148))
    pen.about(20, 186, "crossing_marked, zebra", (304, 190))
    pen.about(20, 320, "skew_angle: from square", (376, 300))
    pen.about(570, 222, "maxspeed, lanes", (640, 246))
    pen.about(620, 320, "crossing_detour: of street", (820, 246))
    pen.about(640, 186, "refuge_present", (540, 230))
    pen.box(440, 396, 300, 20, "white")
    pen.label(590, 458, "guide line, kept free on both sides")
    pen.size((480, 396), (480, 416), "guide_width", (-60, 4))
    pen.dot(660, 362, 9)
    pen.size((660, 371), (660, 396), "guide_clearance", (78, -2))
    pen.box(820, 376, 60, 60, "white")
    pen.size((740, 406), (820, 406), "guide_gap", (-18, 28))
    pen.size((820, 446), (880, 446), "info_side", (0, 18))
    pen.about(130, 398, "contrast", (330, 366))
    pen.about(60, 440, "natural_guide: front or kerb", (200, 470))
    pen.box(0, 470, 900, 14, "building")
    _crossing_end(pen)
    return pen


def _crossing_end(pen: Drawing) -> None:
    pen.head(12, 522, "One end from the side")
    pen.area((20, 700), (20, 600), (300, 600), (520, 640), (520, 700), fill="pavement")
    pen.area((520, 700), (520, 672), (540, 680), (566, 668), (880, 668), (880, 700), fill="road")
    pen.size((190, 584), (300, 584), "landing_depth", (0, -8))
    pen.line((300, 600), (520, 600), dash=True)
    pen.size((536, 640), (536, 668), "kerb_height", (64, -6))
    pen.about(310, 690, "kerb_ramp_slope", (420, 624))
    pen.size((500, 600), (500, 668), "rise", (0, -54))
    pen.line((490, 668), (566, 668), dash=True)
    pen.about(600, 712, "gutter_depth", (540, 680))
    pen.box(56, 532, 8, 68, "thing")
    pen.box(52, 548, 16, 12, "bay")
    pen.size((84, 554), (84, 600), "control_height", (74, -24))
    pen.about(640, 560, "signal_nonvisual", (812, 580))
    pen.box(700, 600, 5, 68, "thing")
    pen.box(684, 594, 36, 8, "field")
    pen.about(640, 620, "lit", (690, 600))
    pen.box(806, 560, 26, 60, "thing")
    pen.box(816, 620, 6, 48, "thing")
    pen.note(20, 744, "required_speed: crossing_length by crossing_time, at lights (signals)")


def ramps_and_stairs() -> Drawing:
    """Ramps from the side and from above, stairs from the side."""
    pen = Drawing(
        "hellingen_trappen",
        "What is measured of ramps and stairs",
        "A ramp from the side with two runs, a landing and a handrail; a ramp with a turn from above; and stairs from the"
        " side with two flights, a landing and a handrail.",
        820,
    )
    pen.head(12, 24, "A ramp from the side")
    pen.area((20, 250), (120, 250), (400, 190), (500, 190), (780, 130), (880, 130), (880, 270), (20, 270), fill="earth")
    pen.line((90, 178), (120, 178), (400, 118), (500, 118), (780, 58), (812, 58))
    for x, y in ((120, 250), (400, 190), (500, 190), (780, 130)):
        pen.line((x, y), (x, y - 72))
    pen.size((120, 262), (400, 262), "run_length", (-60, 26))
    pen.size((400, 204), (500, 204), "landing_length", (0, 24))
    pen.about(180, 214, "ramp_slope", (280, 216), "end")
    pen.size((860, 130), (860, 250), "rise", (-30, 20))
    pen.line((400, 250), (880, 250), dash=True)
    pen.size((440, 118), (440, 190), "handrail_height", (0, -8))
    pen.size((780, 46), (812, 46), "handrail_extension", (-60, -10))
    pen.about(520, 66, "handrail_second", (560, 126), "end")
    pen.line((120, 208), (400, 148), (500, 148), (780, 88))
    pen.about(610, 236, "edge_upstand", (640, 158))
    pen.about(720, 170, "top_warning", (800, 130))
    pen.head(12, 330, "A ramp from above")
    pen.box(60, 350, 80, 60, "pavement")
    pen.box(140, 350, 240, 60, "earth")
    pen.box(380, 350, 76, 152, "pavement")
    pen.box(140, 442, 240, 60, "earth")
    pen.size((200, 350), (200, 410), "ramp_width", (58, 4))
    pen.about(216, 472, "ramp_cross_slope", (180, 490))
    pen.size((380, 424), (456, 424), "landing_180", (108, 4))
    pen.ring(100, 380, 29)
    pen.about(20, 440, "end_turning", (92, 402))
    pen.about(480, 372, "turn_180", (440, 380))
    pen.box(620, 350, 180, 56, "earth")
    pen.box(800, 350, 66, 66, "pavement")
    pen.box(800, 416, 56, 90, "earth")
    pen.size((800, 340), (866, 340), "landing_90", (-30, -10))
    pen.about(640, 446, "turn_90", (808, 408))
    pen.box(560, 470, 150, 36, "white")
    for x in range(575, 710, 15):
        pen.line((x, 470), (x, 506))
    pen.about(490, 530, "stair_alternative: stairs beside it", (600, 500))
    _stairs(pen)
    return pen


def _stairs(pen: Drawing) -> None:
    pen.head(12, 572, "Stairs from the side")
    steps = [(20.0, 790.0), (120.0, 790.0)]
    for x, y in ((120, 790), (160, 766), (200, 742)):
        steps += [(x, y - 24), (x + 40, y - 24)]
    steps.append((420, 718))
    for x, y in ((420, 718), (460, 694), (500, 670)):
        steps += [(x, y - 24), (x + 40, y - 24)]
    pen.area(*steps, (640, 646), (640, 806), (20, 806), fill="earth")
    pen.line((90, 706), (120, 706), (240, 634), (420, 634), (540, 562), (580, 562))
    pen.size((108, 766), (108, 790), "riser", (-40, 0))
    pen.size((160, 732), (200, 732), "going", (-38, -6))
    pen.size((240, 704), (420, 704), "stair_landing", (0, -8))
    pen.about(250, 752, "nosing_contrast", (240, 720))
    pen.about(250, 782, "riser_deviation: within a flight", (160, 780))
    pen.about(130, 628, "handrail_sides", (180, 668), "middle")
    pen.size((600, 556), (600, 646), "headroom", (60, 0))
    pen.about(650, 704, "flight_steps, stair_width", (530, 672))
    pen.note(652, 740, "stride: 2 riser + going")
    pen.note(652, 776, "stepfree_detour")


def stops() -> Drawing:
    """A stop from above and from the side."""
    pen = Drawing(
        "haltes",
        "What is measured of stops",
        "A stop from above with shelter, boarding tiles, guide line and a cycle path behind it; a platform from the side "
        "with the bus; and the way from a care home to the stop.",
        664,
    )
    pen.head(12, 24, "A stop from above")
    pen.box(0, 40, 900, 30, "building")
    pen.box(0, 70, 900, 90, "pavement")
    pen.box(0, 160, 900, 36, "bay")
    pen.label(70, 183, "cycle path")
    pen.box(0, 196, 900, 134, "pavement")
    pen.box(0, 330, 900, 70, "road")
    pen.line((0, 330), (900, 330))
    pen.box(300, 206, 230, 60, "white")
    pen.box(432, 214, 86, 18, "thing")
    pen.box(320, 234, 40, 30, "field")
    pen.size((320, 250), (360, 250), "shelter_wheelchair", (-110, 4))
    pen.size((480, 266), (480, 330), "shelter_passage", (74, 26))
    pen.box(640, 290, 60, 38, "field")
    pen.box(664, 76, 12, 214, "white")
    pen.size((730, 196), (730, 330), "boarding_depth", (74, -8))
    pen.about(580, 372, "boarding_tile", (660, 322))
    pen.about(700, 120, "guide_to_tile", (672, 130))
    pen.about(560, 226, "bench", (510, 222))
    pen.about(20, 130, "cycle_path_at_stop, cycle_behind", (180, 170))
    pen.about(320, 130, "shelter", (350, 206))
    pen.about(40, 312, "platform_surface_ok", (240, 290))
    pen.about(40, 372, "bus_swings_in: bay or bend", (340, 362))
    pen.head(12, 440, "From the side")
    pen.area((20, 640), (20, 590), (120, 590), (120, 560), (430, 568), (430, 640), fill="pavement")
    pen.area((430, 640), (430, 610), (640, 610), (640, 640), fill="road")
    pen.box(452, 470, 170, 112, "bay")
    pen.dot(480, 594, 16)
    pen.dot(590, 594, 16)
    pen.label(540, 530, "bus")
    pen.size((442, 568), (442, 610), "platform_height", (-90, 26))
    pen.size((104, 560), (104, 590), "approach_step", (-16, -28))
    pen.line((120, 560), (430, 560), dash=True)
    pen.about(220, 540, "platform_cross_slope", (400, 564))
    pen.head(672, 440, "In the zone")
    pen.dot(700, 480, 12, "building")
    pen.label(720, 484, "care home", "start")
    pen.line((700, 492), (700, 560), (850, 560), (850, 590))
    pen.dot(850, 600, 10, "bay")
    pen.about(720, 534, "stop_distance", (700, 530))
    pen.about(660, 600, "accessible_share", (838, 600))
    pen.about(660, 640, "delijn_class: given", (846, 608))
    return pen


def parking() -> Drawing:
    """Reserved bays in a row, along the street, and from the side."""
    pen = Drawing(
        "parkeerplaatsen",
        "What is measured of reserved parking",
        "From above, a perpendicular bay with a transfer strip and a bay parallel to the road, with the way to a lowered "
        "kerb and to an entrance; from the side a sign and a ticket machine.",
        640,
    )
    pen.head(12, 24, "Bays from above")
    pen.box(0, 40, 900, 34, "building")
    pen.box(640, 40, 50, 34, "white")
    pen.label(665, 62, "door")
    pen.box(0, 74, 900, 96, "pavement")
    pen.line((0, 170), (900, 170))
    pen.box(0, 170, 900, 230, "road")
    for x in (60, 270):
        pen.box(x, 172, 90 if x == 60 else 120, 150, "road")
    pen.box(150, 172, 120, 150, "bay")
    pen.line((236, 172), (236, 322), dash=True)
    pen.size((150, 300), (270, 300), "bay_width", (0, -12))
    pen.size((164, 172), (164, 322), "bay_length", (-66, -30))
    pen.size((236, 336), (270, 336), "transfer_strip", (0, 24))
    pen.about(290, 230, "marking, surface, bay_slope", (222, 220))
    pen.box(560, 172, 230, 66, "bay")
    pen.size((560, 186), (790, 186), "bay_length", (0, 24))
    pen.size((804, 172), (804, 238), "bay_width", (46, 6))
    pen.about(560, 290, "parallel_bay: long side along it", (640, 238))
    pen.line((560, 340), (900, 340), dash=True)
    pen.label(730, 362, "axis of the street")
    pen.box(440, 160, 60, 12, "white")
    pen.label(470, 190, "lowered kerb")
    pen.size((500, 150), (590, 150), "bay_kerb_distance", (-50, -10))
    pen.line((590, 172), (590, 120), (665, 120), (665, 76))
    pen.about(700, 110, "bay_entrance_distance", (665, 110))
    pen.about(40, 120, "kerb_at_bay", (200, 170))
    pen.about(20, 388, "reserved_count, bay_count: of the whole car park", (30, 330))
    pen.head(12, 440, "From the side")
    pen.line((20, 610), (880, 610))
    pen.box(150, 470, 8, 140, "thing")
    pen.box(132, 460, 44, 50, "bay")
    pen.size((190, 510), (190, 610), "sign_height", (64, 4))
    pen.about(30, 490, "sign", (140, 486))
    pen.box(480, 500, 50, 110, "thing")
    pen.box(492, 526, 26, 18, "white")
    pen.size((548, 534), (548, 610), "control_height", (78, 4))
    pen.label(505, 490, "ticket machine")
    return pen


def furniture() -> Drawing:
    """Benches from the side and from above, objects in the walkway, and distances along the way."""
    pen = Drawing(
        "straatmeubilair",
        "What is measured of street furniture",
        "A bench from the side, a pavement from above with a bench beside its walkway and objects in and out of it, and "
        "the distances between rest places along the way.",
        620,
    )
    pen.head(12, 24, "A bench from the side")
    pen.line((20, 210), (430, 210))
    pen.box(120, 150, 110, 12, "thing")
    pen.box(128, 162, 8, 48, "thing")
    pen.box(212, 162, 8, 48, "thing")
    pen.area((120, 150), (104, 80), (112, 78), (130, 150), fill="thing")
    pen.line((126, 122), (220, 122), (220, 150))
    pen.size((250, 150), (250, 210), "seat_height", (64, 4))
    pen.about(150, 74, "backrest", (110, 96))
    pen.about(250, 108, "armrest", (214, 122))
    pen.line((60, 60), (60, 210))
    pen.line((30, 60), (140, 44))
    pen.about(160, 44, "sheltered", (100, 50))
    pen.head(480, 24, "Something to operate")
    pen.line((480, 210), (880, 210))
    pen.box(560, 80, 46, 130, "thing")
    pen.box(570, 104, 26, 20, "white")
    pen.size((626, 114), (626, 210), "control_height", (76, 4))
    pen.head(12, 256, "A pavement from above")
    pen.box(0, 272, 900, 170, "pavement")
    pen.box(0, 442, 900, 40, "road")
    pen.line((0, 442), (900, 442))
    pen.line((0, 326), (900, 326), dash=True)
    pen.line((0, 406), (900, 406), dash=True)
    pen.label(90, 372, "walkway")
    pen.box(200, 282, 96, 22, "thing")
    pen.size((248, 304), (248, 326), "bench_setback", (72, 4))
    pen.size((296, 292), (350, 292), "beside_width", (96, 4))
    pen.about(20, 298, "bench_access", (196, 300))
    pen.dot(540, 424, 9)
    pen.dot(620, 372, 12, "green")
    pen.about(570, 312, "outside_walkway: no", (618, 360))
    pen.about(570, 472, "outside_walkway: yes", (544, 428))
    pen.head(12, 520, "Along the way")
    pen.line((40, 570), (860, 570))
    pen.dot(40, 570, 10, "building")
    for x in (240, 540, 860):
        pen.box(x - 16, 560, 32, 10, "thing")
    pen.size((40, 590), (240, 590), "first_rest_distance", (0, 20))
    pen.size((240, 590), (540, 590), "rest_gap", (0, 20))
    pen.about(600, 548, "ergonomic_share: of the zone", (850, 560))
    return pen


DRAWINGS: tuple[Callable[[], Drawing], ...] = (
    *(passages, surface, thresholds, crossings),
    *(ramps_and_stairs, stops, parking, furniture),
)
"""One drawing per theme, in the order of the themes."""


def write_drawings(folder: Path) -> None:
    """Write all drawings as SVG."""
    for draw in DRAWINGS:
        made = draw()
        (folder / f"{made.name}.svg").write_text(made.svg(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_drawings(HERE)
