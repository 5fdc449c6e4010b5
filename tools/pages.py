"""Execute lessons without a browser and write each as a page to read: `python lab.py run`."""

import argparse
import sys
from pathlib import Path

from nbconvert import HTMLExporter
from nbformat import NotebookNode
from tqdm import tqdm

import execute
import lessons
import stored_form

PAGES = lessons.NOTEBOOKS.parent / "html"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when a lesson failed."""
    parser = argparse.ArgumentParser(description="Execute lessons and write them as HTML pages.")
    parser.add_argument("lesson", nargs="*", help="number, name or path; all lessons if none is given")
    parser.add_argument("--timeout", type=float, default=execute.SECONDS_PER_CELL, help="seconds per cell")
    parser.add_argument("--folder", type=Path, default=lessons.NOTEBOOKS, help=argparse.SUPPRESS)
    parser.add_argument("--pages", type=Path, default=PAGES, help="where to write (default: html/)")
    options = parser.parse_args(arguments)
    try:
        paths = lessons.named(options.lesson, options.folder)
    except lessons.UnknownLesson as error:
        parser.error(str(error))
    notebooks = {path: stored_form.read(path) for path in paths}
    options.pages.mkdir(exist_ok=True)
    failures = []
    with tqdm(total=sum(map(_code_cells, notebooks.values())), unit="cell", dynamic_ncols=True) as bar:
        for path, notebook in notebooks.items():
            bar.set_description(path.stem)
            try:
                execute.execute(
                    notebook, path.parent, seconds_per_cell=options.timeout, after_cell=lambda: bar.update()
                )
            except execute.LessonFailed as error:
                failures.append(f"{path.name}: {error}")
            page = options.pages / f"{path.stem}.html"
            page.write_text(_html(notebook), encoding="utf-8")
            bar.write(str(page), file=sys.stdout)
    for failure in failures:
        print(failure, file=sys.stderr)
    return int(bool(failures))


def _code_cells(notebook: NotebookNode) -> int:
    return sum(cell.cell_type == "code" for cell in notebook.cells)


def _html(notebook: NotebookNode) -> str:
    page, _ = HTMLExporter().from_notebook_node(stored_form.normalised(notebook))
    return page


if __name__ == "__main__":
    sys.exit(main())
