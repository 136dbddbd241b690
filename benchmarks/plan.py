"""How near the best a plan within a budget surely is, and how long it takes, against the linear programme of HiGHS.

    python benchmarks/plan.py [--jobs 10000 100000] [--gap 0.001]

The programmes are made up (`programmes.py`). Gaps are to the proven bound that `solve` gives; the bound is told against that of
the linear programme where HiGHS is asked for it. Seconds stand in brackets: they hold for one machine under one load.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import numpy as np
from programmes import make_programme

from toegankelijk.planning.integer import linear_prices
from toegankelijk.planning.matrices import as_arrays
from toegankelijk.planning.minimums import cap_minimums
from toegankelijk.planning.relaxing import relax
from toegankelijk.planning.solving import solve

AIMS = {10_000: 0.001, 100_000: 0.01}
"""Largest gap by number of jobs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=list(AIMS))
    parser.add_argument("--gap", type=float, default=0.001, help="gap at which the search for a better plan ends")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--highs", type=int, default=20_000, help="most jobs for which HiGHS is asked for its linear bound")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; three terms, 10 services, 50 areas with a minimum share")
    for jobs in given.jobs:
        show(jobs, given.gap, given.seeds, highs=jobs <= given.highs)


def show(jobs: int, gap: float, seeds: int, *, highs: bool) -> None:
    """Gap, time and bound for some programmes of one size."""
    gaps, seconds, busy, parts, bounds = [], [], [], [], []
    for seed in range(1, seeds + 1):
        programme = make_programme(jobs, seed=seed)
        start, before = time.perf_counter(), time.process_time()
        solution = solve(programme, gap=gap)
        seconds.append(time.perf_counter() - start)
        busy.append(time.process_time() - before)
        gaps.append(solution.gap)
        arrays = as_arrays(programme)
        shares, _ = cap_minimums(arrays, arrays.fixed_terms())
        start = time.perf_counter()
        relaxed = relax(arrays, shares)
        middle = time.perf_counter()
        if highs:
            bounds.append(relaxed.bound / linear_prices(arrays, shares, arrays.fixed_terms())[2] - 1)
            parts.append((middle - start) / (time.perf_counter() - middle))
    aim = AIMS.get(jobs)
    print(f"{jobs:,} jobs: gap {spread(gaps, '.3%')}" + (f" (aim: {aim:.1%})" if aim else ""), end="")
    print(f", in all ({spread(seconds, '.1f')} s, of which busy {spread(busy, '.1f')})", end="")
    if highs:
        print(f"; bound above that of the linear programme by {spread(bounds, '.1e')}, in {spread(parts, '.2f')} of its time")
    else:
        print()


def spread(values: list[float], form: str) -> str:
    """Median and range."""
    return f"{statistics.median(values):{form}} ({np.min(values):{form}}-{np.max(values):{form}})"


if __name__ == "__main__":
    main()
