"""What the files about the project say is what the project is."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from tests import versions

import optirace

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_names_the_version_and_the_repository_of_the_package():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [optirace.__version__]
    assert re.findall(r'^repository-code: "(.*)"$', citation, re.MULTILINE) == [
        PROJECT["urls"]["Homepage"]
    ]


def test_every_python_that_the_package_names_is_tested():
    named = [re.findall(r":: (3\.\d+)$", each) for each in PROJECT["classifiers"]]
    workflow = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
    (tested,) = re.findall(r"^ +python-version: \[(.*)\]$", workflow, re.MULTILINE)
    assert [version for found in named for version in found] == re.findall(r"3\.\d+", tested)


def test_what_calls_a_library_is_run_with_its_lowest_and_its_newest_version():
    assert list(versions.CALLERS) == [
        re.match(r"[\w-]+", each)[0] for each in PROJECT["dependencies"]
    ]
    for name in (name for names in versions.CALLERS.values() for name in names):
        assert (ROOT / f"tests/test_{name}.py").exists(), name


def test_the_files_that_pyproject_names_are_there():
    named = re.findall(r"[\w/]+\.py\b", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert len(named) > 10
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "src/optirace" / name).exists(), name


def test_the_hooks_before_a_commit_run_the_linter_of_the_suite():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    wanted = {each for each in PROJECT["optional-dependencies"]["dev"] if each.startswith("ruff")}
    assert set(re.findall(r'additional_dependencies: \["(.*)"\]', hooks)) == wanted


@pytest.mark.skipif(
    shutil.which("make") is None or shutil.which("sed") is None, reason="no make here"
)
def test_make_help_tells_of_every_target():
    alone = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE")
    }  # as if no make ran the tests
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    )
    told = done.stdout.splitlines()
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[
        1
    ].split()
    assert {line.split()[0] for line in told} == set(targets)
    assert all(len(line.split()) > 2 for line in told), "each with a few words"
