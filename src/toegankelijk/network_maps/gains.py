"""What mending gains, as a layer: jobs by how many people win a way."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.labels import LANGUAGES, label, number
from toegankelijk.maps.layers import Layer, Style, Words
from toegankelijk.maps.words import code_field, number_field, said, same, text_field, told_field

CLASSES: Mapping[str, tuple[float, str, int]] = {
    "less": (0.0, "#9fc9c2", 24),
    "some": (10.0, "#2f8074", 28),
    "many": (100.0, "#00463e", 34),
}
"""Classes of jobs by gain: least number of people (or other units that are counted), ground, and size of the sign."""

DETOUR = "#ffffff"


def draw_gains(jobs: gpd.GeoDataFrame, services: Mapping[str, Words], *, counted: str, shown: bool = False) -> list[Layer]:
    """Jobs that by themselves give people a way without a barrier, or make one shorter.

    Parameters
    ----------
    jobs
        As `toegankelijk.planning.weighing.Weighed.jobs`, with ``solutions`` in words.
    services
        Names of services by code.
    counted
        What gains count: residents, addresses or metres of street.
    shown
        Whether the layer is switched on at first.
    """
    gain, metres = (jobs[f"gain_{name}"].fillna(0.0) for name in ("residents", "metres"))
    rows = jobs.assign(gain=gain, metres=metres)[(gain > 0) | (metres > 0)]
    rows = rows.assign(job=rows.index).sort_values(["gain", "metres", "job"], ascending=[False, False, True], ignore_index=True)
    if not len(rows):
        return []
    unit = counted.partition(" ")[0] or "residents"
    size = np.searchsorted([least for least, _, _ in CLASSES.values()], rows["gain"].to_numpy(), side="right") - 1
    classes = pd.Series(np.where(rows["gain"] > 0, np.array(list(CLASSES), dtype=object)[size], "detour"), rows.index)
    ends = list(zip(rows["gain_residents_low"], rows["gain_residents_high"], strict=True))
    bounds = {lang: [_bounds(low, high, lang) for low, high in ends] for lang in LANGUAGES}
    fields = [
        number_field("gain", f"layer.gain_{unit}", rows["gain"]),
        told_field("gain_bounds", said("layer.gain_sure"), bounds, rows.index),
        number_field("metres", "column.gain_metres", rows["metres"]),
        text_field("solutions", "solution", rows["solutions"], searched=True),
        text_field("street", "street", rows["street"], searched=True),
        code_field("responsible", "responsible", rows["responsible"], services, facet=True, searched=True),
        number_field("cost", "layer.cost", rows["cost"], unit="€"),
        number_field("count", "bottlenecks", rows["bottlenecks"]),
        text_field("job_reason", "job_reason", rows["reason"]),
        text_field("job", "job", rows["job"], searched=True),
    ]
    return [
        Layer(
            key="gains",
            title=said("layer.gains"),
            shapes=gpd.GeoSeries(shapely.point_on_surface(rows.geometry.to_numpy()), rows.index, crs=jobs.crs),
            styles={name: look for name, look in _styles(unit).items() if (classes == name).any()},
            classes=classes,
            fields=fields,
            named=("solutions", "street", "gain"),
            identity="job",
            shown=shown,
        )
    ]


def _bounds(low: float, high: float, lang: str) -> str:
    return label("layer.gain_bounds", lang, low=number(low, lang, digits=0), high=number(high, lang, digits=0))


def _styles(unit: str) -> dict[str, Style]:
    detour = Style(said("layer.gain_detour"), DETOUR, sign=same("↷"), shape="diamond", text="#00463e")
    names = {lang: label(f"plan.counted.{unit}", lang) for lang in LANGUAGES}
    ends = [least for least, _, _ in CLASSES.values()][1:]
    looks = {"detour": detour}
    for (name, (least, ground, size)), end in zip(CLASSES.items(), [*ends, np.inf], strict=True):
        key = "layer.gain_less" if not least else "layer.gain_more" if np.isinf(end) else "layer.gain_between"
        title = {
            lang: label(key, lang, low=number(least, lang, digits=0), high=number(end, lang, digits=0), unit=names[lang])
            for lang in LANGUAGES
        }
        mark = "#111111" if name == "less" else "#ffffff"
        looks[name] = Style(title, ground, sign=same("↑"), shape="diamond", size=size, text=mark)
    return looks
