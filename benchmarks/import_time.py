"""How long `import toegankelijk` takes, against `import geopandas`; and that it loads nothing heavy.

    python benchmarks/import_time.py [--pairs 9]

Each import runs in a Python of its own, in turns; the ratio is of medians, of the time of the import statement alone. Importing
the package loads no table library at all; what is needed comes in on first use, so that is timed too.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

AIM = 1.2
STATEMENTS = {
    "geopandas": "import geopandas",
    "toegankelijk": "import toegankelijk",
    "toegankelijk, screen": "import toegankelijk; toegankelijk.screen",
}
HEAVY = (
    *(
        "dask",
        "fiona",
        "folium",
        "IPython",
        "jinja2",
        "matplotlib",
        "numba",
        "openpyxl",
        "osmium",
        "pydantic",
        "rasterio",
        "rich",
    ),
    *("rasterio", "rich", "scipy", "sklearn", "sqlalchemy", "typer", "weasyprint"),
)

TIMER = "import sys, time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start); print(*sys.modules)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9)
    pairs = max(7, parser.parse_args().pairs)
    seconds: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    modules: dict[str, set[str]] = {}
    for turn in range(pairs + 1):
        for name, statement in STATEMENTS.items():
            taken, loaded = run(statement)
            modules[name] = loaded
            if turn:  # the first turn fills the cache of compiled files
                seconds[name].append(taken)
    base = statistics.median(seconds["geopandas"])
    print(f"median of {pairs}, in turns; import geopandas = 1 ({base:.2f} s)")
    for name, statement in STATEMENTS.items():
        middle = statistics.median(seconds[name])
        heavy = sorted(set(HEAVY) & (modules[name] - modules["geopandas"]))
        print(f"{statement:45} {middle / base:5.2f}  loads beyond geopandas: {', '.join(heavy) or 'nothing of weight'}")
    print(f"aim: import toegankelijk at most {AIM}")


def run(statement: str) -> tuple[float, set[str]]:
    """Seconds that a statement takes in a new Python, and the packages that are then loaded."""
    command = [sys.executable, "-c", TIMER.format(statement=statement)]
    taken, names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return float(taken), {name.partition(".")[0] for name in names.split()}


if __name__ == "__main__":
    main()
