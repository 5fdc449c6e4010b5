"""What holds for every test, doctest and notebook: no window, no personal settings, the same examples."""

import os
import sys
import tempfile
from collections.abc import Iterator

import hypothesis
import matplotlib
import pytest

hypothesis.settings.register_profile("distlab", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("distlab")


def pytest_configure(config: pytest.Config) -> None:
    """Draw without a screen, and start the kernels of notebooks without the settings of whoever runs them."""
    os.environ.pop("MPLBACKEND", None)  # a kernel would inherit it, and would show no figure
    os.environ.pop("COLUMNS", None)  # the width of the terminal must not break lines in an output
    profile = tempfile.TemporaryDirectory(prefix="distlab-ipython-", ignore_cleanup_errors=True)
    os.environ["IPYTHONDIR"] = profile.name
    config.add_cleanup(profile.cleanup)
    matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    """Close the figures that a test leaves open."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
