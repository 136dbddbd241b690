"""Looks on the map are told apart by people with any colour vision, and in grey print; colour is never all there is."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import toegankelijk as tg
from toegankelijk.maps.bottlenecks import BANDS, band_styles, draw_bottlenecks
from toegankelijk.maps.gaps import draw_gaps
from toegankelijk.maps.layers import Layer, Style
from toegankelijk.maps.words import all_names

from . import frames_for_pages as frames
from .colours import GROUND, VISIONS, channels, contrast, difference, lab, over
from .frames_for_pages import gaps
from .layers_for_pages import bottlenecks, ways, zones
from .screenings import screen_once

SEEN, SEEN_IN_GREY = 10, 7  # at a glance, in CIELAB; in grey only lightness is left, of neighbours in a legend


def marks(style: Style, sort: str) -> tuple[object, ...]:
    """What tells a look apart besides its colour."""
    if sort == "point":
        return (style.shape, *style.sign.values(), round(style.size / 8))
    return (style.dash, style.hatch, round(style.width / 2) if sort == "line" else None, bool(style.fill) or style.hatch)


def shown(style: Style, sort: str) -> np.ndarray:
    return over(style.fill or style.colour, style.opacity) if sort == "area" else over(style.colour, style.opacity)


def sort_of(layer: Layer) -> str:
    kind = layer.shapes.geom_type.dropna()
    kind = kind.iloc[0] if len(kind) else "Point"
    return "point" if "Point" in kind else "area" if "Polygon" in kind else "line"


def confused(layer: Layer) -> list[str]:
    """Pairs of looks of a layer that somebody takes for one another."""
    sort, faults = sort_of(layer), []
    for (one, a), (other, b) in combinations(layer.styles.items(), 2):
        if marks(a, sort) != marks(b, sort):
            continue
        for vision in VISIONS:
            apart = difference(shown(a, sort), shown(b, sort), vision)
            if apart < (SEEN_IN_GREY if vision == "grey" else SEEN):
                faults.append(f"{layer.key}: {one} and {other} with {vision}: {apart:.1f}")
    return faults


def faint(layer: Layer) -> list[str]:
    """Marks that are hard to read on their sign, and lines and outlines that are hard to see on the ground."""
    sort, faults = sort_of(layer), []
    for name, style in layer.styles.items():
        if sort == "point" and any(style.sign.values()) and contrast(channels(style.text), channels(style.colour)) < 4.5:
            faults.append(f"{layer.key}: the mark of {name} on its sign")
        if sort == "line" and contrast(over(style.colour, style.opacity), channels(GROUND)) < 3:
            faults.append(f"{layer.key}: line {name} on the ground")
        if sort == "area" and style.width and not style.fill and contrast(channels(style.colour), channels(GROUND)) < 3:
            faults.append(f"{layer.key}: outline {name} on the ground")
    return faults


def test_simulated_vision_is_that_of_the_published_model():
    red, green = channels("#ff0000"), channels("#00ff00")
    assert difference(red, green, "all cones") == pytest.approx(170.6, abs=0.5)  # as other colour libraries have it
    assert difference(channels("#b5722f"), channels("#7d8a2e"), "no green cones") < 0.5 * difference(
        channels("#b5722f"), channels("#7d8a2e"), "all cones"
    )
    for vision in VISIONS:
        assert lab(channels("#ffffff"), vision) == pytest.approx([100, 0, 0], abs=0.6)
    assert lab(red, "grey")[1:] == pytest.approx([0, 0], abs=0.1)


def test_the_check_finds_looks_that_differ_in_colour_only():
    layer = ways()
    red_and_green = {"open": Style(layer.title, "#6a8f00", 3), "closed": Style(layer.title, "#c05a20", 3)}
    found = confused(Layer("ways", layer.title, layer.shapes, red_and_green, layer.classes))
    assert any("no green cones" in fault or "no red cones" in fault or "grey" in fault for fault in found)
    assert confused(layer) == []
    pale = {"open": Style(layer.title, "#dddddd", 3), "closed": Style(layer.title, "#333333", 3)}
    assert faint(Layer("ways", layer.title, layer.shapes, pale, layer.classes)) == ["ways: line open on the ground"]


@pytest.mark.parametrize("make", [zones, bottlenecks, ways])
def test_layers_of_the_tests_are_told_apart(make):
    assert confused(make()) == faint(make()) == []


def test_gaps_and_signs_of_all_bands_are_told_apart():
    names = all_names(None)
    table = pd.concat([gaps().assign(priority_band=band) for band in (*BANDS, "?")])
    for layer in draw_gaps(table.set_axis(list("abcd")).rename_axis("object_id"), names):
        assert confused(layer) == []
    signs = draw_bottlenecks(frames.bottlenecks(), names, {})
    looks = band_styles()
    every = Layer("signs", signs.title, signs.shapes, looks, pd.Series([next(iter(looks))] * len(signs.shapes)))
    assert confused(every) == faint(every) == []


@pytest.fixture(scope="module", params=["", "walking"])
def drawn(request):
    return screen_once(tg.sample_city(request.param) if request.param else tg.sample_city()).map().layers


@pytest.mark.slow
def test_looks_of_every_layer_are_told_apart_by_everybody(drawn):
    assert [fault for layer in drawn for fault in confused(layer)] == []


@pytest.mark.slow
def test_marks_lines_and_outlines_are_seen(drawn):
    assert [fault for layer in drawn if not layer.background for fault in faint(layer)] == []
