"""What can go wrong with real servers."""

__all__ = ["LiveError", "ServerNotFound"]


class LiveError(RuntimeError):
    """A server did not start, did not answer in time, or is gone; the sentence ends with its log."""


class ServerNotFound(LiveError):
    """A server's program or its client is not installed; the sentence says what to install."""
