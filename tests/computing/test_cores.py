"""The same on real cores: results are certain, times are only plausible."""

import subprocess
import sys
import textwrap

import pytest

from distlab.computing.parallel import cores, count_primes, even_ranges, makespan, on_cores, run, whole
from distlab.computing.parallel.data_parallel import DataParallel


@pytest.mark.parametrize(("limit", "primes"), [(10, 4), (100, 25), (1_000, 168), (10_000, 1_229)])
def test_primes_are_counted(limit: int, primes: int) -> None:
    """The known values of the prime counting function."""
    assert count_primes(0, limit) == primes


@pytest.mark.parametrize("pieces", [1, 2, 7, 100])
def test_ranges_cover_everything_once(pieces: int) -> None:
    """Ranges follow each other, and differ by at most one number."""
    ranges = even_ranges(1_000, pieces)
    assert [number for first, last in ranges for number in range(first, last)] == list(range(1_000))
    lengths = {last - first for first, last in ranges}
    assert max(lengths) - min(lengths) <= 1
    assert sum(count_primes(*each) for each in ranges) == 168


def test_processes_give_the_results_in_the_order_of_the_pieces() -> None:
    """Two processes count what one counts, each piece was done by one of them, after the clock began."""
    ranges = even_ranges(20_000, 6)
    found = on_cores(count_primes, ranges, workers=2, repeat=2)
    assert list(found.results) == [count_primes(*each) for each in ranges]
    assert {worker for worker, _, _ in found.pieces} <= {1, 2}
    assert all(0 <= start < end <= found.seconds for _, start, end in found.pieces)
    assert max(found.lengths) <= found.seconds
    assert found.starting > 0


def test_no_process_does_two_pieces_at_once() -> None:
    """The pieces of one process follow each other."""
    table = on_cores(count_primes, even_ranges(20_000, 8), workers=2).schedule()
    assert list(table.columns) == ["worker", "job", "task", "start", "end", "fate"]
    for _, rows in table.groupby("worker"):
        rows = rows.sort_values("start")
        assert (rows["end"].to_numpy()[:-1] <= rows["start"].to_numpy()[1:]).all()


def test_the_model_says_when_measured_pieces_would_end() -> None:
    """The pieces' times as jobs of the simulator: one worker needs their sum, many need the longest."""
    lengths = on_cores(count_primes, even_ranges(20_000, 4), workers=1).lengths
    jobs = [whole(length) for length in lengths]
    assert makespan(run(DataParallel, jobs, workers=1)) == pytest.approx(sum(lengths))
    assert makespan(run(DataParallel, jobs, workers=4)) == pytest.approx(max(lengths))


def test_without_a_number_there_is_a_process_per_core() -> None:
    """The default is what the machine offers."""
    assert on_cores(count_primes, [(0, 10)]).workers == min(61, cores())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"workers": 0}, "workers must be a whole number from 1 to 61; got 0."),
        ({"workers": 62}, "workers must be a whole number from 1 to 61; got 62."),
        ({"repeat": 0}, "repeat must be a whole number of 1 or more; got 0."),
        ({"arguments": []}, "arguments must hold at least one tuple; it is empty."),
        ({"function": lambda first, last: 0}, "function must be one that new processes can import"),
    ],
)
def test_what_cannot_be_measured_is_answered_before_a_process_starts(options, sentence: str) -> None:
    """The sentence names the argument, the value, and what would be right."""
    given = {"function": count_primes, "arguments": [(0, 10)], "workers": 1} | options
    with pytest.raises(ValueError, match=sentence):
        on_cores(**given)


def test_what_a_piece_raises_comes_back() -> None:
    """An error of the function is that of the call, not of the pool."""
    with pytest.raises(TypeError):
        on_cores(count_primes, [("a", "b")], workers=1)


def _script(tmp_path, text: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)


def test_a_script_may_use_its_own_function(tmp_path) -> None:
    """Under the usual guard, new processes find the function of a script."""
    done = _script(
        tmp_path,
        """
        from distlab.computing.parallel import on_cores

        def double(x):
            return 2 * x

        if __name__ == "__main__":
            print(on_cores(double, [(1,), (2,)], workers=2).results)
        """,
    )
    assert done.stdout.strip() == "(2, 4)", done.stderr


def test_a_script_without_the_guard_is_told_so(tmp_path) -> None:
    """Processes that start processes cannot start: the sentence names the guard."""
    done = _script(
        tmp_path,
        """
        from distlab.computing.parallel import count_primes, on_cores

        on_cores(count_primes, [(0, 10)], workers=1)
        """,
    )
    assert 'call on_cores under `if __name__ == "__main__":`' in done.stderr
