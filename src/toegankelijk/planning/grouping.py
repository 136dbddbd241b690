"""Which bottlenecks may be one job, and which have to be: by service, choices of staff, works, and what hangs together."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.bottlenecks import Horizon
from toegankelijk.ledger.fields import CLOSED, CODES
from toegankelijk.planning.clustering import connect
from toegankelijk.planning.facts import BETWEEN, Layers, look_up
from toegankelijk.planning.fixes import contained_objects
from toegankelijk.planning.works import BROAD, Works, term_of

TOGETHER = ("job_staff", "bundle_staff")
"""Columns in which staff write the same text at bottlenecks that they want done as one job; the first that is there holds."""

DECIDED = ("gepland", "in_uitvoering")
"""Statuses of bottlenecks whose term and year hold as they are."""

REFERRED = "doorverwezen"
"""Status of bottlenecks that went to a third party."""

DEAR = 5.0
"""What costs so many times as much as all that is graver is no part of the job with these: a quick repair does not wait for it; a
proposal."""

STREET_REACH = 30.0
"""Metres within which what has no street lies on the nearest one that has a name; a proposal."""

GROUP = ("responsible", "track", "term", "year", "busy")
"""What all bottlenecks of a job have in common."""


def list_open(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bottlenecks on which somebody has to act, sorted by id, with index 0 to n - 1; closed ones are in no job."""
    closed = schema.texts(table, "status").isin(CLOSED) | schema.texts(table, "status_staff").isin(CLOSED)
    rows = table[~closed].sort_values("bottleneck_id", ignore_index=True)
    weighed = {name: pd.to_numeric(rows[name]).fillna(0).astype("int64") for name in ("severity", "priority")}
    return rows.assign(**weighed)


def group_keys(table: gpd.GeoDataFrame, horizon: Horizon | None = None) -> pd.DataFrame:
    """What bottlenecks of one job have in common, as the columns `GROUP`.

    ``term`` and ``year`` are what staff chose, "" and 0 where they chose nothing: the column of staff, or what holds for what is
    planned or in progress already. A year without a term gives its term. ``busy``: the work is in progress.
    """
    status = schema.texts(table, "status_staff")
    status = status.where(status != "", schema.texts(table, "status"))
    decided = status.isin(DECIDED)
    term = schema.texts(table, "planning_staff").where(lambda given: given.isin(CODES["planning"]), "")
    year = _years(table, "target_year_staff")
    chosen = (term != "") | (year > 0)
    term = term.where(chosen | ~decided, schema.texts(table, "planning"))
    year = np.where(chosen | ~decided, year, _years(table, "target_year"))
    by_year = pd.Series(term_of(year.astype(float), horizon), table.index)
    term = term.where((term != "") | (year == 0), by_year)
    track = schema.texts(table, "track").where(status != REFERRED, "derden")
    return pd.DataFrame(
        {
            **{"responsible": schema.texts(table, "responsible"), "track": track, "term": term, "year": year},
            "busy": status == "in_uitvoering",
        }
    ).astype({"responsible": "object", "track": "object", "term": "object"})


def _years(table: pd.DataFrame, column: str) -> npt.NDArray[np.int64]:
    if column not in table:
        return np.zeros(len(table), np.int64)
    return np.asarray(pd.to_numeric(table[column], errors="coerce").fillna(0).to_numpy(dtype="int64"))


def wished_together(table: pd.DataFrame) -> pd.Series:
    """Text by which staff take bottlenecks together; empty where they do not.

    Who writes the id of a job that there was joins that job: its other bottlenecks (column ``job_proposed``) get the text too.
    """
    column = next((name for name in TOGETHER if name in table), "")
    text = schema.texts(table, column).astype("object").str.strip()
    before = schema.texts(table, "job_proposed").astype("object")
    return text.where((text != "") | ~before.isin(text[text != ""]), before)


def root_objects(table: pd.DataFrame, layers: Layers) -> pd.Series:
    """What a bottleneck is of: the crossing of which its object is a part, else its object; ``kind/object_id``."""
    own = table["kind"].astype("object") + "/" + table["object_id"].astype("object")
    crossings = layers.get("crossing")
    if crossings is None:
        return own
    parent = look_up(table, layers, "parent_id").set_axis(table.index)
    return own.where(~parent.isin(crossings.index), "crossing/" + parent.fillna("").astype("object"))


