"""What a plan does with each job, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk.labels import label, number
from toegankelijk.planning.programme import Programme
from toegankelijk.planning.solving import Solution


def explain_jobs(
    jobs: gpd.GeoDataFrame, programme: Programme, solution: Solution, *, services: Mapping[str, str], lang: str = "nl"
) -> gpd.GeoDataFrame:
    """Jobs with their ``term``, the code ``why`` they are left out, and ``plan_reason`` in words.

    ``value_together`` are the points of the packages of the job that the plan completes.

    Parameters
    ----------
    jobs
        Jobs with ``cost``, ``responsible`` and ``value``.
    programme, solution
        What was planned.
    services
        Names of services by their code.
    lang
        Language of the reasons.
    """
    left = solution.left_out.reindex(jobs.index)
    together, others = _shared(programme, solution, jobs.index)
    told = jobs.assign(
        term=solution.terms.reindex(jobs.index).fillna("").to_numpy(dtype=object),
        why=left["reason"].fillna("").to_numpy(dtype=object),
        value_together=together.to_numpy(dtype=float),
    )
    rows = told.assign(brings=left["brings"], elsewhere=left["elsewhere"], needs=left["other"], together=together, others=others)
    texts = []
    for job in rows.itertuples():
        said: dict[str, object] = {
            name: number(float(getattr(job, name)), lang, digits=1) for name in ("value", "brings", "elsewhere", "together")
        }
        said |= {"cost": number(job.cost, lang, digits=0), "service": services.get(job.responsible, job.responsible)}
        at = {"year": int(job.work_year or 0)}
        texts.append(label(f"plan.{_key(job)}", lang, **said, **at, term=job.term, other=job.needs, others=job.others))
    return told.assign(plan_reason=np.array(texts, dtype=object))


def _key(job: Any) -> str:
    """Label of what a plan does with a job."""
    if job.term:
        if not job.others:
            return "done_ways" if job.together > 0 else "done"
        return "done_together"
    if job.why == "no_money" and job.brings > job.elsewhere:
        return "left.no_room"  # what is left is too little for it, and a job is done whole or not at all
    if job.why == "fixed_never" and job.work_year and not job.planning and not job.year:
        return "left.works_later"  # it is the works that come after the plan, not a choice of staff
    return f"left.{job.why}"


def _shared(programme: Programme, solution: Solution, jobs: pd.Index) -> tuple[pd.Series, pd.Series]:
    """Points of the packages of each job that the plan completes, and the jobs that it has these with."""
    rows = programme.packages.assign(done=programme.packages["job"].map(solution.terms).ne(""))
    whole = rows.groupby("package")["done"].transform("all")
    rows = rows[whole.to_numpy(dtype=bool)]
    points = rows["package"].map(programme.package_values).astype(float).groupby(rows["job"]).sum()
    pairs = rows.merge(rows, on="package", suffixes=("", "_other"))
    pairs = pairs[pairs["job"] != pairs["job_other"]]
    names = pairs.groupby("job")["job_other"].agg(lambda ids: ", ".join(sorted(set(ids))[:3]))
    return points.reindex(jobs).fillna(0.0), names.reindex(jobs).fillna("").astype("object")
