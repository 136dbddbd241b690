"""What a map shows: layers of objects, their facts and their looks, in all languages at once.

A layer is data, not drawing: it says nothing of Leaflet, folium or HTML. `toegankelijk.maps.encoding` packs layers for a page,
and the page's own script draws them, lists them in tables, and filters and searches them; the legend is made of the same styles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import pandas as pd

Words = Mapping[str, str]
"""One text per language of `labels.LANGUAGES`."""


@dataclass(frozen=True)
class Field:
    """One fact of each object of a layer.

    Parameters
    ----------
    name
        Own name of the fact, lower case. Layers that share a name share its filter: choosing a zone filters all that has one.
    title
        Its title, per language.
    values
        The facts, on the index of the layer's shapes; missing and empty cells are nothing. Codes for the type ``code``, numbers
        for ``number``, addresses (http or https; others are only text) for ``link``.
    type
        What the values are.
    words
        For ``code``: per code its name per language. A code without names stands for itself.
    digits
        For ``number``: decimals that are written.
    unit
        For ``number``: what stands after it, the same in all languages, such as ``m`` or ``€``.
    facet
        Whether the page offers to filter by it.
    searched
        Whether the page's search looks into it.
    popup, table
        Where it is shown.
    """

    name: str
    title: Words
    values: pd.Series
    type: Literal["text", "code", "number", "link"] = "text"
    words: Mapping[str, Words] = field(default_factory=dict)
    digits: int = 0
    unit: str = ""
    facet: bool = False
    searched: bool = False
    popup: bool = True
    table: bool = True


@dataclass(frozen=True)
class Style:
    """How objects of one class look, and what the legend says of it.

    Styles differ in lightness, width, dashes, shape or letter as much as in colour: they are told apart in grey, by people with
    any colour vision, and where the system forces colours.

    Parameters
    ----------
    title
        What it means, per language.
    colour
        Line, or ground of a sign: ``#rrggbb``.
    width
        Line width in pixels.
    dash
        Lengths of dashes and gaps in pixels.
    fill
        Fill of an area, ``#rrggbb``; none if empty.
    opacity
        Of the fill of an area, or of a line.
    hatch
        Whether the fill is hatched.
    sign
        Letter or mark on a sign, per language; for points only.
    shape
        Shape of a sign.
    size
        Width and height of a sign in pixels; 24 is the least that a finger can aim at.
    text
        Colour of the mark on the sign.
    """

    title: Words
    colour: str = "#333333"
    width: float = 2.0
    dash: tuple[int, ...] = ()
    fill: str = ""
    opacity: float = 1.0
    hatch: bool = False
    sign: Words = field(default_factory=dict)
    shape: Literal["circle", "square", "diamond", "tag"] = "circle"
    size: int = 24
    text: str = "#ffffff"


@dataclass(frozen=True)
class Layer:
    """Objects that are shown and hidden together.

    Parameters
    ----------
    key
        Own name of the layer, lower case; it stands in share links.
    title
        Its name in the list of layers, per language.
    shapes
        Points, lines or areas (one sort), in any coordinate system; objects without geometry are in the table only.
    styles
        Looks by class, in the order of the legend; signs of a later class lie above those of an earlier one.
    classes
        Class of each object, on the index of the shapes.
    fields
        Facts of the objects, in the order of popup and table.
    named
        Fields that make the name of an object (for a pointer, a keyboard and a screen reader), in order.
    identity
        Field that identifies an object in a share link; empty if objects of this layer cannot be shared.
    shown
        Whether the layer is switched on at first.
    labelled
        Whether the name is written on the map at all times (for a few areas).
    near
        Zoom from which its objects show; with something so small, far away it would only be noise.
    background
        Whether it is ground to find one's way by: no popup, no table, no filter.
    """

    key: str
    title: Words
    shapes: gpd.GeoSeries
    styles: Mapping[str, Style]
    classes: pd.Series
    fields: Sequence[Field] = ()
    named: Sequence[str] = ()
    identity: str = ""
    shown: bool = True
    labelled: bool = False
    near: int = 0
    background: bool = False
