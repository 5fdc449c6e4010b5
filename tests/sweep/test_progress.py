import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from distlab.sweep import progress, sweep


def slow(seed):
    """Take ten milliseconds."""
    time.sleep(0.01)


@pytest.fixture
def impatient(monkeypatch):
    """A bar after a twentieth of a second."""
    monkeypatch.setattr(progress, "APPEARS_AFTER", 0.05)
    monkeypatch.delenv("DISTLAB_PROGRESS", raising=False)


def test_short_work_prints_nothing_and_loads_no_bar():
    """Below a second a sweep is silent, and does not even import tqdm."""
    code = """
        import sys
        from distlab.sweep import sweep
        sweep(lambda seed: seed, {}, seeds=50)
        assert "tqdm" not in sys.modules
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_long_work_shows_a_bar_on_stderr(impatient, capfd):
    """The bar names the scenario, counts runs, and leaves standard output alone."""
    with ThreadPoolExecutor(1) as executor:
        sweep(slow, {}, 20, executor)
    out, err = capfd.readouterr()
    assert out == ""
    assert "slow:" in err
    assert "/20 [" in err


def test_a_bar_appears_although_no_run_is_finished(impatient, capfd):
    """Long runs on an executor do not delay the bar until the first of them is done."""
    with ThreadPoolExecutor(1) as executor:
        sweep(lambda seed: time.sleep(0.7), {}, 1, executor)
    assert "0/1 [" in capfd.readouterr().err


def test_the_bar_can_be_switched_off_for_a_call(impatient, capfd):
    """With progress=False a long sweep is silent."""
    sweep(slow, {}, 15, progress=False)
    assert capfd.readouterr() == ("", "")


def test_the_bar_can_be_switched_off_for_a_process(impatient, capfd, monkeypatch):
    """With DISTLAB_PROGRESS=0, as where notebooks are stored and compared, a long sweep is silent."""
    monkeypatch.setenv("DISTLAB_PROGRESS", "0")
    sweep(slow, {}, 15)
    assert capfd.readouterr() == ("", "")
