"""What the layers of a map say, as tables of text."""

import json

import folium
import pandas as pd

from toegankelijk import labels
from toegankelijk.maps import encoding
from toegankelijk.maps.layers import Layer


def layers(shown: folium.Map) -> dict[str, Layer]:
    """Layers of a map by their key."""
    return {layer.key: layer for layer in shown.layers}


def facts(layer: Layer, lang: str = "nl") -> pd.DataFrame:
    """Facts of each object as the page writes them, a column per field; nothing as an empty text."""
    columns = {}
    for field in layer.fields:
        values = field.values.reindex(layer.shapes.index)
        if field.type == "number":
            column = [labels.number(float(value), lang, digits=field.digits) if pd.notna(value) else "" for value in values]
        else:
            column = [field.words.get(str(one), {}).get(lang, str(one)) if pd.notna(one) else "" for one in values]
        columns[field.name] = column
    return pd.DataFrame(columns, index=layer.shapes.index)


def names(layer: Layer, lang: str = "nl") -> list[str]:
    """Name of each object, for a pointer and a screen reader."""
    table = facts(layer, lang)
    return [", ".join(filter(None, row)) for row in table[list(layer.named)].itertuples(index=False)]


def packed(layer: Layer) -> str:
    """All that a page gets of a layer, as text."""
    return json.dumps([encoding.describe_layer(layer), encoding.encode_layer(layer)[0]], ensure_ascii=False)


def texts_of(layer: Layer) -> set[str]:
    """Every text of a layer that people may see."""
    found = {text for field in layer.fields for words in field.words.values() for text in words.values()}
    return found | {text for field in layer.fields for text in field.title.values()}
