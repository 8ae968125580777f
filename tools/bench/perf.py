"""Where a proxy's time goes: `perf record` while a scene runs once more, the profile kept below build/bench/perf."""

import shutil
import subprocess
import sys
import time

from programs import ROOT, Failed

TOP = 40


def record(name, proxy, work):
    """Prints the functions that cost most; the file is for `perf report -i`."""
    if not shutil.which("perf"):
        raise Failed("perf is not installed: apt-get install linux-perf")
    folder = ROOT / "build" / "bench" / "perf"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace(' ', '-')}.data"
    pids = ",".join(map(str, proxy.pids()))
    recorder = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-g", "-p", pids, "-o", path])
    time.sleep(0.3)  # it attaches
    work()
    recorder.send_signal(2)
    recorder.wait(20)
    lines = _report(path, "dso") + [""] + _report(path, "dso,symbol")
    print(f"\n{name}: {path}", *lines[:TOP], sep="\n  ", file=sys.stderr)


def _report(path, key):
    command = ["perf", "report", "-i", path, "--no-children", "--stdio", "-g", "none", "--percent-limit", "0.7", "--sort", key]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [line for line in found.splitlines() if line.strip() and not line.startswith("#")]
