"""What went wrong, as a sentence that stands out and that screen readers announce."""

from __future__ import annotations

__all__ = ["alert"]


def alert(markup: str) -> str:
    """A line for a panel, in JupyterLab's colour of errors.

    >>> 'role="alert"' in alert("Row 1: at must be a number of seconds.")
    True
    """
    return (
        f'<span role="alert" style="color:var(--jp-error-color1, #b84a00);font-weight:bold">{markup}</span>'
    )
