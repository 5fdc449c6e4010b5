"""Set up and open the laboratory. Any Python from 3.11 on, nothing else installed.

    python lab.py                  set up, then open JupyterLab in notebooks/
    python lab.py test [...]       set up, then run all tests; the rest goes to pytest
    python lab.py run [04 ...]     set up, then run lessons without a browser and write pages to html/
    python lab.py setup            set up only

Options after `python lab.py` go to JupyterLab, for example: python lab.py --no-browser --port 9000
Setting up makes a virtual environment in .venv beside this file: about a minute, and about 800 MB. It is done
again when Python, pyproject.toml or constraints.txt have changed; otherwise it takes no time.
"""

# Old Pythons must read this file up to the sentence that turns them away: no syntax newer than 3.6.
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

OLDEST = (3, 11)
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
if sys.version_info < OLDEST:
    sys.exit(
        f"distlab needs Python {OLDEST[0]}.{OLDEST[1]} or newer, and this is Python {VERSION}: "
        "start it with a newer one, for example python3.12 lab.py"
    )

ROOT = Path(__file__).resolve().parent
NOTEBOOKS = ROOT / "notebooks"
VENV = ROOT / ".venv"
STAMP = VENV / "distlab.json"  # written by set_up: for what .venv was made, and whether it is complete
PACKAGES = [
    "-c",
    "constraints.txt",
    "-e",
    ".[cluster,live,test]",
]  # the pip section of environment.yml says the same
COMMANDS = ("setup", "test", "run")


def main(arguments: list[str]) -> None:
    """Run one command; leave with its exit code."""
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        print((__doc__ or "").strip())
        return
    named = bool(arguments) and not arguments[0].startswith("-")
    command = arguments[0] if named else "lab"
    rest = arguments[1:] if named else arguments
    if named and command not in COMMANDS:
        fail(f"There is no command {command!r}: use setup, test or run, or none to open JupyterLab.")
    if command == "run":
        refuse_unknown_lessons(rest)
    set_up()
    if command == "lab":
        become([*jupyterlab(), *rest], NOTEBOOKS)
    elif command == "test":
        become([str(python()), "-m", "pytest", "--numprocesses=auto", "--maxprocesses=4", *rest], ROOT)
    elif command == "run":
        become([str(python()), str(ROOT / "tools" / "pages.py"), *rest], ROOT)


def set_up() -> None:
    """Make the virtual environment, or make it right again, unless it already is."""
    place = {"python": VERSION, "root": str(ROOT)}
    wanted = {**place, "inputs": digest(Path(__file__), ROOT / "pyproject.toml", ROOT / "constraints.txt")}
    before = read_json(STAMP)
    if before == wanted and python().exists():
        return
    print(f"Setting up .venv with Python {VERSION}: about a minute the first time ...", flush=True)
    uv = working_uv()
    half_made = bool(before) and "inputs" not in before
    moved = bool(before) and before.get("root") != str(ROOT)
    inside = Path(sys.prefix).resolve() == VENV.resolve()  # nobody removes the Python that runs this script
    if not inside and (half_made or moved or not usable(uv)):
        make_venv(uv)
    STAMP.write_text(json.dumps(place), encoding="utf-8")
    install(uv)
    switch_news_off()
    find_fonts()
    STAMP.write_text(json.dumps(wanted), encoding="utf-8")
    print("The lab is set up.", flush=True)


def python() -> Path:
    """The Python of the virtual environment."""
    return VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def digest(*paths: Path) -> str:
    """One hash over the contents of files."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def read_json(path: Path) -> dict[str, str]:
    """The content of a JSON file; empty where there is none to be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def usable(uv: str | None) -> bool:
    """Whether there is a .venv that runs, with this version of Python and with something to install by."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])" + ("" if uv else "; import pip")
    try:
        answer = subprocess.run([str(python()), "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == VERSION


def make_venv(uv: str | None) -> None:
    """Put an empty virtual environment in place of whatever is there."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing and not uv:
        fail(
            f"This Python has no module {missing[0]}: on Debian or Ubuntu, run "
            f"'apt install python{VERSION}-venv' as root, then run the same command again."
        )
    try:
        if VENV.is_symlink() or VENV.is_file():
            VENV.unlink()
        elif VENV.exists():
            shutil.rmtree(VENV)
    except OSError as error:
        fail(f"The old .venv could not be removed ({error}): close what uses it, then try again.")
    venv = (
        [uv, "venv", "--quiet", "--seed", "--python", sys.executable]
        if uv
        else [sys.executable, "-m", "venv"]
    )
    if not succeeds([*venv, str(VENV)]):
        fail("The virtual environment could not be made; the lines above say why.")


def install(uv: str | None) -> None:
    """Install the package and all that it needs, with uv where it works and with pip otherwise."""
    if uv and succeeds([uv, "pip", "install", "--python", str(python()), *PACKAGES]):
        return
    if uv:
        print("uv could not install the packages; trying again with pip ...", flush=True)
    if not succeeds([str(python()), "-m", "pip", "install", "--disable-pip-version-check", *PACKAGES]):
        fail(
            "The packages could not be installed; the lines above say why. Check the network connection, "
            "then run the same command again. If it keeps failing, remove the folder .venv first."
        )


def working_uv() -> str | None:
    """The path of uv, if it is on the PATH and runs."""
    uv = shutil.which("uv")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return uv if uv and succeeds([uv, "--version"], **quiet) else None


def switch_news_off() -> None:
    """Keep JupyterLab from asking whether it may fetch news, and from fetching them."""
    settings = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": quiet}), encoding="utf-8")


def find_fonts() -> None:
    """Let matplotlib look for fonts now: later it would say so in the output of somebody's first figure."""
    succeeds([str(python()), "-c", "import matplotlib.font_manager"], stderr=subprocess.DEVNULL)


def jupyterlab() -> list[str]:
    """The command that serves the lessons on this machine only; JupyterLab makes the token and prints it."""
    NOTEBOOKS.mkdir(exist_ok=True)
    options = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={NOTEBOOKS}"]
    if sys.platform != "win32" and os.geteuid() == 0:
        options.append("--allow-root")  # as in a container; JupyterLab would refuse to start
    return [str(python()), "-m", "jupyterlab", *options]


def refuse_unknown_lessons(names: list[str]) -> None:
    """Say which lessons exist before a minute goes into setting up."""
    sys.path.insert(0, str(ROOT / "tools"))
    import lessons

    try:
        lessons.named([name for name in names if not name.startswith("-")])
    except lessons.UnknownLesson as error:
        fail(str(error))


def succeeds(command: list[str], **options: Any) -> bool:
    """Run a command in the checkout and tell whether it succeeded."""
    try:
        return subprocess.run(command, cwd=ROOT, check=False, **options).returncode == 0
    except OSError as error:
        print(error, file=sys.stderr)
        return False


def become(command: list[str], folder: Path) -> None:
    """Run the last command in place of this one, so that signals and the exit code are its own."""
    sys.stdout.flush()
    if sys.platform != "win32":
        os.chdir(folder)
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl+C is for the command, which may ask back
    sys.exit(subprocess.run(command, cwd=folder, check=False).returncode)


def fail(sentence: str) -> None:
    """Leave with one sentence that says what to do."""
    sys.exit(sentence)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        fail("Stopped. Run the same command again to go on.")
