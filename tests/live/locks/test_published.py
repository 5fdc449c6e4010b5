"""What was recorded on real servers agrees with the published figures."""

from distlab import live
from distlab.course import compare


def _all_agree(figure: str, measured: dict) -> bool:
    table = compare(figure, measured)
    return set(table["within tolerance"]) == {"yes"}


def test_the_herd_agrees_with_the_closed_forms() -> None:
    """45 and 9 notifications for ten clients."""
    herd, queue = live.recorded("lock_herd").rows
    measured = {
        "all_watch_the_lock/n=10": herd["notifications"],
        "watch_the_predecessor/n=10": queue["notifications"],
    }
    assert _all_agree("MX-8", measured)


def test_the_pause_agrees_with_kleppmann() -> None:
    """On each service: refused with fencing, an update lost without."""
    rows = live.recorded("lock_pause").rows
    assert len(rows) == 8
    for careless, careful in zip(rows[::2], rows[1::2], strict=True):
        measured = {
            f"{group}/{key}": value
            for group, row in (("without_fencing", careless), ("with_fencing", careful))
            for key, value in (
                ("write_with_33_refused", row["late write"] == "refused"),
                ("update_lost", row["lost updates"] > 0),
            )
        }
        assert _all_agree("LK-3", measured)


def test_the_restart_agrees_with_the_documentation_of_redis() -> None:
    """A second majority after an empty restart, and none after a restart that waited for the lease."""
    two_holders = {row["what happens"]: row["two holders"] for row in live.recorded("lock_losses").rows}
    measured = {
        "second_majority/restart at once": two_holders["one of three restarts, empty"],
        "second_majority/restart after the longest lease": two_holders[
            "one of three restarts, empty, after the lease"
        ],
    }
    assert _all_agree("LK-4", measured)
