"""The script that sets up the lab: what it runs, when it sets up again, and what it says when it cannot."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lab

ROOT = Path(__file__).resolve().parent.parent


class Checkout:
    """A copy of the checkout in a folder with a space, and the commands that lab.py runs in it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.venv = root, root / ".venv"
        self.commands: list[list[str]] = []
        self.failing = ""  # a word: the commands that hold it fail
        self.uv: str | None = None
        for name, value in {"ROOT": root, "VENV": self.venv, "STAMP": self.venv / "distlab.json"}.items():
            monkeypatch.setattr(lab, name, value)
        monkeypatch.setattr(lab, "NOTEBOOKS", root / "notebooks")
        monkeypatch.setattr(lab, "succeeds", self.run)
        monkeypatch.setattr(lab, "working_uv", lambda: self.uv)
        monkeypatch.setattr(
            lab, "become", lambda command, folder: self.commands.append([*command, str(folder)])
        )

    def run(self, command: list[str], **options: object) -> bool:
        """Note a command instead of running it; a new virtual environment is made without pip."""
        self.commands.append(command)
        if self.failing and self.failing in command:
            return False
        if "venv" in command:
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", command[-1]], check=True)
            packages = Path(self.venv, *(["Lib"] if os.name == "nt" else ["lib", f"python{lab.VERSION}"]))
            (packages / "site-packages" / "pip.py").write_text("")
        return True

    def kinds(self) -> list[str]:
        """What was run since the last call: made, installed, fonts, or the last word of the command."""
        words = {"venv": "made", "install": "installed", "import matplotlib.font_manager": "fonts"}
        found = [
            next((words[word] for word in command if word in words), command[-1]) for command in self.commands
        ]
        self.commands.clear()
        return found


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout that was never set up."""
    root = tmp_path / "my lab"
    (root / "notebooks").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    return Checkout(root, monkeypatch)


def _lab(
    *arguments: str, folder: Path = ROOT, environment: dict[str, str] | None = None
) -> tuple[int, str, str]:
    command = [sys.executable, str(ROOT / "lab.py"), *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, check=False, encoding="utf-8", env=environment
    )
    return done.returncode, done.stdout, done.stderr


def test_an_old_python_can_read_the_script() -> None:
    """The script holds no syntax newer than Python 3.7, and refuses an old Python before anything else."""
    source = (ROOT / "lab.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 7))
    kinds = [type(node) for node in tree.body]
    assert kinds.index(ast.If) < kinds.index(ast.FunctionDef)
    assert "sys.version_info < OLDEST" in source


def test_only_the_standard_library_is_needed(tmp_path: Path) -> None:
    """The script answers with nothing installed, from another folder."""
    script = str(ROOT / "lab.py")
    code = f"import runpy, sys; sys.argv[1:] = ['--help']; runpy.run_path({script!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "python lab.py test [...]" in done.stdout


def test_an_unknown_command_is_answered_with_those_that_exist() -> None:
    """A word that is no command ends with one sentence, before anything is set up."""
    code, out, err = _lab("tests")
    assert (code, out) == (1, "")
    assert err == "There is no command 'tests': use setup, test or run, or none to open JupyterLab.\n"


def test_an_unknown_lesson_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    """A number without a lesson ends with one sentence, before anything is set up, in whatever folder."""
    code, out, err = _lab("run", "99", folder=tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith("There is no lesson '99'. The lessons are: ")
    assert err.count("\n") == 1


def test_it_sets_up_once(checkout: Checkout) -> None:
    """The first time makes and fills the environment; the second time does nothing."""
    lab.main(["setup"])
    assert checkout.kinds() == ["made", "installed", "fonts"]
    lab.main(["setup"])
    assert checkout.kinds() == []


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_it_installs_again_when_the_packages_changed(checkout: Checkout, name: str) -> None:
    """A change of what is to be installed is installed into the environment that is there."""
    lab.main(["setup"])
    with (checkout.root / name).open("a") as file:
        file.write("# changed\n")
    checkout.kinds()
    lab.main(["setup"])
    assert checkout.kinds() == ["installed", "fonts"]


def test_an_interrupted_set_up_is_made_anew(checkout: Checkout) -> None:
    """What a failed installation left behind is replaced, not trusted."""
    checkout.failing = "install"
    with pytest.raises(SystemExit, match="The packages could not be installed; the lines above say why"):
        lab.main(["setup"])
    checkout.kinds()
    checkout.failing = ""
    leftover = checkout.venv / "half a package"
    leftover.touch()
    lab.main(["setup"])
    assert checkout.kinds() == ["made", "installed", "fonts"]
    assert not leftover.exists()


def _broken_python(checkout: Checkout) -> None:
    lab.python().unlink()


def _moved(checkout: Checkout) -> None:
    stamp = json.loads(lab.STAMP.read_text())
    lab.STAMP.write_text(json.dumps(stamp | {"root": "elsewhere"}))


def _without_python_and_stamp(checkout: Checkout) -> None:
    shutil.rmtree(checkout.venv)
    checkout.venv.mkdir()


def _a_file(checkout: Checkout) -> None:
    shutil.rmtree(checkout.venv)
    checkout.venv.write_text("")


@pytest.mark.parametrize("damage", [_broken_python, _moved, _without_python_and_stamp, _a_file])
def test_a_damaged_environment_is_made_anew(checkout: Checkout, damage: Callable[[Checkout], None]) -> None:
    """A .venv that does not run, or that was made in another folder, is replaced."""
    lab.main(["setup"])
    damage(checkout)
    checkout.kinds()
    lab.main(["setup"])
    assert checkout.kinds() == ["made", "installed", "fonts"]


def test_an_environment_of_the_users_own_is_kept(checkout: Checkout) -> None:
    """A .venv that runs and was made by somebody else is filled, not removed."""
    lab.main(["setup"])
    lab.STAMP.unlink()
    checkout.kinds()
    lab.main(["setup"])
    assert checkout.kinds() == ["installed", "fonts"]


def test_another_version_of_python_makes_another_environment(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment belongs to the Python that runs the script."""
    lab.main(["setup"])
    monkeypatch.setattr(lab, "VERSION", "3.99")
    monkeypatch.setattr(lab, "install", lambda uv: None)
    checkout.kinds()
    monkeypatch.setattr(lab, "make_venv", lambda uv: checkout.commands.append(["venv"]))
    lab.main(["setup"])
    assert "made" in checkout.kinds()


