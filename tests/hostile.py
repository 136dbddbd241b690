"""Texts that would run if a page took them for markup, a template or a script."""

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd


def payloads(marker: Path) -> list[str]:
    """Texts of which each runs somewhere if it is not inert: on the machine (makes `marker`) or in a browser (sets a flag)."""
    make = f"cycler.__init__.__globals__.os.system('touch {marker}')"
    ran = "window.RAN=(window.RAN||0)+1"
    return [
        "{{ " + make + " }}",
        "{% set x = " + make + " %}",
        "{% if " + make + " %}{% endif %}",
        "{{ self.__init__.__globals__.__builtins__.open('" + str(marker) + "', 'w') }}",
        "{{ 1 / 0 }}",
        "{# a comment",
        "{% raw %}",
        "}}{{ " + make + " }}{{",
        "{ { 7*7 } } {%- endblock -%}",
        f"<script>{ran}</script>",
        f"</script><script>{ran}</script>",
        f"<img src=x onerror={ran}>",
        f"<svg onload={ran}>",
        f'"><svg/onload="{ran}">',
        f"' onmouseover='{ran}' x='",
        f'<iframe src="javascript:{ran}">',
        f"<a href=\"javascript:{ran}\" style='position:fixed'>x</a>",
        "${" + ran + "}",
        "`+(" + ran + ")+`",
        "\\`${" + ran + "}\\`",
        f"\\u003cimg src=x onerror={ran}\\u003e",
        f"&lt;img src=x onerror={ran}&gt;",
        f"&#60;img src=x onerror={ran}&#62;",
        f"--><img src=x onerror={ran}><!--",
        f"]]><img src=x onerror={ran}>",
        f"</title></style></textarea><img src=x onerror={ran}>",
        f"');{ran};('",
        f'");{ran};("',
        "\u2028" + ran + "\u2029//",
        "</body></head></html><h1>gone</h1>",
        "https://example.org/x.js' src='https://example.org/y.js",
        r"\g<0>\1 \n %s {0} {name}",
        "=1+1",
        '=HYPERLINK("http://example.org/?x="&A1;"x")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1:A9)",
        "\t=1+1",
        "\u202etxt.exe\u202c \u2067x\u2069 \u200f\ufeff",
        f"{'a' * 300} <img src=x onerror={ran}> {'b' * 300}",
        f"$\\href{{javascript:{ran}}}{{x}}$ $$\\unicode{{x}}$$",
        f"javascript:{ran}",
        f"data:text/html,<script>{ran}</script>",
        f"[x](javascript:{ran}) **b** <{ran}>",
    ]


def poison(frame: pd.DataFrame, texts: list[str], *, keep: tuple[str, ...] = ()) -> pd.DataFrame:
    """The frame with a hostile text in every cell of text, each column beginning with another one."""
    spoiled = frame.copy()
    for offset, column in enumerate(frame.columns):
        if column in keep or not (pd.api.types.is_string_dtype(frame[column].dtype) or frame[column].dtype == object):
            continue
        spoiled[column] = [texts[(row + offset * 5) % len(texts)] for row in range(len(frame))]
    return gpd.GeoDataFrame(spoiled, geometry="geometry", crs=frame.crs) if isinstance(frame, gpd.GeoDataFrame) else spoiled


def poison_scores(scores: gpd.GeoDataFrame, texts: list[str]) -> gpd.GeoDataFrame:
    """Scores of as many zones as there are texts, with hostile ids, names and themes."""
    zones = []
    for order, text in enumerate(texts):
        zone = scores[scores["zone_id"] == "zone-1"].copy()
        zone = zone.assign(zone_id=text, zone_name=texts[(order + 3) % len(texts)], level_surely=text)
        zone["geometry"] = zone.geometry.translate(xoff=0, yoff=600.0 * order)
        theme = zone["theme"].to_numpy(dtype=object)
        theme[1] = texts[(order + 7) % len(texts)]
        zones.append(zone.assign(theme=theme))
    return gpd.GeoDataFrame(pd.concat(zones, ignore_index=True), crs=scores.crs)


def never_ran(marker: Path) -> bool:
    """Whether no text ran on this machine."""
    return not os.path.lexists(marker)
