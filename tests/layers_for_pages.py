"""Layers of all sorts, made by hand: every kind of fact, missing ones, objects without a place, one language's text."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.maps import draw_layers, write_map
from toegankelijk.maps.layers import Field, Layer, Style

X, Y = 227_000.0, 186_000.0  # near Genk, EPSG:31370
LANGUAGES = ("nl", "en", "fr", "de")
ZONES = {"z0": "Sledderlo", "z1": "Kolderbos", "z2": "Bret-Gelieren", "z3": "Winterslag"}
BANDS = ("hoog", "middel", "laag")
THEMES = {
    "drempels": ("Drempels", "Kerbs", "Seuils", "Schwellen"),
    "doorgangen": ("Doorgangen", "Passages", "Passages", "Durchgänge"),
    "haltes": ("Haltes", "Stops", "Arrêts", "Haltestellen"),
}


def said(*texts: str) -> dict[str, str]:
    return dict(zip(LANGUAGES, texts * 4 if len(texts) == 1 else texts, strict=False))


ZONE_WORDS = {code: said(name) for code, name in ZONES.items()}
ZONE_TITLE = said("Zone", "Zone", "Zone", "Quartier")


def zones() -> Layer:
    shapes = gpd.GeoSeries([shapely.box(X + i * 600, Y, X + i * 600 + 560, Y + 500) for i in range(4)], crs="EPSG:31370")
    styles = {
        "low": Style(said("Score 0–50"), "#222222", fill="#8c510a", opacity=0.65),
        "high": Style(said("Score 50–100"), "#222222", fill="#70b8ae", opacity=0.65),
        "unknown": Style(said("Niet bekend", "Not known", "Inconnu", "Unbekannt"), "#222222", dash=(8, 6), hatch=True),
    }
    score = pd.Series([78, 33, np.nan, 61.5])
    fields = [
        Field("zone", ZONE_TITLE, pd.Series(list(ZONES)), "code", ZONE_WORDS, facet=True, searched=True),
        Field("score", said("Score"), score, "number", digits=1, unit="%"),
    ]
    title = said("Woonzorgzones", "Care zones", "Zones de soins", "Pflegequartiere")
    classes = pd.Series(["high", "low", "unknown", "high"])
    return Layer("zones", title, shapes, styles, classes, fields, named=("zone",), identity="zone", labelled=True)


def bottlenecks(count: int = 60) -> Layer:
    """Signs; the fifth has no place, every seventh no width, every fifth no street."""
    order = np.arange(count)
    shapes = gpd.GeoSeries.from_xy(X + 40 + (order * 137) % 2250, Y + 30 + (order * 91) % 440, crs="EPSG:31370")
    shapes.iloc[5] = None
    styles = {
        "laag": Style(said("Laag", "Low", "Faible", "Niedrig"), "#2f5d8a", sign=said("L", "L", "F", "N"), size=24),
        "middel": Style(said("Middel", "Medium", "Moyenne", "Mittel"), "#9a5200", sign=said("M"), size=28),
        "hoog": Style(said("Hoog", "High", "Élevée", "Hoch"), "#8f1414", sign=said("H", "H", "É", "H"), size=32),
    }
    band = pd.Series(np.array(BANDS)[order % 3])
    words = {code: said(*texts) for code, texts in THEMES.items()}
    street = pd.Series(np.where(order % 5 == 4, None, "Weg naar As " + pd.Series(order % 9 + 1).astype(str)))
    photo = np.where(order % 4 == 0, "https://example.org/foto?a=1&b=2", np.where(order % 4 == 1, "javascript:alert(1)", None))
    place = pd.Series([list(ZONES)[i % 4] for i in order])
    theme = pd.Series(np.array(list(THEMES))[order % 3])
    fields = [
        Field("theme", said("Thema", "Theme", "Thème", "Thema"), theme, "code", words, facet=True),
        Field("description", said("Omschrijving", "Description", "Description", "Beschreibung"),
              pd.Series([f"De looproute is te smal ({i})" for i in order]), searched=True),
        Field("band", said("Prioriteit", "Priority", "Priorité", "Priorität"), band, "code",
              {code: dict(styles[code].title) for code in BANDS}, facet=True),
        Field("width", said("Breedte", "Width", "Largeur", "Breite"), pd.Series(np.where(order % 7, 0.8 + order / 100, np.nan)),
              "number", digits=2, unit="m"),
        Field("street", said("Straat", "Street", "Rue", "Straße"), street, searched=True),
        Field("zone", ZONE_TITLE, place, "code", ZONE_WORDS, facet=True, searched=True),
        Field("photo", said("Foto", "Photo", "Photo", "Foto"), pd.Series(photo), "link"),
        Field("number", said("Nummer", "Number", "Numéro", "Nummer"), pd.Series([f"K-{i:04d}" for i in order]), searched=True),
    ]  # fmt: skip
    title = said("Knelpunten", "Bottlenecks", "Points noirs", "Mängel")
    return Layer("bottlenecks", title, shapes, styles, band, fields, named=("theme", "street"), identity="number")


def ways(count: int = 30) -> Layer:
    """Lines, not shown at first."""
    starts = X + 70 * np.arange(count)
    shapes = [shapely.LineString([(x, Y - 30), (x + 30, Y + 260), (x + 10, Y + 520)]) for x in starts]
    styles = {
        "open": Style(said("Open", "Open", "Ouvert", "Offen"), "#0b6e63", 3),
        "closed": Style(said("Gesloten", "Closed", "Fermé", "Geschlossen"), "#7a0c0c", 5, dash=(2, 6)),
    }
    names = pd.Series([f"Pad {i}" for i in range(count)])
    fields = [Field("street", said("Straat", "Street", "Rue", "Straße"), names, searched=True)]
    classes = pd.Series(np.where(np.arange(count) % 3, "open", "closed"))
    title = said("Wegen", "Ways", "Chemins", "Wege")
    return Layer("ways", title, gpd.GeoSeries(shapes, crs="EPSG:31370"), styles, classes, fields, named=("street",), shown=False)


def streets() -> Layer:
    """Ground to find one's way by."""
    shapes = [shapely.LineString([(X - 100, Y + i * 100), (X + 2500, Y + i * 100 + 40)]) for i in range(6)]
    title = said("Straten", "Streets", "Rues", "Straßen")
    looks = {"all": Style(title, "#c9c6bd", 3)}
    return Layer("streets", title, gpd.GeoSeries(shapes, crs="EPSG:31370"), looks, pd.Series(["all"] * 6), background=True)


def write_layers(folder, *, count: int = 60, lang: str = "nl"):
    """The page of these layers."""
    layers = [streets(), zones(), ways(), bottlenecks(count)]
    drawn = draw_layers(layers, title="Voorbeeldstad", lang=lang, attribution="© Voorbeeldstad", intro="Waar het stokt.")
    write_map(drawn, folder / "map.html", title="Voorbeeldstad", lang=lang)
    return folder / "map.html"
