"""The code is formatted, linted and typed, says what it offers, and holds nothing of one machine."""

import ast
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import distlab
import hygiene

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["distlab", *(m.name for m in pkgutil.walk_packages(distlab.__path__, "distlab.") if m.ispkg)]
VAGUE = {"base", "base2", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

# The brackets keep these patterns from matching their own text.
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KE[Y]|\bAKI[A][0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[bap]-[\w-]{10,}"
    r"|\bpypi-[A-Za-z0-9_-]{40,}"
)
REGISTRIES = re.compile(
    r"\b(?:pyp[i]\.org|pythonhoste[d]\.org|anacond[a]\.org|npmj[s]\.(?:com|org)|de[b]\.debian\.org)"
    r"|--(?:extra-)?index-ur[l]\b"
)


def _tracked_files() -> list[Path]:
    """All files under version control, or all that would be, where there is no git."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    skipped = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()} | {
        ".git"
    }
    files = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in files if not skipped & set(path.relative_to(ROOT).parts)]


def _texts() -> dict[str, str]:
    """Name and text of each file of the project, pictures left out; notebooks have a test of their own."""
    paths = [path for path in _tracked_files() if path.suffix not in (".ipynb", ".png")]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_is_linted() -> None:
    """Ruff finds nothing, in the notebooks either; exceptions and their reasons are in pyproject.toml."""
    _run("ruff", "check", ".")


def test_the_code_is_formatted() -> None:
    """All files have the one layout."""
    _run("ruff", "format", "--check", ".")


def test_the_code_is_typed() -> None:
    """Mypy finds nothing in the package, in lab.py and in the tools."""
    _run("mypy")


@pytest.mark.parametrize(
    "pattern", [SECRETS, REGISTRIES, hygiene.MACHINE_PATHS], ids=["secrets", "hosts", "paths"]
)
def test_no_file_holds_anything_of_one_machine(pattern: re.Pattern[str]) -> None:
    """No secret, no host of a registry and no path of somebody's machine is under version control."""
    found = [f"{name}: {match[0]}" for name, text in _texts().items() for match in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (SECRETS, "-----BEGIN RSA PRIVATE " + "KEY-----"),
        (SECRETS, "AK" + "IA" + "A" * 16),
        (REGISTRIES, "https://py" + "pi.org/simple"),
        (REGISTRIES, "--index" + "-url x"),
        (hygiene.MACHINE_PATHS, "see /ho" + "me/ann/lab.py"),
        (hygiene.MACHINE_PATHS, "C:" + "\\Users\\ann"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    """A secret, a host and a path are each recognised, so that the test above can fail."""
    assert pattern.search(text)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_says_what_it_offers(name: str) -> None:
    """Each package lists its public names in __all__, in order, and has them."""
    package = importlib.import_module(name)
    assert isinstance(package.__all__, list | tuple)
    assert [public for public in package.__all__ if not hasattr(package, public)] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_explained(name: str) -> None:
    """Each public class and function has a docstring of its own."""
    package = importlib.import_module(name)
    public = [getattr(package, public) for public in package.__all__]
    described = [value for value in public if inspect.isclass(value) or inspect.isfunction(value)]
    assert [value.__name__ for value in described if not value.__doc__] == []


def test_no_module_has_a_vague_name() -> None:
    """A module is named after its one idea."""
    modules = [path for folder in ("distlab", "tools") for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in modules if path.stem in VAGUE] == []


def test_every_test_states_its_fact() -> None:
    """Each test function has a docstring, and none is skipped."""
    silent, skipped = [], []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        tests = [node for node in functions if node.name.startswith("test_")]
        silent += [f"{path.name}: {node.name}" for node in tests if not ast.get_docstring(node)]
        skipped += [
            path.name
            for word in ("mark.skip", "pytest.skip(", "importorskip")
            if re.search(rf"\b{re.escape(word)}", text)
        ]
    assert silent == []
    assert set(skipped) <= {Path(__file__).name}