@dataclass(frozen=True)
class Ties:
    """What bottlenecks share; numbers are their places in the table.

    Parameters
    ----------
    roots
        Number of the crossing or object that each is of.
    things
        A row per bottleneck (``row``) and thing that it pays for (``what``, a number).
    inner
        A row per bottleneck (``row``) and one whose remedy contains its own (``container``), sorted.
    """

    roots: npt.NDArray[np.intp]
    things: pd.DataFrame
    inner: pd.DataFrame

    @classmethod
    def of(cls, table: gpd.GeoDataFrame, costs: pd.DataFrame, layers: Layers) -> Ties:
        """What the bottlenecks of a table share."""
        paid = costs["pays_for"].loc[table["bottleneck_id"]].str.split(BETWEEN, regex=False).to_numpy()
        things = pd.DataFrame({"row": np.arange(len(table)), "what": paid}).explode("what", ignore_index=True)
        things["what"] = pd.factorize(things["what"].astype("object"), sort=True)[0]
        places = table[["kind", "object_id", "remedy"]].astype("object").assign(row=np.arange(len(table)))
        inner = contained_objects(places, layers).rename(columns={"row": "container"})
        inner = inner[["container", "contains", "on", "inner_id"]].merge(
            places, left_on=["on", "inner_id", "contains"], right_on=["kind", "object_id", "remedy"]
        )
        inner = inner.loc[inner["row"] != inner["container"], ["row", "container"]].astype(np.intp)
        roots = pd.factorize(root_objects(table, layers), sort=True)[0]
        return cls(roots, things.astype(np.intp), inner.drop_duplicates().sort_values(["row", "container"], ignore_index=True))

    def knots(self, groups: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Number of the knot of each bottleneck: those of one group (``groups`` are numbers) that are never in two jobs.

        They are of one object or one crossing, pay for the same thing, or one contains the other (a wider footway its narrow
        places).
        """
        owned = pd.DataFrame({"row": np.arange(len(groups)), "what": self.roots})
        links = [_first_of(rows.assign(group=groups[rows["row"]])) for rows in (owned, self.things)]
        links.append(self.contained(groups).to_numpy(dtype=np.intp))
        pairs = np.concatenate(links)
        return connect(len(groups), pairs[:, 0], pairs[:, 1])

    def contained(self, groups: npt.NDArray[np.intp]) -> pd.DataFrame:
        """Bottlenecks whose remedy is in that of another of their group, as rows of ``inner``; the first of several holds."""
        same = groups[self.inner["row"]] == groups[self.inner["container"]]
        return self.inner[same].drop_duplicates("row", ignore_index=True)

    def overlaps(self, jobs: npt.NDArray[np.intp]) -> pd.Series:
        """How many bottlenecks of other jobs a job deals with too: it pays for the same thing, or contains their remedy."""
        things = self.things[self.things["what"].duplicated(keep=False)]
        pairs = things.merge(things, on="what", suffixes=("", "_of"))[["row", "row_of"]]
        pairs = pd.concat([pairs, self.inner.rename(columns={"container": "row_of"})], ignore_index=True)
        found = pd.DataFrame({"row": pairs["row"], "job": jobs[pairs["row_of"]]})
        return found[jobs[found["row"]] != found["job"].to_numpy()].drop_duplicates().groupby("job").size()


def _first_of(rows: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Pairs of each row and the first one with the same group and thing."""
    first = rows.groupby(["group", "what"], sort=False)["row"].transform("first")
    return np.stack([rows["row"].to_numpy(dtype=np.intp), first.to_numpy(dtype=np.intp)], axis=1)


def hold_up(
    severity: npt.NDArray[np.integer], cost: npt.NDArray[np.float64], parts: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Which things would hold up graver ones of their part: they cost more than `DEAR` times as much as all of these.

    Examples
    --------
    >>> hold_up(np.array([3, 3, 1, 1]), np.array([1650.0, 1650.0, 42500.0, 900.0]), np.zeros(4, dtype=int)).tolist()
    [False, False, True, False]
    """
    graver = np.zeros(len(cost))
    for least in np.unique(severity):
        above = severity > least
        sums = np.bincount(parts[above], cost[above], minlength=int(parts.max()) + 1)
        graver = np.where(severity == least, sums[parts], graver)
    return np.asarray((graver > 0) & (cost > DEAR * graver))


def own_work(table: pd.DataFrame, knots: npt.NDArray[np.intp], works: Works | None) -> pd.Series:
    """Work that each bottleneck is done with: that of most of its knot, of as many the earliest; empty where there is none."""
    if works is None or works.members.empty:
        return pd.Series("", table.index, dtype="object")
    own = works.own()[["work_id", "year"]]
    found = own.reindex(table["bottleneck_id"]).assign(knot=knots)
    found = found[found["work_id"].notna()].groupby(["knot", "work_id"]).agg(count=("year", "size"), year=("year", "first"))
    found = found.reset_index().sort_values(["knot", "count", "year", "work_id"], ascending=[True, False, True, True])
    chosen = found.drop_duplicates("knot").set_index("knot")["work_id"]
    return pd.Series(chosen.reindex(knots).to_numpy(), table.index, dtype="object").fillna("")


def spread_texts(texts: pd.Series, knots: npt.NDArray[np.intp]) -> pd.Series:
    """Texts of staff, also for the other bottlenecks of a knot in which there is one text only."""
    given = pd.DataFrame({"knot": knots, "text": texts.to_numpy()})
    given = given[given["text"] != ""].drop_duplicates()
    single = given[~given["knot"].duplicated(keep=False)].set_index("knot")["text"]
    shared = pd.Series(single.reindex(knots).to_numpy(), texts.index, dtype="object").fillna("")
    return texts.where(texts != "", shared)


def streets_of(table: gpd.GeoDataFrame, layers: Layers) -> pd.Series:
    """Street of each bottleneck: its own, else the nearest that has a name within `STREET_REACH`; empty where there is none."""
    streets = schema.texts(table, "street").astype("object")
    layer = layers.get("street")
    bare = np.flatnonzero(((streets == "") & ~table["kind"].isin(BROAD)).to_numpy())
    if layer is None or not len(bare):
        return streets
    names = schema.texts(layer, "street")
    names = names.where(names != "", schema.texts(layer, "name"))
    named = pd.DataFrame({"name": names, "geometry": layer.geometry.to_numpy()})[(names != "").to_numpy()]
    named = named.sort_values("name", kind="stable")
    if named.empty:
        return streets
    tree = shapely.STRtree(named["geometry"].to_numpy(dtype=object))
    row, which = tree.query_nearest(table.geometry.to_numpy()[bare], max_distance=STREET_REACH)
    nearest = pd.Series(named["name"].to_numpy()[which], bare[row]).groupby(level=0).min()
    streets = streets.copy()
    streets.iloc[nearest.index] = nearest.to_numpy()
    return streets
