"""Screenings at which many test files look, each made once in a run, for all workers."""

import hashlib
import os
import pickle
from pathlib import Path

import toegankelijk as tg

FOLDER = "TOEGANKELIJK_TEST_SCREENINGS"
"""Environment variable with the folder in which the workers of one run keep them; conftest.py makes and removes it."""


def screen_once(source: Path, **options: str) -> tg.Screening:
    """A screening of files that no test changes, as `toegankelijk.screen` makes it. Who gets it has a copy of their own."""
    name = hashlib.sha256(repr((str(Path(source).resolve()), sorted(options.items()))).encode()).hexdigest()
    file = Path(os.environ[FOLDER]) / f"{name}.pickle"
    if not file.exists():
        part = file.with_suffix(f".{os.getpid()}")
        part.write_bytes(pickle.dumps(tg.screen(source, **options)))
        part.replace(file)
    return pickle.loads(file.read_bytes())  # noqa: S301 - this run has just written it