def test_uv_is_used_where_it_is_installed(checkout: Checkout) -> None:
    """With uv on the PATH, uv makes and fills the environment."""
    checkout.uv = "uv"
    lab.main(["setup"])
    made, installed, _ = checkout.commands
    assert made[:2] == ["uv", "venv"]
    assert installed == ["uv", "pip", "install", "--python", str(lab.python()), *lab.PACKAGES]


def test_pip_helps_out_when_uv_fails(checkout: Checkout) -> None:
    """A machine whose package index only pip knows still gets its packages."""
    checkout.uv = checkout.failing = "uv"
    checkout.run([sys.executable, "-m", "venv", str(checkout.venv)])
    checkout.commands.clear()
    lab.main(["setup"])
    assert [command[0] for command in checkout.commands[:2]] == ["uv", str(lab.python())]


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_named_with_the_package_to_install(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """Debian ships Python without these modules; the sentence says which package brings them."""
    find = lab.importlib.util.find_spec
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None if name == module else find(name))
    advice = f"on Debian or Ubuntu, run 'apt install python{lab.VERSION}-venv' as root"
    with pytest.raises(SystemExit) as failure:
        lab.main(["setup"])
    assert str(failure.value).startswith(f"This Python has no module {module}: {advice}")
    assert checkout.commands == []


def test_jupyterlab_serves_this_machine_only(checkout: Checkout) -> None:
    """Without a command it starts JupyterLab on loopback in notebooks/, with a token and the options."""
    lab.main(["--no-browser"])
    *command, folder = checkout.commands[-1]
    assert command[:3] == [str(lab.python()), "-m", "jupyterlab"]
    assert "--ServerApp.ip=127.0.0.1" in command
    assert f"--ServerApp.root_dir={checkout.root / 'notebooks'}" in command
    assert command[-1] == "--no-browser"
    assert folder == str(checkout.root / "notebooks")
    assert not any("token" in word or "password" in word for word in command)


def test_jupyterlab_asks_for_no_news(checkout: Checkout) -> None:
    """The set-up environment holds the setting that keeps the news pop-up away."""
    lab.main(["setup"])
    settings = checkout.venv / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    [(plugin, options)] = json.loads(settings.read_text()).items()
    assert plugin == "@jupyterlab/apputils-extension:notification"
    assert options == {"fetchNews": "false", "checkForUpdates": False}


def test_tests_are_run_by_pytest_in_the_checkout(checkout: Checkout) -> None:
    """The rest of the command line goes to pytest, behind the options that spread the tests."""
    lab.main(["test", "-k", "bully", "tests/sim"])
    *command, folder = checkout.commands[-1]
    assert command[:3] == [str(lab.python()), "-m", "pytest"]
    assert command[-3:] == ["-k", "bully", "tests/sim"]
    assert folder == str(checkout.root)


def test_the_last_command_decides_the_exit_code(tmp_path: Path) -> None:
    """What pytest or JupyterLab end with is what the script ends with."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import lab, pathlib; "
    code += f"lab.become([sys.executable, '-c', 'raise SystemExit(7)'], pathlib.Path({str(tmp_path)!r}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7
