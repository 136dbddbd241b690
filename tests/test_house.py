"""The rules of the house: which module may import which, what `import toegankelijk` costs, what ships."""

import ast
import importlib
import inspect
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "toegankelijk"
MODULES = sorted(SOURCE.rglob("*.py"))

BASE = {"errors", "schema", "units", "labels", "crs", "keys"}
JUDGED = BASE | {"norm", "zones", "evidence", "findings", "gaps", "scores", "bottlenecks"}
MAY_IMPORT = {
    "errors": set(),
    "schema": {"errors"},
    "units": {"errors", "schema"},
    "labels": {"errors", "schema"},
    "crs": {"errors", "schema"},
    "keys": {"errors", "schema"},
    "location": BASE,
    "charts": BASE,
    "display": BASE | {"charts"},
    "norm": BASE | {"display"},
    "network": BASE | {"norm"},
    "zones": BASE | {"norm", "network"},
    "widths": {"errors", "schema", "units", "labels", "display"},
    "measure": BASE | {"norm", "zones", "widths", "network"},
    "findings": BASE | {"norm", "zones", "measure", "display"},
    "groups": BASE | {"norm", "findings"},
    "balance": BASE | {"norm", "findings"},
    "evidence": BASE | {"norm", "findings"},
    "gaps": BASE | {"norm", "findings", "evidence", "widths"},
    "coverage": BASE | {"norm", "measure", "findings", "balance"},
    "scores": BASE | {"norm", "zones", "measure", "findings"},
    "bottlenecks": BASE | {"norm", "zones", "measure", "findings", "evidence", "gaps"},
    "areas": JUDGED,
    "reach": BASE | {"norm", "network", "zones", "evidence", "display"},
    "planning": JUDGED | {"network", "ledger", "measure", "areas", "reach", "display"},
    "ledger": BASE,
    "monitoring": JUDGED | {"ledger", "io", "workbook", "observations"},
    "survey": JUDGED,
    "io": BASE | {"ledger"},
    "config": BASE,
    "columns": BASE | {"config"},
    "inventory": BASE,
    "observations": BASE | {"config", "columns"},
    "registers": BASE | {"config"},
    "profiles": {"errors", "schema"},
    "inspection": BASE | {"io", "config", "registers", "display"},
    "sources": BASE | {"io", "config", "columns", "registers"},
    "city": BASE
    | {"location", "io", "zones", "network", "config", "columns", "inventory", "sources", "profiles", "observations"},
    "pages": BASE,
    "wording": BASE | {"norm"},
    "maps": JUDGED | {"pages", "wording"},
    "network_maps": JUDGED | {"network", "reach", "pages", "wording", "maps"},
    "breaches": BASE | {"norm", "findings", "evidence"},
    "pdf": {"errors", "labels"},
    "reports": JUDGED | {"pages", "wording", "charts", "breaches"},
    "exchange": BASE | {"norm", "findings", "groups", "network"},
    "testing": JUDGED,
    "sample": BASE,
    "versions": set(),
    "workbook": JUDGED | {"io", "wording", "ledger"},
    "screening": JUDGED
    | {"balance", "measure", "io", "config", "city", "maps", "reports", "sample", "groups", "survey", "workbook"}
    | {"ledger", "monitoring", "network", "planning", "areas", "reach", "pages", "wording", "network_maps"}
    | {"charts", "display", "pdf", "exchange", "breaches"},
    # it calls one function of these, and prints
    "cli": {"errors", "labels", "io", "norm", "evidence", "sample", "screening", "coverage"}
    | {"survey", "inspection", "versions", "registers", "monitoring", "ledger", "reach", "exchange"},
}
HEAVY = ("folium", "fiona", "osmium", "pydantic", "typer")
SHAPELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def name(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").as_posix().removesuffix("/__init__")


def room(path: Path) -> str:
    return name(path).split("/")[0]


def imported_rooms(path: Path) -> set[str]:
    """Rooms that a module imports, wherever in the module the import stands."""
    package = ["toegankelijk", *path.relative_to(SOURCE).parent.parts]
    targets: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            targets += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*stem, *([node.module] if node.module else [])])
            targets += [f"{origin}.{alias.name}" for alias in node.names]
    parts = [target.split(".") for target in targets]
    return {part[1] for part in parts if part[0] == "toegankelijk" and len(part) > 1}


def test_import_parser_sees_every_form_of_import(tmp_path, monkeypatch):
    module = tmp_path / "norm" / "tables.py"
    module.parent.mkdir()
    module.write_text(
        "import toegankelijk.cli\nfrom toegankelijk import maps\nfrom toegankelijk.io.vector import read_layer\n"
        "from . import kernel\nfrom .. import city\nfrom ..zones import x\ndef f():\n    from toegankelijk import scores\n"
    )
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    assert imported_rooms(module) == {"cli", "maps", "io", "norm", "city", "zones", "scores"}


@pytest.mark.parametrize("path", [path for path in MODULES if path != SOURCE / "__init__.py"], ids=name)
def test_imports_run_one_way(path):
    assert room(path) in MAY_IMPORT, f"{room(path)} is a new room: give it a place in the order"
    rooms = {other for other in imported_rooms(path) if other in MAY_IMPORT} - {room(path)}
    assert rooms <= MAY_IMPORT[room(path)], f"{name(path)} imports {sorted(rooms - MAY_IMPORT[room(path)])}"


def test_the_order_itself_has_no_circle():
    done: set[str] = set()
    while done != set(MAY_IMPORT):
        ready = {one for one, others in MAY_IMPORT.items() if others <= done} - done
        assert ready, f"circle among {sorted(set(MAY_IMPORT) - done)}"
        done |= ready


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_are_short_and_have_a_subject(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400
    assert not set(name(path).split("/")) & SHAPELESS


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_functions_are_short(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 60, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_can_be_imported_alone(path):
    importlib.import_module(".".join(["toegankelijk", *name(path).split("/")]).removesuffix(".__init__"))


def test_public_names_are_sorted_documented_and_there():
    import toegankelijk

    assert len(set(toegankelijk.__all__)) == len(toegankelijk.__all__)
    for public in toegankelijk.__all__:
        value = getattr(toegankelijk, public)
        if inspect.isroutine(value) or inspect.isclass(value) or inspect.ismodule(value):
            assert (inspect.getdoc(value) or "").strip(), f"{public} has no docstring"


def test_public_functions_take_options_by_name_only():
    import toegankelijk

    for public in toegankelijk.__all__:
        value = getattr(toegankelijk, public)
        if inspect.isfunction(value):
            positional = [
                parameter
                for parameter in inspect.signature(value).parameters.values()
                if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            ]
            assert len(positional) <= 3, f"{public}: {[parameter.name for parameter in positional]}"


def test_import_is_light():
    code = "import sys, toegankelijk; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "toegankelijk" in loaded
    assert not [package for package in HEAVY if package in loaded]


@pytest.mark.parametrize("table", ["themes", "criteria", "limits", "severities", "remedies", "services", "sources"])
def test_norm_tables_are_in_the_package(table):
    assert files("toegankelijk").joinpath("data", "norm", "vlaanderen", f"{table}.csv").is_file()


@pytest.mark.parametrize("path", ["schema/kinds.csv", "schema/attributes.csv", "labels.csv", "osm_tags.csv", "../py.typed"])
def test_package_data_is_in_the_package(path):
    assert Path(str(files("toegankelijk"))).joinpath("data", path).is_file()


def test_sample_district_is_found():
    import toegankelijk

    sample = toegankelijk.sample_city()
    assert sample.name == "city.toml"
    assert sample.is_file()
