"""System calls of a process per request, counted by strace over a fixed number of requests."""

import signal
import subprocess
import time

from programs import wait_until


def count(folder, pid, work):
    """Runs `work` while strace counts; {name: (calls, of them failed)} of every thread of `pid`."""
    path = folder.path / "strace.txt"
    tracer = subprocess.Popen(["strace", "-f", "-c", "-p", str(pid), "-o", str(path)], stderr=subprocess.PIPE)
    wait_until(lambda: _traced(pid), "strace attaches")
    time.sleep(0.2)  # its other threads are attached one after the other
    try:
        work()
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=20)
    return _parse(path.read_text())


def per_event(short, long, events):
    """Successful calls an event, and failed ones (EAGAIN mostly) under "name failed"."""
    result = {}
    for name, (calls, failed) in sorted(long.items()):
        calls_before, failed_before = short.get(name, (0, 0))
        result[name] = (calls - failed - calls_before + failed_before) / events
        result[f"{name} failed"] = (failed - failed_before) / events
    return {name: value for name, value in result.items() if value >= 0.005}


def _traced(pid):
    with open(f"/proc/{pid}/status") as status:
        return any(line.startswith("TracerPid:") and line.split()[1] != "0" for line in status)


def _parse(text):
    """Lines are "% time, seconds, usecs/call, calls, [errors,] syscall" between two rules."""
    counts = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) in (5, 6) and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] = (int(words[3]), int(words[4]) if len(words) == 6 else 0)
    return counts
