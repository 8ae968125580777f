"""Drives weft-bench-load: load generator and backend in one process (tools/bench/load)."""

import json
import subprocess

from programs import Failed, built


class Load:
    def __init__(self, folder, core=None, build="release", certificates=None):
        command = [built("weft-bench-load", build)] + (["--cpu", core] if core is not None else [])
        if certificates:
            command += ["--certificate", certificates.certificate, "--key", certificates.key, "--authority", certificates.authority]
        self.program = folder.start("load", command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ports = self._event("listening")
        self.backend_port, self.tls_backend_port = ports["port"], ports["tls_port"]

    def start(self, port, **options):
        """Begins a load on 127.0.0.1:port; returns when its warm-up is over. Options as in load/command.h."""
        self._send("load", port, options)
        self._event("measuring")

    def finish(self):
        """The report of the load that was started, when it has ended."""
        return self._event("done")

    def stop(self):
        self._line("stop")
        return self.finish()

    def run(self, port, **options):
        self.start(port, **options)
        return self.finish()

    def hold(self, port, connections, **options):
        """Opens connections that make one request each and then stay idle until release()."""
        self._send("hold", port, {"connections": connections, **options})
        self._event("measuring")
        return self.finish()

    def release(self):
        """Closes the held connections; how many the other side had closed before."""
        self._line("release")
        return self._event("released")["lost"]

    def _send(self, verb, port, options):
        words = " ".join(f"{name}={value}" for name, value in options.items())
        self._line(f"{verb} target=127.0.0.1:{port} {words}")

    def _line(self, line):
        self.program.stdin.write(line.encode() + b"\n")
        self.program.stdin.flush()

    def _event(self, wanted):
        line = self.program.stdout.readline()
        if not line:
            raise Failed("the load process ended")
        event = json.loads(line)
        if event["event"] != wanted:
            raise Failed(f"load process: expected {wanted}, got {line.decode().strip()}")
        return event
