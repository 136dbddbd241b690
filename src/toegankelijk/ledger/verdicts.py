"""What a screening says of rows of the monitoring table: verdicts of their criteria, or what became of their object."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toegankelijk.ledger.snapshot import Snapshot

EVIDENCE_COLUMNS = ("outcome", "observed_on", "value", "severity", "level")
"""Columns that `find_evidence` gives."""

GONE = "\0"
"""Stands before the key of an object that is gone, as the same key may be that of another one by now."""

DERIVED_FROM = {"crossing_end": "crossing", "narrowing": "footway"}
"""Kinds of which objects are derived from those of another kind, with the id of that one, a slash and a number."""

_TYPES = {"observed_on": "datetime64[s]"}
_DERIVED_ID = r"^(?!(?:node|way|relation)/\d+$)(.+?)/+v?\d{1,4}$"
_JUDGED = ("fails", "unknown", "meets", "not_applicable", "outside", "dropped")
"""Outcomes of one criterion, of those of `toegankelijk.ledger.lifecycle.OUTCOMES`; of several the first decides."""


def find_evidence(rows: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """What a screening says of each row.

    A row that is a bottleneck of the screening fails. Else its criteria decide: it fails if one fails, is unknown if one is, is
    met if one is met and the others are met or not asked. Of an object that is not there any more, `Snapshot.delivered` says
    whether that means that it is gone. A row without kind, object or criteria, as staff add them, is unknown.

    Parameters
    ----------
    rows
        ``kind``; ``object_id``, as it is in the screening, or with `GONE` before it; ``criterion`` (the leading one);
        ``criteria``, joined by ``|``; ``at``, the position of the row's bottleneck in ``snapshot.table``, or -1; and, if there
        are any, ``doubtful``: rows of which it is not known which object they are about, so nothing follows.
    snapshot
        The screening.

    Returns
    -------
    DataFrame
        Columns `EVIDENCE_COLUMNS` on the index of the rows. ``observed_on`` is the newest date of what fails, and the oldest of
        what is met, missing if one of them is; of what is gone it is the date of the layer. ``value`` and ``level`` are those of
        the leading criterion.

    Examples
    --------
    >>> import datetime
    >>> import geopandas as gpd
    >>> kerb = {"kind": "kerb", "object_id": "D-1"}
    >>> said = kerb | {"criterion": "THR-01", "outcome": "meets", "level": "A", "value": "1 cm", "observed_on": "2026-06-01"}
    >>> objects = gpd.GeoDataFrame([kerb], geometry=gpd.points_from_xy([0], [0]))
    >>> nothing = gpd.GeoDataFrame(columns=["observed_on", "value", "severity", "level", "geometry"])
    >>> snapshot = Snapshot(nothing, objects, pd.DataFrame([said]), frozenset(["kerb"]), datetime.date(2026, 6, 1))
    >>> rows = pd.DataFrame([kerb, kerb | {"object_id": "D-2"}]).assign(criterion="THR-01", criteria="THR-01", at=-1)
    >>> find_evidence(rows, snapshot)["outcome"].tolist()
    ['meets', 'gone']
    """
    at = rows["at"].to_numpy(dtype=np.intp)
    found = at >= 0
    told, said = _judged(rows[~found], snapshot), snapshot.table
    columns = {}
    for name in EVIDENCE_COLUMNS:
        cells = np.full(len(rows), np.datetime64("NaT") if name == "observed_on" else None, _TYPES.get(name, "object"))
        cells[~found] = told[name].to_numpy(dtype=cells.dtype)
        cells[found] = "fails" if name == "outcome" else said[name].to_numpy(dtype=cells.dtype)[at[found]]
        columns[name] = pd.Series(cells, rows.index, dtype=cells.dtype)
    if "doubtful" in rows:
        columns["outcome"] = columns["outcome"].mask(rows["doubtful"].to_numpy(dtype=bool), "unknown")
    columns["severity"] = columns["severity"].astype("Int64")
    return pd.DataFrame(columns, copy=False)


def _judged(rows: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """Evidence on rows that are no bottleneck of the screening."""
    place = np.arange(len(rows))
    kind, ids = (rows[name].astype("object").fillna("").to_numpy(dtype=object) for name in ("kind", "object_id"))
    asked = pd.DataFrame({"place": place, "kind": kind, "object_id": ids})
    asked["lead"] = rows["criterion"].astype("object").fillna("").to_numpy(dtype=object)
    codes = rows["criteria"].astype("object").fillna("").to_numpy(dtype=object)
    listed = [list(dict.fromkeys(filter(None, text.split("|")))) for text in codes]
    asked["criterion"] = pd.Series(listed, dtype="object")
    asked = asked.explode("criterion", ignore_index=True).dropna(subset="criterion")
    verdicts = snapshot.verdicts
    near = verdicts[verdicts["object_id"].isin(set(ids))]
    near = near.astype(dict.fromkeys(("kind", "object_id", "criterion", "outcome"), "object"))
    said = asked.merge(
        near.drop_duplicates(["kind", "object_id", "criterion"]), how="left", on=["kind", "object_id", "criterion"]
    )
    said["outcome"] = said["outcome"].where(said["outcome"].notna(), "unknown")  # what nobody judged is not known
    if snapshot.criteria:
        said.loc[~said["criterion"].isin(snapshot.criteria), "outcome"] = "dropped"
    result = _together(said, len(rows))
    fate = _fates(kind, ids, snapshot)
    outcome = result["outcome"].to_numpy(dtype=object, copy=True)
    lost = (fate != "") & (outcome != "dropped")
    outcome[lost] = fate[lost]
    outcome[(kind == "") | (ids == "") | (codes == "")] = "unknown"
    dates = pd.to_datetime(pd.Series(kind).map(dict(snapshot.layer_dates)), errors="coerce").to_numpy()
    observed = np.where(outcome == "gone", dates.astype("datetime64[s]"), result["observed_on"].to_numpy())
    return result.assign(outcome=outcome, observed_on=observed).set_axis(rows.index)


def _fates(kind: np.ndarray, ids: np.ndarray, snapshot: Snapshot) -> np.ndarray:
    """What became of objects that are not there any more: gone, not delivered, or unknown; "" for those that are there."""
    there = pd.MultiIndex.from_frame(snapshot.objects[["kind", "object_id"]].astype("object"))
    lacking = ~pd.MultiIndex.from_arrays([kind, ids]).isin(there)
    parent = (
        pd.Series(ids, dtype="object").str.lstrip(GONE).str.extract(_DERIVED_ID, expand=False).fillna("").to_numpy(dtype=object)
    )
    sources = {kind for kind, source in DERIVED_FROM.items() if source in snapshot.delivered}
    derived = np.isin(kind.astype(str), sorted(sources)) & (parent != "")
    whole = np.isin(kind.astype(str), sorted(snapshot.delivered)) | derived
    blind = np.isin(kind.astype(str), list(DERIVED_FROM)) & np.isin(parent.astype(str), sorted(snapshot.unmeasured))
    return np.select([lacking & blind, lacking & whole, lacking], ["unknown", "gone", "not_delivered"], "").astype(object)


def _together(said: pd.DataFrame, count: int) -> pd.DataFrame:
    """One verdict per place out of those of its criteria."""
    rank = pd.Index(_JUDGED).get_indexer(said["outcome"])
    said = said.assign(rank=rank, observed_on=pd.to_datetime(said["observed_on"], errors="coerce"))
    worst = said.groupby("place")["rank"].transform("min")
    deciding = said[said["rank"] == worst]
    dates = deciding.groupby("place")["observed_on"]
    oldest = dates.min().where(dates.count() == dates.size())
    fails = deciding.groupby("place")["rank"].first() == 0
    observed = dates.max().where(fails, oldest)
    lead = deciding.assign(first=deciding["criterion"] == deciding["lead"]).sort_values(
        ["place", "first"], ascending=[True, False]
    )
    lead = lead.drop_duplicates("place").set_index("place")
    result = pd.DataFrame({"outcome": lead["outcome"], "observed_on": observed, "value": lead["value"], "level": lead["level"]})
    result = result.reindex(range(count)).assign(severity=None)
    return result.assign(outcome=result["outcome"].fillna("unknown"))
