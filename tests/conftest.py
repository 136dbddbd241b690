"""What several test files share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from .postgis_server import running_server

ROOT = Path(__file__).resolve().parents[1]

# No deadline: other work on the machine must not fail a test. In CI the examples are the same at every run.
settings.register_profile("default", deadline=None, max_examples=60, database=None)
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real data of several cities, which stands beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data: the real data is not here")
    return folder


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    """The sample district in the repository."""
    return ROOT / "sample_data"


@pytest.fixture(scope="session")
def postgis() -> Iterator[str]:
    """Address of a PostGIS server to make databases on: the one in TOEGANKELIJK_TEST_DSN, else a throw-away one."""
    with running_server() as address:
        if address is None:
            pytest.skip("no TOEGANKELIJK_TEST_DSN, and no programs of PostgreSQL with PostGIS")
        yield address
