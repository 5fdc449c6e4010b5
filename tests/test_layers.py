"""Imports point only downwards through the layers of the house."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "distlab"
ALGORITHMS = ("coordination", "resources", "computing", "communication", "storage", "reliability")
LAYERS = (
    ("sim",),
    (*ALGORITHMS, "check"),
    ("metrics", "sweep", "live"),
    ("course", "plots"),
    ("widgets",),
)
HEIGHT = {part: height for height, parts in enumerate(LAYERS) for part in parts}

# What else a module may load when it is imported; inside a function, each may load what it needs.
LIBRARIES = {
    "sim": {"numpy"},
    **{part: {"numpy"} for part in (*ALGORITHMS, "check")},
    "metrics": {"numpy", "pandas"},
    "sweep": {"numpy", "pandas", "tqdm"},
    "live": {"numpy"},
    "course": {"numpy", "pandas"},
    "plots": {"matplotlib", "numpy", "pandas"},
    "widgets": {"IPython", "anywidget", "ipywidgets", "matplotlib", "numpy", "pandas", "traitlets"},
    "": set(),  # the package itself
}


@dataclass(frozen=True)
class Import:
    """One imported module, and where it is imported."""

    module: str
    path: Path
    line: int
    when_called: bool
    for_types: bool

    @property
    def importer(self) -> str:
        """The part of the house that imports: the name under distlab, or "" for distlab/__init__.py."""
        return self.path.relative_to(PACKAGE).with_suffix("").parts[0].replace("__init__", "")

    @property
    def imported(self) -> str:
        """The part of the house that is imported, or "" for the package itself."""
        return self.module.partition(".")[2].partition(".")[0]

    def __str__(self) -> str:
        return f"distlab/{self.path.relative_to(PACKAGE).as_posix()}:{self.line} imports {self.module}"


class Imports(ast.NodeVisitor):
    """Collects all imports of a module, in functions and under TYPE_CHECKING too."""

    def __init__(self, path: Path, package: Path = PACKAGE) -> None:
        self.path, self.found = path, []
        self.parents = ("distlab", *path.relative_to(package).parts[:-1])
        self.depth = self.types = 0
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_FunctionDef(self, node: ast.AST) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_If(self, node: ast.If) -> None:
        for_types = "TYPE_CHECKING" in ast.unparse(node.test)
        self.types += for_types
        for child in node.body:
            self.visit(child)
        self.types -= for_types
        for child in node.orelse:
            self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.add(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            module = ".".join([*self.parents[: len(self.parents) - node.level + 1], *filter(None, [module])])
        if module == "distlab":  # from distlab import course: the names are parts of the house
            for alias in node.names:
                self.add(f"distlab.{alias.name}", node)
        else:
            self.add(module, node)

    def add(self, module: str, node: ast.stmt) -> None:
        self.found.append(Import(module, self.path, node.lineno, self.depth > 0, self.types > 0))


def _all_imports() -> Iterator[Import]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from Imports(path).found


def may_import(one: Import) -> bool:
    """Whether an import inside the house points downwards."""
    if one.importer == one.imported or one.imported == "":
        return True
    if one.importer == "check" and one.when_called and one.imported in ("plots", *ALGORITHMS):
        return True  # a report draws itself, and the catalogue of mutants is looked up when asked for
    if one.importer == "":
        return one.imported == "sim" or one.when_called
    return HEIGHT[one.importer] > HEIGHT[one.imported]


def test_every_part_of_the_house_has_a_layer() -> None:
    """A new package or module directly under distlab is put into a layer before it is used."""
    parts = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/*.py")
    }
    assert parts - {"__init__"} <= HEIGHT.keys()


def test_imports_point_downwards() -> None:
    """No module imports a part of its own layer or of one above, not even inside a function."""
    inside = [one for one in _all_imports() if one.module.split(".")[0] == "distlab"]
    assert [str(one) for one in inside if not may_import(one)] == []


def test_each_layer_loads_only_its_libraries() -> None:
    """Importing a part loads the standard library, what lies below it, and the libraries named here."""
    wrong = [
        str(one)
        for one in _all_imports()
        if not one.when_called and not one.for_types
        if (library := one.module.split(".")[0]) not in {"distlab", *sys.stdlib_module_names}
        if library not in LIBRARIES[one.importer]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from distlab.plots import timeline", "distlab.plots"),
        ("def draw():\n    import distlab.plots.timeline", "distlab.plots.timeline"),
        ("from .. import plots", "distlab.plots"),
        ("from ..plots import timeline", "distlab.plots"),
        ("if TYPE_CHECKING:\n    from distlab import plots", "distlab.plots"),
    ],
)
def test_an_import_that_points_upwards_is_found(tmp_path: Path, source: str, expected: str) -> None:
    """However a module of the simulator imports a plot, it is seen and refused."""
    path = tmp_path / "sim" / "trace.py"
    path.parent.mkdir()
    path.write_text(source)
    [found] = Imports(path, tmp_path).found
    here = Import(found.module, PACKAGE / "sim" / "trace.py", found.line, found.when_called, found.for_types)
    assert here.module == expected
    assert not may_import(here)


def test_only_check_may_look_up_when_called() -> None:
    """A report may draw itself and may look up the algorithms, but only inside a function."""
    lazily = Import("distlab.plots", PACKAGE / "check" / "report.py", 1, when_called=True, for_types=False)
    eagerly = Import("distlab.plots", PACKAGE / "check" / "report.py", 1, when_called=False, for_types=False)
    storage = Import("distlab.plots", PACKAGE / "storage" / "cap.py", 1, when_called=True, for_types=False)
    assert [may_import(one) for one in (lazily, eagerly, storage)] == [True, False, False]


def _run_python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout


def test_importing_distlab_loads_no_pandas_and_no_matplotlib() -> None:
    """The package itself is light: the tables and the drawings come with the parts that need them."""
    heavy = ("IPython", "dask", "distributed", "ipywidgets", "matplotlib", "pandas", "tqdm")
    loaded = _run_python(f"import distlab, sys; print([name for name in {heavy} if name in sys.modules])")
    assert loaded.strip() == "[]"


def test_the_simulator_loads_no_pandas_and_no_matplotlib() -> None:
    """What the simulator imports stays light however its modules grow."""
    loaded = _run_python(
        "import distlab.sim, sys; print([name for name in ('matplotlib', 'pandas') if name in sys.modules])"
    )
    assert loaded.strip() == "[]"


def test_importing_distlab_takes_less_than_three_tenths_of_a_second() -> None:
    """Measured in processor time and as the best of five, so that a busy machine does not decide."""
    code = "import time; start = time.process_time(); import distlab; print(time.process_time() - start)"
    assert min(float(_run_python(code)) for _ in range(5)) < 0.3
