"""How long judging and scoring take, against reading the same layers and against a plain overlay; growth and memory.

    python benchmarks/screen.py [--objects 100000] [--quick]

All is taken in one run, in turns (A B A B), and told as ratios of medians: seconds stand in brackets and hold for one machine
under one load. Exact figures of a quiet machine are not the aim; which step is out of proportion is.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import itertools
import os
import resource
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import district
import geopandas as gpd
import pyogrio

from toegankelijk import schema
from toegankelijk.findings import Findings, assess
from toegankelijk.measure import measure_layers
from toegankelijk.measure.shares import measure_shares
from toegankelijk.norm import read_norm
from toegankelijk.scores import score_zones
from toegankelijk.screening import screen
from toegankelijk.screening.results import FILES
from toegankelijk.zones import find_membership

GROWTH = (0.1, 1.0, 10.0)
Seconds = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="a tenth of the objects; for a first look")
    given = parser.parse_args()
    objects = given.objects // 10 if given.quick else given.objects
    city = district.make_city(objects)
    count = sum(len(layer) for kind, layer in city.layers.items() if kind != "zone")
    print(f"{count:,} objects x their criteria = {district.judgements(city):,} pairs; {len(city.areas)} level areas,", end=" ")
    print(f"{len(city.zones)} zones; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        config = district.write_files(city, Path(folder))
        seconds = compare(city, config.with_name("district.gpkg"))
        show_memory(city)
        show_growth(objects)
        show_whole(config, statistics.median(seconds["read"]))


def compare(city: schema.City, file: Path) -> Seconds:
    """In memory: measuring, membership, judging and scoring, in turns with reading and with an overlay."""
    norm, raw = read_norm(), city
    layers = {kind: layer for kind, layer in raw.layers.items() if kind != "zone"}
    city = measure_shares(measure_layers(raw), norm)
    found: list[Findings] = []

    def read(*, use_arrow: bool = False) -> None:
        for kind in layers:
            pyogrio.read_dataframe(file, layer=kind, use_arrow=use_arrow)

    def overlay() -> None:
        for layer in layers.values():
            gpd.overlay(layer, city.areas)

    def judge() -> None:
        found[:] = [assess(city, norm)]

    steps: dict[str, Callable[[], object]] = {
        "read": read,
        "assess": judge,
        "read, arrow": lambda: read(use_arrow=True),
        "score_zones": lambda: score_zones(found[0], norm),
        "overlay": overlay,
        "find_membership": lambda: find_membership(city.layers, city.areas),
        "measure_layers": lambda: measure_shares(measure_layers(raw), norm),
    }
    seconds = in_turns(steps, pairs=5)
    seconds["assess + score_zones"] = [a + b for a, b in zip(seconds["assess"], seconds["score_zones"], strict=True)]
    seconds["... without find_membership"] = [
        a - b for a, b in zip(seconds["assess + score_zones"], seconds["find_membership"], strict=True)
    ]
    against = ("read", "read, arrow", "overlay")
    print(f"\n{'in memory':28}" + "".join(f"{'/ ' + name:>22}" for name in against))
    parts = ("... without find_membership", "find_membership", "assess", "score_zones", "measure_layers")
    for name in ("assess + score_zones", *parts):
        cells = "".join(f"{ratio(seconds[name], seconds[other]):>22}" for other in against)
        print(f"{name:28}{cells}  ({statistics.median(seconds[name]):.2f} s)")
    print("aim: assess + score_zones at most 3 x the read, of the city as it is with all measures on")
    return seconds


def show_memory(city: schema.City) -> None:
    """Bytes that a finding takes, and the most that judging and scoring hold at once."""
    norm = read_norm()
    with traced() as peak:
        findings = assess(city, norm)
        score_zones(findings, norm)
    table, count = findings.table, len(findings)
    columns = table.memory_usage(deep=False, index=False).sum()
    rows = sum(table[name].cat.codes.nbytes if table[name].dtype == "category" else table[name].nbytes for name in table)
    print(f"\nmemory: {count:,} findings of {columns / count:.1f} bytes, {rows / count:.1f} without categories (aim: <= 40)")
    print(f"peak of assess + score_zones: {peak[0] / columns:.1f} x the findings ({peak[0] / 2**20:.0f} MiB, by tracemalloc)")


def show_growth(objects: int) -> None:
    """Time per object for a tenth, and for ten times the objects."""
    norm = read_norm()
    cities = {f"{objects * factor:,.0f}": district.make_city(round(objects * factor)) for factor in GROWTH}

    def both(city: schema.City) -> Callable[[], object]:
        return lambda: score_zones(assess(city, norm), norm)

    seconds = in_turns({name: both(city) for name, city in cities.items()}, pairs=3)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    print("\ngrowth of assess + score_zones: " + ", ".join(f"{name} objects {value:.1f} s" for name, value in middle.items()))
    steps = [(f"{name} to {other}", middle[other] / middle[name]) for name, other in itertools.pairwise(middle)]
    print("ten times the objects (linear = 10; less where fixed costs weigh): " + ", ".join(f"{a}: {b:.1f} x" for a, b in steps))


def show_whole(config: Path, read: float) -> None:
    """One whole run: how often the time of reading goes into each step."""
    steps: list[tuple[str, float]] = []

    def progress(step: str, what: str) -> None:
        steps.append((what if what in FILES else step, time.perf_counter()))

    screening = screen(config, progress=progress)
    screening.write(config.parent / "out", progress=progress)
    steps.append(("", time.perf_counter()))
    spent: dict[str, float] = {}
    for (step, start), (_, end) in itertools.pairwise(steps):
        spent[step] = spent.get(step, 0.0) + end - start
    total, files = sum(spent.values()), sum(spent.get(name, 0.0) for name in FILES)
    print(f"\nwhole run, {len(screening.table):,} bottlenecks: screen {(total - files) / read:.0f} x the read", end="")
    print(f", write {files / read:.0f} x ({total:.0f} s); by step:")
    print(", ".join(f"{step} {value / read:.1f}" for step, value in spent.items()))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"most memory of this process: {most / 2**30:.1f} GiB (set by the largest city of the growth)")


def in_turns(steps: dict[str, Callable[[], object]], *, pairs: int) -> Seconds:
    """Seconds of each step, taken in turns; a first round warms up and is not counted."""
    seconds: Seconds = {name: [] for name in steps}
    for _ in range(pairs + 1):
        for name, step in steps.items():
            gc.collect()
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
    return {name: values[1:] for name, values in seconds.items()}


def ratio(values: list[float], others: list[float]) -> str:
    """Median and range of the ratio within each turn."""
    ratios = [a / b for a, b in zip(values, others, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


@contextlib.contextmanager
def traced() -> Iterator[list[int]]:
    """Most bytes that are held at once within the block."""
    peak = [0]
    gc.collect()
    tracemalloc.start()
    try:
        yield peak
        peak[0] = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    main()
