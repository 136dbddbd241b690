"""Why jobs are left out of a plan, and what more money would buy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toegankelijk.planning.matrices import Arrays, Bools, Floats, Terms

REASONS = ("fixed_never", "third_party", "needs", "too_dear", "no_value", "no_money")
"""Why a job is not done; the first that holds. Staff will not have it; it is a third party's, who has given no term; a job that
must come first is not done; no budget of any term holds its cost; it brings nothing, alone or in a package; its money brings
more elsewhere."""


def explain_left_out(arrays: Arrays, chosen: Terms, prices: Floats, premiums: Floats, shares: Floats) -> pd.DataFrame:
    """Why each job that is not done was left out.

    Parameters
    ----------
    arrays, chosen
        The programme and the plan.
    prices, premiums
        Points per EUR of each budget and each minimum.
    shares
        Minimum shares that apply.

    Returns
    -------
    DataFrame
        Per job ``reason`` (one of `REASONS`), ``other`` (the job that it needs), ``brings`` (points in the term that suits it
        best, with the packages that it would complete), ``elsewhere`` (points that its money brings at these prices).
    """
    out = np.flatnonzero(chosen == arrays.terms)
    other = _undone_first(arrays, chosen)
    brings = arrays.value[:, None] * arrays.weights + _completes(arrays, chosen)
    price = (arrays.row_use @ prices)[arrays.service] - (arrays.inside @ premiums - float(premiums @ shares))[:, None]
    elsewhere = arrays.cost[:, None] * np.maximum(price, 0.0)
    best = np.argmax(np.where(arrays.open, brings - elsewhere, -np.inf), axis=1)
    tests = [
        arrays.fixed == arrays.terms,
        ~arrays.own,
        other != "",
        ~arrays.open.any(axis=1),
        ~_has_value(arrays),
    ]
    table = pd.DataFrame(
        {
            "reason": np.select(tests, REASONS[:-1], REASONS[-1]),
            "other": other,
            "brings": brings[np.arange(len(arrays)), best],
            "elsewhere": elsewhere[np.arange(len(arrays)), best],
        },
        index=pd.Index(arrays.ids, name="job"),
    ).iloc[out]
    return table.assign(other=table["other"].where(table["reason"] == "needs", ""))


def _undone_first(arrays: Arrays, chosen: Terms) -> np.ndarray:
    """The first job by id that each job waits for and that is not done; empty where there is none."""
    undone = chosen[arrays.firsts] == arrays.terms
    least = np.full(len(arrays), len(arrays))
    np.minimum.at(least, arrays.thens[undone], arrays.firsts[undone])
    return np.where(least < len(arrays), np.append(arrays.ids, "")[least], "")


def _completes(arrays: Arrays, chosen: Terms) -> Floats:
    """Points of packages that would be complete with the job, per job and the term in which it is done."""
    link, job = arrays.link_package, arrays.link_job
    undone = chosen[job] == arrays.terms
    missing = np.bincount(link[undone], minlength=len(arrays.package_values))
    earliest = np.zeros(len(arrays.package_values), dtype=np.intp)
    np.maximum.at(earliest, link[~undone], chosen[job[~undone]])
    last = undone & (missing[link] == 1)
    points = np.zeros((len(arrays), arrays.terms))
    for term in range(arrays.terms):
        weight = arrays.weights[np.maximum(earliest[link[last]], term)]
        points[:, term] = np.bincount(job[last], weight * arrays.package_values[link[last]], len(arrays))
    return points


def _has_value(arrays: Arrays) -> Bools:
    """Whether a job brings points by itself, in a package, or by leading to another that does."""
    some = arrays.value > 0
    some[arrays.link_job[arrays.package_values[arrays.link_package] > 0]] = True
    while True:
        before = int(some.sum())
        np.logical_or.at(some, arrays.firsts, some[arrays.thens])
        if int(some.sum()) == before:
            return np.asarray(some)
