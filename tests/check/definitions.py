"""Consistency levels as their definitions say, by trying every order. Slow, and easy to believe."""

from dataclasses import replace
from itertools import combinations, permutations, product

START = None  # the source of a read of the initial value, None


def in_one_order(operations, model, real_time):
    """Whether some order of the operations explains all answers; unknown ones may be left out."""
    operations = list(operations)
    every = range(len(operations))
    failed = set()

    def must_precede(a, b):
        one, other = operations[a], operations[b]
        if one.is_unknown:
            return False
        if one.client == other.client:
            return a < b
        return real_time and one.returned < other.invoked

    def extends(done, states):
        if all(i in done or operations[i].is_unknown for i in every):
            return True
        here = done, tuple(sorted(states.items(), key=repr))
        if here in failed:
            return False
        for i in every:
            if i in done or any(must_precede(j, i) and j not in done for j in every):
                continue
            key = operations[i].key
            right, after = model.step(states.get(key, model.initial), operations[i])
            if right and extends(done | {i}, {**states, key: after}):
                return True
        failed.add(here)
        return False

    return extends(frozenset(), {})


def causal(operations):
    """Causal memory: for each client, all writes and its reads in an order that keeps the causal order."""
    for sources in _every_choice_of_sources(operations):
        after = _causal_order(operations, sources)
        if after is not None:
            # Every write gets a value of its own, so that reads are from their sources and no other write.
            told = [
                replace(op, value=i)
                if op.operation == "write"
                else replace(op, result=START if sources[i] is START else sources[i])
                for i, op in enumerate(operations)
            ]
            present = _present(operations, sources)
            if all(
                _serial(
                    told,
                    [i for i in present if told[i].operation == "write" or told[i].client == client],
                    lambda a, b, after=after: after[a][b],
                )
                for client in _clients(operations)
            ):
                return True
    return False


def weakly_causal(operations):
    """Every read is of a write that is the newest, in causal order, of those before it."""
    for sources in _every_choice_of_sources(operations):
        after = _causal_order(operations, sources)
        if after is None:
            continue
        right = True
        for read, source in sources.items():
            seen = [i for i in _writes(operations, sources, operations[read].key) if after[i][read]]
            if source is START:
                right = right and not seen
            else:
                right = right and not any(after[source][i] for i in seen)
        if right:
            return True
    return False


def causally_convergent(operations):
    """Every read is of the newest write before it, in one order of all writes that keeps the causal order."""
    for sources in _every_choice_of_sources(operations):
        after = _causal_order(operations, sources)
        if after is None:
            continue
        writes = [i for i in _present(operations, sources) if operations[i].operation == "write"]
        for order in permutations(writes):
            rank = {write: number for number, write in enumerate(order)}
            if any(after[a][b] and rank[a] > rank[b] for a in writes for b in writes):
                continue
            if all(
                max(
                    (i for i in writes if after[i][read] and operations[i].key == operations[read].key),
                    key=rank.__getitem__,
                    default=START,
                )
                == source
                for read, source in sources.items()
            ):
                return True
    return False


def fifo(operations):
    """For each client, all writes and its reads in an order that keeps each client's own order."""
    unknown = [i for i, op in enumerate(operations) if op.is_unknown]
    first = _program_order(operations)
    for count in range(len(unknown) + 1):
        for happened in combinations(unknown, count):
            if all(
                _serial(
                    operations,
                    [
                        i
                        for i, op in enumerate(operations)
                        if (op.operation == "write" and (not op.is_unknown or i in happened))
                        or (op.operation == "read" and op.client == client)
                    ],
                    lambda a, b: (a, b) in first,
                )
                for client in _clients(operations)
            ):
                return True
    return False


def read_your_writes(operations):
    """Some choice of sources, and an order of writes per client, lets reads see all own earlier writes."""
    return any(
        all(
            not _reads_ahead(operations, sources, client)
            and _explains(operations, sources, client, order="own", own=True)
            for client in _clients(operations)
        )
        for sources in _every_choice_of_sources(operations)
    )


def monotonic_reads(operations):
    """Some choice of sources, and an order of writes per client, lets reads see what earlier reads saw."""
    return any(
        all(
            not _reads_ahead(operations, sources, client)
            and _explains(operations, sources, client, order="own", remembers=True)
            for client in _clients(operations)
        )
        for sources in _every_choice_of_sources(operations)
    )


def monotonic_writes(operations):
    """A client that does not forget can also see the writes of each client in their order, none left out."""
    return _keeps(operations, "writes")


def writes_follow_reads(operations):
    """A client that does not forget can also see, with each write and before it, what its writer had read."""
    return _keeps(operations, "reads")


