"""What one screening saw, as the monitoring table needs it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True)
class Snapshot:
    """One screening, told without norm, findings or files.

    Parameters
    ----------
    table
        Bottlenecks that were found: machine columns and, under their plain names, what is proposed for shared ones;
        ``observed_on`` (when what fails was seen; missing if nobody knows), ``shape`` (geometry of the object), ``parent`` (id of
        the object that it is part of, or ""), ``decided`` (whether a plan or planned works give the term, and not the rule; false
        if there is no such column) and ``geometry`` (points). A key of the source or a derived one in ``object_id``.
    objects
        All objects there are now: ``kind, object_id, parent, geometry``.
    verdicts
        ``kind, object_id, criterion, outcome, level, value, observed_on``, one row per object and criterion, the worst of its
        areas. ``outcome``: ``fails``, ``meets``, ``unknown``, ``not_applicable``, or ``outside`` (of all zones).
    delivered
        Kinds whose layer was delivered whole: what is not in it is gone.
    date
        Date of the data.
    city, norm, norm_version, norm_hash, crs, version
        What was screened by what.
    criteria
        Codes that the norm has.
    reports
        What residents and inspectors reported: ``report_id, seen_on, source, text, photo, confidence, x, y, kind, object_id,
        theme``.
    layer_dates
        Kind to the date of its layer, of the oldest where there are several; kinds of which nobody knows it are not there.
    unmeasured
        Objects whose parts could not be found this time; what was found on them before is unknown, not gone.
    """

    table: gpd.GeoDataFrame
    objects: gpd.GeoDataFrame
    verdicts: pd.DataFrame
    delivered: frozenset[str]
    date: datetime.date
    city: str = ""
    norm: str = ""
    norm_version: str = ""
    norm_hash: str = ""
    crs: str = ""
    version: str = ""
    criteria: frozenset[str] = frozenset()
    reports: pd.DataFrame = field(default_factory=pd.DataFrame)
    layer_dates: Mapping[str, datetime.date] = field(default_factory=dict)
    unmeasured: frozenset[str] = frozenset()
