"""A browser, a Jupyter server and a page for each test; what a failed test saw is kept as a picture."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import jupyter_pages as jupyter

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Take a picture of the page of a test that failed, and say where it is."""
    report: Any = yield
    used = getattr(item, "funcargs", {})
    page = used.get("page") or used.get("shared_page")
    if report.when == "call" and report.failed and page is not None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{item.name}.png"
        try:
            page.screenshot(path=path)
            report.sections.append(("screenshot", str(path.relative_to(ROOT))))
        except Exception as error:  # a page that crashed has no picture
            report.sections.append(("screenshot", f"none: {error}"))
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The distribution's browser, without a window."""
    with jupyter.chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def lab(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[jupyter.Lab]:
    """A server on a folder of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    with jupyter.server(home) as made:
        yield made


@pytest.fixture(scope="session")
def new_page(chromium: Any, lab: jupyter.Lab) -> Callable[[], Any]:
    """A function that opens a page of the size of a small laptop; errors of scripts are collected in it."""

    def make() -> Any:
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(30_000)
        page.script_errors = []
        page.on("pageerror", lambda error: _note(page, error))
        return page

    return make


@pytest.fixture
def page(new_page: Callable[[], Any], kill_kernels: Callable[[], None]) -> Iterator[Any]:
    """A page for one test; a script that failed in it fails the test."""
    page = new_page()
    yield page
    errors = page.script_errors
    page.close()
    kill_kernels()
    assert errors == []


@pytest.fixture(scope="module")
def shared_page(
    new_page: Callable[[], Any], lab: jupyter.Lab, request: pytest.FixtureRequest
) -> Iterator[Any]:
    """A page with the cells CELLS of a test file, run once for all its tests."""
    page = new_page()
    name = f"{request.module.__name__.rpartition('.')[2]}.ipynb"
    (lab.folder / name).write_text(jupyter.notebook(*request.module.CELLS))
    jupyter.open_lab(page, lab, name)
    jupyter.run_all(page, lab, name)
    yield page
    page.close()


@pytest.fixture
def open_lesson(page: Any, lab: jupyter.Lab) -> Callable[[str], Any]:
    """A function that copies a lesson, opens it in JupyterLab and runs it."""

    def run(number: str) -> Any:
        [path] = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
        shutil.copy(path, lab.folder / path.name)
        jupyter.open_lab(page, lab, path.name)
        jupyter.run_all(page, lab, path.name)
        return page

    return run


@pytest.fixture
def open_cells(page: Any, lab: jupyter.Lab) -> Callable[..., Any]:
    """A function that writes a notebook with some cells, opens it in JupyterLab and runs it."""

    def run(*cells: str) -> Any:
        (lab.folder / "cells.ipynb").write_text(jupyter.notebook(*cells))
        jupyter.open_lab(page, lab, "cells.ipynb")
        jupyter.run_all(page, lab, "cells.ipynb")
        return page

    return run


@pytest.fixture
def kill_kernels(lab: jupyter.Lab) -> Callable[[], None]:
    """A function that ends the kernels of the notebooks of single tests behind the page's back."""

    def kill() -> None:
        for session in jupyter.sessions(lab):
            if not session["path"].startswith("test_"):
                jupyter.ask(lab, f"api/sessions/{session['id']}", "DELETE")

    return kill


def _note(page: Any, error: Any) -> None:
    """Keep errors of the widgets' own scripts, which come as blobs; Jupyter has some of its own."""
    if "blob:" in (error.stack or ""):
        page.script_errors.append(str(error))
