"""Drives weft-bench-streams: many proxies' configuration streams in one process (tools/bench/streams)."""

import re
import subprocess

from programs import Failed, built


class LightClients:
    """Connects `count` clients when made, and returns when each has its configuration; `seconds` says how long that took."""

    def __init__(self, folder, mesh, count, services, outbounds, build="release", certificates=False):
        self.folder = folder
        token = folder.path / "light-token"
        token.write_text(mesh.token(""))
        command = [built("weft-bench-streams", build), "--address", f"127.0.0.1:{mesh.ports['dp']}"]
        command += ["--ca", mesh.work_dir / "ca.crt", "--token", token]
        command += ["--count", count, "--services", services, "--outbounds", outbounds]
        command += ["--certificates"] if certificates else []
        self.program = folder.start("light-clients", command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.program.pid
        line = self.program.stdout.readline().decode()
        configured = re.match(r"(\d+) clients configured in (\d+) ms", line)
        if configured is None or int(configured[1]) != count:
            raise Failed(f"light clients: {line.strip()}\n{folder.log_tail('light-clients')}")
        self.seconds = int(configured[2]) / 1e3
        self.certificate_seconds = self._certificates() if certificates else None

    def _certificates(self):
        line = self.program.stdout.readline().decode()
        held = re.match(r"\d+ clients hold a certificate after (\d+) ms", line)
        if held is None:
            raise Failed(f"light clients: {line.strip()}\n{self.folder.log_tail('light-clients')}")
        return int(held[1]) / 1e3

    def end(self):
        self.program.stdin.close()
        self.program.wait(30)