def _keeps(operations, order):
    choices = list(_every_choice_of_sources(operations))
    return bool(choices) and all(
        any(_explains(operations, sources, client, order, remembers=True, along=True) for sources in choices)
        or not any(_explains(operations, sources, client, "", remembers=True) for sources in choices)
        for client in _clients(operations)
    )


def _explains(operations, sources, client, order, own=False, remembers=False, along=False):
    """Whether some order of all writes explains what one client read."""
    present = _present(operations, sources)
    writes = [i for i in present if operations[i].operation == "write"]
    steps = set()
    for a, b in _program_order(operations):
        if a not in present or b not in writes:
            continue
        if a in writes and order in ("own", "writes"):
            steps.add((a, b))
        read = a in sources and sources[a] is not START
        if read and (order == "reads" or (order == "own" and operations[a].client == client)):
            steps.add((sources[a], b))
    after = _closure(len(operations), steps)
    if any(after[i][i] for i in writes):
        return False
    return any(
        _sees_newest(operations, sources, client, sequence, after, own, remembers, along)
        for sequence in permutations(writes)
        if not any(after[a][b] for b, a in combinations(sequence, 2))
    )


def _sees_newest(operations, sources, client, sequence, after, own, remembers, along):
    rank = {write: number for number, write in enumerate(sequence)}
    seen = set()
    for i, op in enumerate(operations):
        if op.client != client:
            continue
        if op.operation == "write":
            if own and not op.is_unknown:
                seen.add(i)
            continue
        visible = set(seen)
        if sources[i] is not START:
            visible.add(sources[i])
            if along:
                visible |= {write for write in sequence if after[write][sources[i]]}
        if remembers:
            seen = set(visible)
        on_key = [write for write in visible if operations[write].key == op.key]
        if max(on_key, key=rank.__getitem__, default=START) != sources[i]:
            return False
    return True


def _reads_ahead(operations, sources, client):
    """Whether the client reads what can only have been written later."""
    present = _present(operations, sources)
    own = {i for i in present if operations[i].operation == "write" or operations[i].client == client}
    steps = {(a, b) for a, b in _program_order(operations) if a in own and b in own}
    steps |= {
        (source, read)
        for read, source in sources.items()
        if source is not START and operations[read].client == client
    }
    after = _closure(len(operations), steps)
    return any(after[i][i] for i in range(len(operations)))


def _clients(operations):
    return sorted({op.client for op in operations})


def _program_order(operations):
    return {
        (a, b)
        for a, b in combinations(range(len(operations)), 2)
        if operations[a].client == operations[b].client and not operations[a].is_unknown
    }


def _every_choice_of_sources(operations):
    reads = [i for i, op in enumerate(operations) if op.operation == "read"]
    candidates = []
    for read in reads:
        key, result = operations[read].key, operations[read].result
        found = [
            i
            for i, op in enumerate(operations)
            if op.operation == "write" and (op.key, op.value) == (key, result)
        ]
        candidates.append([*found, START] if result is None else found)
    for choice in product(*candidates):
        yield dict(zip(reads, choice, strict=True))


def _present(operations, sources):
    """Everything but the unknown writes that nobody read."""
    read = set(sources.values())
    return {i for i, op in enumerate(operations) if op.operation == "read" or not op.is_unknown or i in read}


def _writes(operations, sources, key):
    return [
        i
        for i in _present(operations, sources)
        if operations[i].operation == "write" and operations[i].key == key
    ]


def _causal_order(operations, sources):
    present = _present(operations, sources)
    steps = {(a, b) for a, b in _program_order(operations) if a in present and b in present}
    steps |= {(source, read) for read, source in sources.items() if source is not START}
    after = _closure(len(operations), steps)
    return None if any(after[i][i] for i in range(len(operations))) else after


def _closure(size, steps):
    after = [[(a, b) in steps for b in range(size)] for a in range(size)]
    for middle, a, b in product(range(size), repeat=3):
        after[a][b] = after[a][b] or (after[a][middle] and after[middle][b])
    return after


def _serial(operations, members, must_precede):
    """Whether the members, reads and writes, have an order in which every read finds what it returned."""

    def extends(done, values):
        if len(done) == len(members):
            return True
        for i in members:
            if i in done or any(must_precede(j, i) and j not in done for j in members if j != i):
                continue
            op = operations[i]
            if op.operation == "write":
                if extends(done | {i}, {**values, op.key: op.value}):
                    return True
            elif values.get(op.key) == op.result and extends(done | {i}, values):
                return True
        return False

    return extends(frozenset(), {})
