"""A throw-away PostGIS server for the tests, where its programs are installed."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

VARIABLE = "TOEGANKELIJK_TEST_DSN"
"""Environment variable with the address of a server that stands already; its user may make databases."""


def bindir() -> Path | None:
    """Folder with the programs of PostgreSQL, if they and PostGIS are here."""
    config = shutil.which("pg_config")
    folders = [Path(subprocess.check_output([config, "--bindir"], text=True).strip())] if config else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        version = folder.parent.name
        has_postgis = any(Path("/usr/share/postgresql", version, "extension").glob("postgis.control"))
        if (folder / "initdb").exists() and has_postgis:
            return folder
    return None


@contextlib.contextmanager
def running_server() -> Iterator[str | None]:
    """Address of a server: the one that the environment names, else one of our own; nothing if there can be none."""
    if os.environ.get(VARIABLE) or bindir() is None:
        yield os.environ.get(VARIABLE)
        return
    with own_server() as (address, _, _):
        yield address


@contextlib.contextmanager
def own_server() -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """A server of our own: its address, what stops it as a power cut would, and what starts it again."""
    programs = bindir()
    if programs is None:
        raise RuntimeError("PostgreSQL with PostGIS is not installed; .ci/run installs it")
    with tempfile.TemporaryDirectory(prefix="postgis-", ignore_cleanup_errors=True) as folder:
        as_owner = []
        if os.geteuid() == 0:  # PostgreSQL refuses root
            shutil.chown(folder, "postgres")
            as_owner = ["runuser", "-u", "postgres", "--"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = f"{folder}/data"
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        server = [*as_owner, str(programs / "pg_ctl"), "-D", data, "-w", "-l", f"{folder}/log"]
        making = [*as_owner, str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "toegankelijk", "--locale=C.UTF-8"]
        subprocess.run(making, check=True, capture_output=True, cwd=folder)

        def start() -> None:
            subprocess.run([*server, "-o", options, "start"], check=True, capture_output=True, cwd=folder)

        def stop() -> None:
            subprocess.run([*server, "-m", "immediate", "stop"], check=False, capture_output=True, cwd=folder)

        start()
        try:
            yield f"postgresql://toegankelijk@127.0.0.1:{port}/postgres", stop, start
        finally:
            stop()
