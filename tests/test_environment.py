"""The files that say what is installed agree with each other, and the wheel carries the course's facts."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import distlab
import lab

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONSTRAINTS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
REQUIREMENTS = [
    Requirement(line)
    for lines in [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for line in lines
]


def _conda_packages() -> dict[str, str]:
    """Name and version range of what conda itself installs."""
    plain = [Requirement(line) for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]
    return {requirement.name: str(requirement.specifier) for requirement in plain}


def _pip_section() -> list[str]:
    """The arguments of pip in environment.yml."""
    [section] = [item["pip"] for item in ENVIRONMENT["dependencies"] if isinstance(item, dict)]
    return [word for line in section for word in line.split(" ", 1)]


def test_conda_installs_only_python_and_pip() -> None:
    """All packages come through pyproject.toml, so that no list has to be kept twice."""
    assert ENVIRONMENT["name"] == PROJECT["name"]
    assert set(_conda_packages()) == {"python", "pip"}


def test_conda_and_lab_install_the_same() -> None:
    """The pip section of environment.yml holds the arguments that lab.py gives to pip."""
    assert _pip_section() == lab.PACKAGES


def test_the_extras_that_are_installed_exist() -> None:
    """The lab asks for every extra that pyproject.toml has, and for no other."""
    [editable] = [word for word in lab.PACKAGES if word.startswith(".[")]
    assert Requirement(f"distlab{editable[1:]}").extras == PROJECT["optional-dependencies"].keys()


def test_all_agree_on_the_oldest_python() -> None:
    """pyproject.toml, environment.yml and lab.py refuse the same versions of Python."""
    project = SpecifierSet(PROJECT["requires-python"])
    conda = SpecifierSet(_conda_packages()["python"])
    versions = [Version(f"3.{minor}") for minor in range(6, 14)]
    assert [v in project for v in versions] == [v in conda for v in versions]
    assert [v in project for v in versions] == [v.release >= lab.OLDEST for v in versions]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_every_dependency_has_a_range(requirement: Requirement) -> None:
    """A lower bound says what is needed, an upper bound keeps a later release from breaking an install."""
    operators = {clause.operator for clause in requirement.specifier}
    assert operators == {">=", "<"}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_every_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    """constraints.txt was made from this pyproject.toml: it pins each dependency to a version it allows."""
    name = canonicalize_name(requirement.name)
    pins = [pin for pin in CONSTRAINTS if canonicalize_name(pin.name) == name]
    versions = [clause.version for pin in pins for clause in pin.specifier]
    assert versions
    assert all(version in requirement.specifier for version in versions)


def test_constraints_are_exact_and_name_no_host() -> None:
    """Each line pins one version; none says where to get it."""
    assert {clause.operator for pin in CONSTRAINTS for clause in pin.specifier} == {"=="}
    assert [pin.name for pin in CONSTRAINTS if pin.url] == []
    assert "://" not in (ROOT / "constraints.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    _build(ROOT, "sdist", folder)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "source", filter="data")
    [source] = (folder / "source").iterdir()
    _build(source, "wheel", folder)
    return folder


def _build(source: Path, target: str, folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


def _facts() -> set[str]:
    paths = [path for path in (ROOT / "data").rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(ROOT / "data").as_posix() for path in paths}


def test_the_wheel_carries_the_facts_and_the_licences(built: Path) -> None:
    """A wheel built from the source distribution holds every file of data/, as distlab/_data/."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    carried = {name.removeprefix("distlab/_data/") for name in names if name.startswith("distlab/_data/")}
    assert _facts() - carried == set()
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "LICENSE-CONTENT"}
    assert "distlab/py.typed" in names
    assert [name for name in names if name.startswith(("tests/", "tools/", "notebooks/"))] == []


def test_the_facts_are_found_in_the_wheel(built: Path, tmp_path: Path) -> None:
    """With nothing but the wheel on the path, the list of lectures is the same as in the checkout."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path)
    code = "import distlab, distlab.course as c; print(distlab.__file__, *c.lectures(), sep='\\n')"
    where, *from_wheel = _lines(code, tmp_path)
    _, *from_checkout = _lines(code, ROOT)
    assert Path(where).is_relative_to(tmp_path)
    assert from_wheel == from_checkout
    assert len(from_wheel) == 37


def _lines(code: str, folder: Path) -> list[str]:
    command = [sys.executable, "-X", "utf8", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    return subprocess.run(
        command, capture_output=True, check=True, cwd=folder, encoding="utf-8"
    ).stdout.splitlines()


def test_the_version_is_the_same_everywhere() -> None:
    """`distlab.__version__` is the version of the package."""
    assert PROJECT["version"] == distlab.__version__
