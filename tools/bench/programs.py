"""Starting and ending programs in a folder of their own. Every program is ended by its process id when the scope is left."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """A benchmark can't go on; the text is for the person who started it."""


def built(name, build="release"):
    """Path of one of our programs; says how to build it when it is missing."""
    places = {"weft-proxy": "proxy", "weft-cp": "control-plane"}
    places |= {"weft-bench-load": "tools/bench/load", "weft-bench-streams": "tools/bench/streams"}
    path = ROOT / "build" / build / places[name] / name
    if not path.exists():
        raise Failed(f"{path} is missing: cmake --preset {build} && ninja -C build/{build} {' '.join(places)}")
    return path


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_until(condition, what, seconds=20, pause=0.01):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(pause)
    return value


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def http_get(port, path, timeout=5):
    """(status, body); (0, "") when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


class Folder:
    """A temporary folder and the programs started in it. Leaving the scope ends them and removes the folder."""

    def __init__(self, keep=False):
        self.path = Path(tempfile.mkdtemp(prefix="weft-bench-"))
        self.keep = keep
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for program in reversed(self.started):
            end(program)
        if self.keep:
            print(f"logs are in {self.path}", file=sys.stderr)
        else:
            shutil.rmtree(self.path, ignore_errors=True)

    def start(self, name, command, core=None, environment=None, **pipes):
        """Starts a program, its output in NAME.log of the folder."""
        log = open(self.path / f"{name}.log", "ab")
        pipes.setdefault("stdout", log)
        program = subprocess.Popen(
            [str(word) for word in command],
            stderr=log,
            preexec_fn=measure.pin(core),
            env={**os.environ, **(environment or {})},
            **{"stdin": subprocess.DEVNULL, **pipes},
        )
        log.close()
        self.started.append(program)
        return program

    def log_tail(self, name, lines=15):
        return "\n".join((self.path / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])


def end(program, seconds=3):
    if program.poll() is not None:
        return
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(seconds)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
