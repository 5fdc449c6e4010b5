"""Jobs of any shape, for tests of what holds for all of them."""

from hypothesis import strategies as st

from distlab.computing.parallel import Job, Task


@st.composite
def jobs(draw: st.DrawFn, largest: int = 9) -> Job:
    """Any job whose tasks wait for earlier ones, in any order of the list."""
    count = draw(st.integers(1, largest))
    lengths = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    waits = [draw(st.sets(st.integers(0, k - 1), max_size=3)) if k else set() for k in range(count)]
    tasks = [
        Task(f"t{k}", float(length), tuple(f"t{j}" for j in sorted(before)))
        for k, (length, before) in enumerate(zip(lengths, waits, strict=True))
    ]
    return Job(tuple(draw(st.permutations(tasks))))
