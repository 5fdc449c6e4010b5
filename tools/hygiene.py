"""What holds for every stored lesson besides its outputs; `python tools/hygiene.py 04` lists what does not.

Each rule takes a notebook and yields one sentence per fault. The rules guard against a test that passes with
nothing compared, a file that differs from machine to machine, and a lesson that lost its shape.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from nbformat import NotebookNode

import lessons
import stored_form

TAGS = ("nbval-ignore-output", "nbval-skip", "raises-exception")
MAXIMAL_BYTES = 300_000
MAXIMAL_LINES = 20
USUAL_LINES = 12
USUAL_SHARE = 0.7

# The letters in brackets keep these patterns from matching their own text.
MACHINE_PATHS = re.compile(
    r"(?<![\w.~-])/(?:[h]ome|[U]sers|[r]oot|[t]mp|[w]ork|[o]pt|[u]sr(?!/bin/)|[p]rivate)/[\w.-]+"
    r"|\b[A-Za-z]:\\[\w\\.-]+"
)
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
MAGIC = re.compile(r"^\s*[%!]", re.MULTILINE)
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*$")


def faults(path: Path) -> list[str]:
    """Return one sentence for each fault of a stored lesson; an empty list when it has none."""
    notebook = stored_form.read(path)
    return [*_file(path, notebook), *(fault for check in RULES for fault in check(notebook))]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells in their order; faults count them from 1."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(notebook: NotebookNode) -> list[tuple[int, str]]:
    """Return level and text of all headings in the order of the page, those in fenced code left out."""
    return [heading for cell in notebook.cells for heading in _cell_headings(cell)]


def _cell_headings(cell: NotebookNode) -> Iterator[tuple[int, str]]:
    if cell.cell_type != "markdown":
        return
    fenced = False
    for line in cell.source.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not fenced and (match := HEADING.match(line)):
            yield len(match[1]), match[2]


def _file(path: Path, notebook: NotebookNode) -> Iterator[str]:
    if not re.fullmatch(r"[0-9S][0-9]_[a-z0-9_]+", path.stem):
        yield f"The file is named {path.name}; a lesson is named like 04_leader_election.ipynb."
    content = path.read_bytes()
    if len(content) >= MAXIMAL_BYTES:
        yield f"The file has {len(content):,} bytes; it must stay under {MAXIMAL_BYTES:,}."
    if content.decode() != stored_form.text(notebook):
        yield "The file is not in its stored form; run python tools/execute.py on it."


def executed_in_order(notebook: NotebookNode) -> Iterator[str]:
    """A cell without a count would pass the strict comparison with nothing compared."""
    counts = [cell.get("execution_count") for cell in code_cells(notebook)]
    if not counts:
        yield "There is no code cell."
    if counts != list(range(1, len(counts) + 1)):
        yield f"The execution counts are {counts}, not 1 to {len(counts)}; run python tools/execute.py on it."


def outputs_stored(notebook: NotebookNode) -> Iterator[str]:
    """Outputs that were stripped would leave little to compare."""
    if not any(cell.outputs for cell in code_cells(notebook)):
        yield "No cell has a stored output; run python tools/execute.py on it."


def one_title_and_no_gap(notebook: NotebookNode) -> Iterator[str]:
    """One H1 in the first cell, and no level skipped under it, so that the outline can be read aloud."""
    levels = [level for level, _ in headings(notebook)]
    if levels.count(1) != 1 or levels[0] != 1 or not any(_cell_headings(notebook.cells[0])):
        yield f"There must be one H1, the title in the first cell; found {levels.count(1)}."
    for (above, _), (level, text) in pairwise(headings(notebook)):
        if level > above + 1:
            yield f"Heading {text!r} jumps from level {above} to {level}."


def known_tags(notebook: NotebookNode) -> Iterator[str]:
    """A misspelt tag would silently do nothing."""
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag not in TAGS:
                yield f"The tag {tag!r} is not one of {', '.join(TAGS)}."


def nothing_of_the_machine(notebook: NotebookNode) -> Iterator[str]:
    """Paths, user names and addresses differ from machine to machine."""
    for place, text in _texts(notebook):
        for match in MACHINE_PATHS.finditer(text):
            yield f"{place} names a path of one machine: {match[0]}"
        if address := ADDRESS.search(text):
            yield f"{place} shows the address of an object: {address[0]}"


def no_unexpected_errors(notebook: NotebookNode) -> Iterator[str]:
    """Errors are shown on purpose only; warnings hold paths and differ between versions."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                yield f"Code cell {number} stores an error: {output.ename}."
            if output.output_type == "stream" and output.name == "stderr":
                yield f"Code cell {number} writes to stderr: {output.text.splitlines()[0]}"


