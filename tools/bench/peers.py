"""The proxies Weft is measured against, each as fast as its settings make it: one worker, keep-alive to both sides, no logs; and
with what a mesh's default policies ask for: connect and request timeouts, retries, and on Envoy breakers and outlier detection.
What the settings are: haproxy.py, nginx.py, envoy.py."""

import json
import re
import subprocess

import envoy
import haproxy
import measure
import nginx
from programs import Failed, accepts, built, end, free_port, wait_until


class Peer:
    """A started proxy: where it listens, which processes do its work."""

    def __init__(self, name, port, program, log=str):
        self.name, self.port, self.program, self.log = name, port, program, log

    def pids(self):
        return [self.program.pid] + measure.children(self.program.pid)

    def stop(self):
        end(self.program)


class Chain:
    """One proxy, or two behind each other, measured as one. `ends`: stop() ends it."""

    def __init__(self, name, port, parts, ends=True):
        self.name, self.port, self.parts, self.ends = name, port, parts, ends

    def pids(self):
        return [pid for part in self.parts for pid in part.pids()]

    def log(self):
        return "\n".join(part.log() for part in self.parts)

    def stop(self):
        for part in self.parts if self.ends else []:
            end(part.program)


def start_floor(folder, core, position):
    """A blind relay that knows no HTTP: what the kernel takes for two receives and two sends, and so the least possible."""
    program = folder.start("floor", [built("weft-bench-load"), "--relay-to", position.backend], core, stdout=subprocess.PIPE)
    return Peer("floor", json.loads(program.stdout.readline())["port"], program)


def start_haproxy(folder, core, position):
    return _start("haproxy", folder, core, position, haproxy, ["haproxy", "-db", "-f"])


def start_haproxy_splicing(folder, core, position):
    return _start("haproxy splice", folder, core, position.at(splice=True), haproxy, ["haproxy", "-db", "-f"])


def start_nginx(folder, core, position):
    return _start("nginx", folder, core, position, nginx, ["nginx", "-c"])


def start_envoy(folder, core, position):
    command = [envoy.program(), "--concurrency", 1, "-l", "error", "--use-dynamic-base-id", "-c"]
    return _start("envoy", folder, core, position, envoy, command)


STARTERS = {
    "floor": start_floor,
    "haproxy": start_haproxy,
    "haproxy splice": start_haproxy_splicing,
    "nginx": start_nginx,
    "envoy": start_envoy,
}


def start_pair(name, folder, core, position, files, between, label=None):
    """Two of one kind with mutual TLS between them, as `position` asks at the outer ends."""
    outer = position.at(tls=files)
    second = STARTERS[name](folder, core, outer.at(incoming=between, tls_in=True))
    first = STARTERS[name](folder, core, outer.at(backend=second.port, outgoing=between, tls_out=True))
    return Chain(label or name, first.port, [first, second])


def versions():
    def first(command, pattern):
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return "not installed"
        match = re.search(pattern, run.stdout + run.stderr)
        return match.group(1) if match else "unknown"

    return {
        "haproxy": first(["haproxy", "-v"], r"version (\S+)"),
        "nginx": first(["nginx", "-v"], r"nginx/(\S+)"),
        "envoy": first([envoy.program(), "--version"], r"/(\d+\.\d+\.\d+)"),
    }


def _start(name, folder, core, position, kind, command):
    port = free_port()
    log = f"{name.replace(' ', '-')}-{port}"
    path = folder.path / f"{log}.{'json' if kind is envoy else 'conf'}"
    path.write_text(kind.configuration(position, port, folder))
    try:
        program = folder.start(log, command + [path], core)
    except FileNotFoundError:
        raise Failed(f"{command[0]} is not installed: tools/dev setup bench") from None

    def listening():
        if program.poll() is not None:
            raise Failed(f"{name} ended at start:\n{folder.log_tail(log)}")
        return accepts(port)

    wait_until(listening, f"{name} listens")
    return Peer(name, port, program, lambda: folder.log_tail(log))
