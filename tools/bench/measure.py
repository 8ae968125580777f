"""What the kernel counts about a process: CPU time of all its threads, memory of its own; and the arithmetic on samples."""

import math
import os
import statistics
from pathlib import Path


def cpu_seconds(pids):
    """CPU time so far of every thread of `pids`. Time of threads that have ended is lost; benchmarks keep theirs."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
    return total / 1e9


def own_memory_kb(pid):
    """Anonymous resident memory: what the process would free by ending, without pages of programs and libraries."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def percentile(samples, share):
    """The smallest sample that at least `share` of all do not exceed."""
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


def spread(samples):
    """How much a figure moved between rounds, as a share of the median: half the distance between the quartiles, or, of fewer
    than five rounds, which have none worth the name, between the least and the greatest."""
    if len(samples) < 5:
        low, high = min(samples), max(samples)
    else:
        low, _, high = statistics.quantiles(samples, n=4)
    middle = statistics.median(samples)
    return (high - low) / 2 / middle if middle > 0 else 0.0


def pin(core):
    """For subprocess' preexec_fn: keeps a program and all its threads on one core."""
    return (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
