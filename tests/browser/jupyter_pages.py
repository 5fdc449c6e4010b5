"""A Jupyter server of its own for the tests: loopback, own settings, gone afterwards; and a page in it."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TOKEN = "a-token-for-tests"


@dataclass(frozen=True)
class Lab:
    """A server that runs: its address and the folder that it serves."""

    address: str
    folder: Path


@contextmanager
def chromium() -> Iterator[Any]:
    """The distribution's browser, without a window; where there is none, a sentence says what is skipped."""
    driver = pytest.importorskip("playwright.sync_api", reason="no browser test without playwright")
    path = next((path for path in BROWSERS if os.access(path, os.X_OK)), None)
    if path is None:
        pytest.skip("no Chromium is installed, so nothing is tried in a browser")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def free_port() -> int:
    """A port that nobody listens on, not one that the system gives to others for a moment."""
    for port in random.sample(range(20_000, 30_000), 50):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise OSError("no free port found between 20000 and 30000")


@contextmanager
def server(home: Path, *, theme: str = "JupyterLab Light", seconds: float = 120) -> Iterator[Lab]:
    """Serve a folder in `home` with JupyterLab and, if it is installed, Notebook."""
    folder = home / "notebooks"
    folder.mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    port = free_port()
    own = {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
    }
    command = [
        sys.executable,
        *("-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={folder}",
        f"--IdentityProvider.token={TOKEN}",
    ]
    address = f"http://127.0.0.1:{port}"
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(address, process, log, seconds)
            yield Lab(address, folder)
        finally:
            _end(process)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text(errors="replace")[-3000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and its kernels: they are in a session of their own."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            continue
        time.sleep(0.3)


def open_lab(page: Any, lab: Lab, name: str) -> None:
    """Open a notebook in JupyterLab and wait for its kernel."""
    page.goto(f"{lab.address}/lab/tree/{name}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function(
        "() => (document.querySelector('#jp-main-statusbar')?.innerText || '').includes('| Idle')",
        timeout=60_000,
    )


def run_all(page: Any, lab: Lab, name: str, seconds: float = 240) -> None:
    """Run > Run All Cells, and wait until the kernel has had nothing to do for two seconds."""
    page.get_by_role("menuitem", name="Run", exact=True).first.click()
    page.wait_for_timeout(500)
    page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').first.click()
    idle = 0
    deadline = time.monotonic() + seconds
    while idle < 4:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} still runs after {seconds:g} seconds")
        page.wait_for_timeout(500)
        states = [one["kernel"]["execution_state"] for one in sessions(lab) if one["path"] == name]
        idle = idle + 1 if states == ["idle"] else 0


def sessions(lab: Lab) -> list[dict[str, Any]]:
    """What the server says of its notebooks and their kernels."""
    return list(json.loads(ask(lab, "api/sessions")))


def ask(lab: Lab, path: str, method: str = "GET") -> str:
    """One question to the server."""
    request = urllib.request.Request(
        f"{lab.address}/{path}", method=method, headers={"Authorization": f"token {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.read().decode())


def open_notebook(page: Any, lab: Lab, name: str) -> None:
    """Open a notebook in Notebook 7 and run it."""
    page.goto(f"{lab.address}/notebooks/{name}?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function(
        "() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'",
        timeout=60_000,
    )
    page.get_by_role("menuitem", name="Run", exact=True).first.click()
    page.wait_for_timeout(500)
    page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').first.click()


def set_theme(page: Any, lab: Lab, theme: str) -> None:
    """Choose a theme for the pages that are opened from now on."""
    page.request.put(
        f"{lab.address}/lab/api/settings/@jupyterlab/apputils-extension:themes",
        headers={"Authorization": f"token {TOKEN}"},
        data=json.dumps({"raw": json.dumps({"theme": theme})}),
    )


def notebook(*cells: str) -> str:
    """The text of a notebook with these code cells."""
    made = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": cell,
        }
        for number, cell in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return json.dumps({"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})
