"""What is worth fixing: the bottlenecks of a screening with their jobs, costs and gains, and the jobs themselves."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.bottlenecks import Horizon
from toegankelijk.labels import label, names, number
from toegankelijk.network.gains import GAIN_COLUMNS, find_gains
from toegankelijk.network.packages import Packages, find_packages
from toegankelijk.network.walking import Walking
from toegankelijk.norm import Norm
from toegankelijk.planning.bundles import Bundles, find_bundles
from toegankelijk.planning.costs import estimate_costs
from toegankelijk.planning.fixes import find_fixes
from toegankelijk.planning.works import Works, find_works

ADDED = ("cost_eur", "cost_reason", "job", "job_reason", "gain", "gain_reason", "planned_work")
"""Columns of bottlenecks that `weigh` fills."""


@dataclass(frozen=True)
class Weighed:
    """What is worth fixing.

    Parameters
    ----------
    table
        Bottlenecks with the columns `ADDED`.
    bundles
        Jobs, and which bottlenecks are in which; the jobs with what each gains by itself (`GAIN_COLUMNS`).
    fixes, job_fixes
        What passes its rule once a bottleneck, or a job, is done.
    packages
        Jobs that only together give people a way.
    works
        Planned works, and the bottlenecks in them.
    counted
        What gains count: residents, addresses or metres of street; empty without a network.
    services
        Names of services by their code.
    """

    table: gpd.GeoDataFrame
    bundles: Bundles
    fixes: pd.DataFrame
    job_fixes: pd.DataFrame
    packages: Packages | None = None
    works: Works | None = None
    counted: str = ""
    services: Mapping[str, str] = field(default_factory=dict)

    @property
    def jobs(self) -> gpd.GeoDataFrame:
        """Jobs, with what each gains by itself."""
        return self.bundles.jobs

    @property
    def decided(self) -> frozenset[str]:
        """Bottlenecks whose term planned works give, and not the rule."""
        with_works = self.jobs.index[self.jobs["work_id"].fillna("").ne("")]
        own = self.table["track"].eq("eigen") & self.table["job"].isin(with_works)
        return frozenset(self.table.loc[own, "bottleneck_id"])


def weigh(
    table: gpd.GeoDataFrame,
    city: schema.City,
    norm: Norm,
    *,
    walking: Walking | None = None,
    horizon: Horizon | None = None,
    today: datetime.date | None = None,
    lang: str = "nl",
) -> Weighed:
    """Join bottlenecks into jobs, and tell what each costs and gains.

    Parameters
    ----------
    table
        Bottlenecks, as `toegankelijk.find_bottlenecks` or the monitoring table has them; of the latter the choices of staff hold.
    city
        The city as measured.
    norm
        Gives remedies and their prices.
    walking
        Its walking network; without one nothing is known of gains.
    horizon
        Years in which the terms end.
    today
        Planned works of earlier years are past; the date of the data if not given.
    lang
        Language of the reasons.
    """
    layers = {**city.context, **city.layers}
    day = today or city.settings.get("date")
    costs = estimate_costs(table, layers, norm, lang=lang)
    works = find_works(table, city.context.get("planned_work"), layers, horizon=horizon, today=day, lang=lang)
    bundles = find_bundles(table, costs, layers, works, horizon=horizon, lang=lang)
    fixes = find_fixes(table, norm, layers)
    of = bundles.members.set_index("bottleneck_id")["job_id"]
    job_fixes = fixes.assign(fix=fixes["fix"].map(of).astype("object")).dropna(subset="fix").drop_duplicates(ignore_index=True)
    packages, counted = None, ""
    own, together = (pd.DataFrame(np.nan, index, list(GAIN_COLUMNS)) for index in (table["bottleneck_id"], bundles.jobs.index))
    if walking is not None:
        own = find_gains(walking.network, walking.leading, walking.places, fixes).reindex(own.index).fillna(0.0)
        together = find_gains(walking.network, walking.leading, walking.places, job_fixes).reindex(together.index).fillna(0.0)
        packages = find_packages(walking.network, walking.leading, walking.places, job_fixes, bundles.jobs["cost"])
        counted = walking.places.counted
    bundles = Bundles(bundles.jobs.join(together.add_prefix("gain_")), bundles.members)
    table = _described(table, costs, bundles, works, own, counted, lang)
    return Weighed(table, bundles, fixes, job_fixes, packages, works, counted, names(norm.services, lang))


def _described(
    table: gpd.GeoDataFrame, costs: pd.DataFrame, bundles: Bundles, works: Works, own: pd.DataFrame, counted: str, lang: str
) -> gpd.GeoDataFrame:
    """Bottlenecks with the columns `ADDED`; empty of those on which nobody has to act."""
    ids = table["bottleneck_id"]
    job = ids.map(bundles.members.set_index("bottleneck_id")["job_id"]).astype("object")
    held = job.notna()
    jobs = bundles.jobs.reindex(job)
    pulled = works.own()["work_id"].reindex(ids)
    called = works.works["name"].reindex(pulled).astype("object")
    called = np.where(pulled.isna(), "", np.where(called.isna() | (called == ""), pulled, called))
    table = _pulled(table, jobs, held.to_numpy(), lang)
    gain = own["residents"].to_numpy(dtype=float)
    return table.assign(
        cost_eur=costs["cost"].reindex(ids).to_numpy(dtype=float),
        cost_reason=costs["cost_reason"].reindex(ids).fillna("").to_numpy(dtype=object),
        job=job.where(held, "").to_numpy(dtype=object),
        job_reason=jobs["reason"].astype("object").where(held.to_numpy(), "").fillna("").to_numpy(dtype=object),
        gain=gain,
        gain_reason=_gain_reasons(own, jobs["gain_residents"].to_numpy(dtype=float), counted, lang),
        planned_work=called.astype(object),
    )


def _pulled(table: gpd.GeoDataFrame, jobs: pd.DataFrame, held: np.ndarray, lang: str) -> gpd.GeoDataFrame:
    """Bottlenecks of the city's own whose job is done with planned works: in the year of those works."""
    pulled = held & jobs["work_id"].fillna("").ne("").to_numpy() & table["track"].eq("eigen").to_numpy()
    if not pulled.any() or "planning" not in table:
        return table
    year = jobs["work_year"].to_numpy()
    said = [
        label("plan.pulled", lang, work=owner or work, year=int(when), reason=reason)
        for owner, work, when, reason in zip(
            *(jobs[name].to_numpy()[pulled] for name in ("work_owner", "work_id")),
            year[pulled],
            table["planning_reason"][pulled],
            strict=True,
        )
    ]
    columns = {name: table[name].astype("object").copy() for name in ("planning", "target_year", "planning_reason")}
    for name, values in (
        ("planning", jobs["work_term"].to_numpy()[pulled]),
        ("target_year", year[pulled]),
        ("planning_reason", said),
    ):
        columns[name][pulled] = np.array(values, dtype=object)
    columns["target_year"] = columns["target_year"].astype(table["target_year"].dtype)
    return table.assign(**columns)


def _gain_reasons(own: pd.DataFrame, with_job: np.ndarray, counted: str, lang: str) -> np.ndarray:
    """What fixing it gains, alone and with its job, in words."""
    if not counted:
        return np.full(len(own), label("plan.gain.no_network", lang), dtype=object)
    unit = label(f"plan.counted.{counted.partition(' ')[0]}", lang)
    columns = [own[name].to_numpy() for name in ("residents", "residents_low", "residents_high", "metres")]
    texts = []
    for alone, low, high, metres, together in zip(*columns, with_job, strict=True):
        if not (alone or high or metres or together > 0):
            texts.append(label("plan.gain.none", lang))
            continue
        shown = {"gain": alone, "low": low, "high": high, "metres": metres, "job": np.nan_to_num(together)}
        said = {key: number(value, lang, digits=0) for key, value in shown.items()}
        texts.append(label("plan.gain.some", lang, unit=unit, **said))
    return np.array(texts, dtype=object)
