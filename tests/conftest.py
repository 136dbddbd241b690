"""What several test files share."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from .postgis_server import running_server
from .screenings import FOLDER

ROOT = Path(__file__).resolve().parents[1]

# No deadline: other work on the machine must not fail a test. In CI the examples are the same at every run.
settings.register_profile("default", deadline=None, max_examples=60, database=None)
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure(config: pytest.Config) -> None:
    """Make a folder that the workers of this run share, and remove it at its end."""
    if FOLDER not in os.environ:  # workers have it from the process that starts them
        folder = TemporaryDirectory(prefix="toegankelijk-tests-")
        os.environ[FOLDER] = folder.name
        config.add_cleanup(folder.cleanup)
        config.add_cleanup(lambda: os.environ.pop(FOLDER))


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
