"""The papers of the project agree with it: citation, contributing, minimum versions."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

CFF_KEYS = {
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
    "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact", "repository-code", "title",
    "type", "url", "version",
}  # fmt: skip
"""All keys that version 1.2.0 of the Citation File Format knows."""


def citation() -> dict[str, list[str]]:
    """Lines per key of CITATION.cff."""
    content: dict[str, list[str]] = {}
    for line in (ROOT / "CITATION.cff").read_text("utf-8").splitlines():
        key, colon, rest = line.partition(":")
        if colon and not line.startswith((" ", "-")):
            content[key] = [rest.strip().strip('"')] if rest.strip() else []
        else:
            content[list(content)[-1]].append(line.strip().removeprefix("- "))
    return content


def test_the_citation_says_what_the_project_says():
    given = citation()
    assert set(given) <= CFF_KEYS
    assert {"cff-version", "message", "title", "authors"} <= set(given), "what the format demands"
    assert given["cff-version"] == ["1.2.0"]
    assert given["type"] == ["software"]
    assert given["version"] == [PROJECT["version"]]
    assert given["license"] == [PROJECT["license"]]
    assert given["authors"] == [f"name: {author['name']}" for author in PROJECT["authors"]]
    assert given["keywords"] == PROJECT["keywords"]
    assert given["title"][0].startswith(PROJECT["name"])
    assert len(" ".join(given["abstract"])) > 100


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:data|measure|io|tests|docs|\.ci)/[\w./-]*\w)`", CONTRIBUTING))))
def test_what_contributing_names_is_there(path):
    path = path.replace("tests/cases/CODE", "tests/cases")
    assert (ROOT / path).exists() or (ROOT / "src" / "toegankelijk" / path).exists()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([\w./-]+)\)", CONTRIBUTING))))
def test_links_of_contributing_lead_somewhere(link):
    assert (ROOT / link).is_file()


def test_every_dependency_says_the_oldest_version_that_works():
    asked = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    assert not [line for line in asked if ">=" not in line and not line.startswith("toegankelijk[")]