def short_cells(notebook: NotebookNode) -> Iterator[str]:
    """What is longer belongs in the package."""
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    for number, length in enumerate(lengths, start=1):
        if length == 0:
            yield f"Code cell {number} is empty."
        if length > MAXIMAL_LINES:
            yield f"Code cell {number} has {length} lines; {MAXIMAL_LINES} is the limit."
    usual = sum(length <= USUAL_LINES for length in lengths)
    if usual < USUAL_SHARE * len(lengths):
        yield f"Only {usual} of {len(lengths)} code cells have at most {USUAL_LINES} lines."


def one_import_cell(notebook: NotebookNode) -> Iterator[str]:
    """The first code cell imports, no other does."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        tree = _tree(cell)
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        if number == 1 and (not tree.body or len(imports) != len(tree.body)):
            yield "Code cell 1 must hold the imports and nothing else."
        if number > 1 and imports:
            yield f"Code cell {number} imports; imports belong to code cell 1."


def plain_python(notebook: NotebookNode) -> Iterator[str]:
    """Magics need IPython, comment markers evade the list of tags, a last semicolon breaks the test."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        if MAGIC.search(cell.source):
            yield f"Code cell {number} uses a magic or a shell command."
        if cell.source.rstrip().endswith(";"):
            yield f"Code cell {number} ends with a semicolon."
        if re.search(r"^\s*#+\s*(NBVAL_|PYTEST_VALIDATE)", cell.source, re.MULTILINE):
            yield f"Code cell {number} steers the test by a comment; use a tag."
        if re.search(r"\bsys\.path\b|\bfilterwarnings\b|\bsimplefilter\b", cell.source):
            yield f"Code cell {number} changes sys.path or filters warnings."


def introduced(notebook: NotebookNode) -> Iterator[str]:
    """Every code cell follows a text that says what it is for."""
    for number, (before, cell) in enumerate(pairwise(notebook.cells), start=2):
        if cell.cell_type == "code" and before.cell_type != "markdown":
            yield f"Cell {number} is code without a sentence before it."


def exercises_with_solutions(notebook: NotebookNode) -> Iterator[str]:
    """Each `### Exercise k` has its `### Solution k`, in collapsed cells."""
    exercises = _numbered(notebook, "Exercise")
    solutions = _numbered(notebook, "Solution")
    if exercises != list(range(1, len(exercises) + 1)):
        yield f"The exercises are numbered {exercises}, not from 1 on."
    if solutions != exercises:
        yield f"There are exercises {exercises} and solutions {solutions}."
    title = ""
    for cell in notebook.cells:
        title = next((text for _, text in reversed([*_cell_headings(cell)])), title)
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        if cell.cell_type == "code" and title.startswith("Solution ") and not hidden:
            yield f"The code under {title!r} is not collapsed (metadata jupyter.source_hidden)."


RULES = (
    executed_in_order,
    outputs_stored,
    one_title_and_no_gap,
    known_tags,
    nothing_of_the_machine,
    no_unexpected_errors,
    short_cells,
    one_import_cell,
    plain_python,
    introduced,
    exercises_with_solutions,
)


def _numbered(notebook: NotebookNode, word: str) -> list[int]:
    matches = (re.match(rf"{word} (\d+)\b", text) for _, text in headings(notebook))
    return [int(match[1]) for match in matches if match]


def _tree(cell: NotebookNode) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError:  # a magic, which plain_python reports, or an error that the cell shows on purpose
        return ast.Module(body=[], type_ignores=[])


def _texts(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    for number, cell in enumerate(notebook.cells, start=1):
        yield f"Cell {number}", cell.source
        for output in cell.get("outputs", []):
            where = f"The output of cell {number}"
            yield where, "\n".join([output.get("text", ""), output.get("evalue", "")])
            for kind, data in output.get("data", {}).items():
                if kind.startswith("text/"):
                    yield where, data


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0, or 1 when a lesson has a fault."""
    parser = argparse.ArgumentParser(description="Look for faults of form in stored lessons.")
    parser.add_argument("lesson", nargs="*", help="number, name or path; all lessons if none is given")
    parser.add_argument("--folder", type=Path, default=lessons.NOTEBOOKS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        paths = lessons.named(options.lesson, options.folder)
    except lessons.UnknownLesson as error:
        parser.error(str(error))
    found = [f"{path.name}: {fault}" for path in paths for fault in faults(path)]
    print("\n".join(found) or f"No faults in {len(paths)} lessons.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
