"""What the next part of money would buy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from toegankelijk.planning.programme import Programme
from toegankelijk.planning.solving import Solution, solve


@dataclass(frozen=True)
class Marginal:
    """What a larger budget would bring.

    Parameters
    ----------
    money
        EUR that all budgets get more.
    gain
        Points that the plan brings more.
    changes
        Per job that changes: ``before`` and ``after`` (terms, empty for not done), ``change`` (``added``, ``earlier``, ``later``
        or ``dropped``), ``cost`` and ``value``.
    solution
        The plan of the larger budget.
    """

    money: float
    gain: float
    changes: pd.DataFrame
    solution: Solution


def marginal(
    programme: Programme, solution: Solution, *, extra: float = 0.10, gap: float = 1e-4, seconds: float = 60.0
) -> Marginal:
    """What every budget enlarged by the same part would buy.

    Parameters
    ----------
    programme
        The programme as planned.
    solution
        Its plan.
    extra
        Part by which every budget grows: 0.10 is a tenth.
    gap, seconds
        As `solve`.

    Returns
    -------
    Marginal
        Money, points and the jobs that change. The gain is 0 or more, as the plan of the smaller budget may be kept, unless a
        minimum that was capped asks for more with the larger budget.
    """
    amounts = pd.to_numeric(programme.budgets["amount"]).astype(float)
    larger = replace(programme, budgets=programme.budgets.assign(amount=amounts * (1 + extra)))
    richer = solve(larger, gap=gap, seconds=seconds, start=solution)
    place = {term: number for number, term in enumerate(programme.terms.index)} | {"": len(programme.terms)}
    table = pd.DataFrame({"before": solution.terms, "after": richer.terms})
    table = table[table["before"] != table["after"]]
    sooner = table["after"].map(place) < table["before"].map(place)
    change = sooner.map({True: "earlier", False: "later"}).astype("object")
    change[table["before"] == ""] = "added"
    change[table["after"] == ""] = "dropped"
    changes = table.assign(change=change).join(programme.jobs[["cost", "value"]])
    return Marginal(float(amounts.sum() * extra), richer.value - solution.value, changes, richer)
