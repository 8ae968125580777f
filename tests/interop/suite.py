"""What the suites share: servers started and ended by pid, cases run and counted."""
import argparse
import subprocess
import sys

from mesh_lanes import LANES, Lanes
from mesh import die_with_parent, free_port, wait_for

CASE_SECONDS = 120


def options(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--programs", required=True, help="build folder that holds the programs")
    parser.add_argument("--lanes", default=",".join(LANES), help="of " + ", ".join(LANES))
    parser.add_argument("--only", default="", help="cases whose name holds this")
    return parser.parse_args()


def listening(port):
    """Looks at the kernel's table: a connection to try would be one the server sees."""
    with open("/proc/net/tcp", encoding="ascii") as v4, open("/proc/net/tcp6", encoding="ascii") as v6:
        lines = v4.readlines()[1:] + v6.readlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in lines)


class Suite:
    def __init__(self, title):
        self.title = title
        self.servers = []
        self.passed, self.failed = 0, []

    def serve(self, name, *command):
        """Starts a server; `{port}` in its command becomes a free port, which is returned once somebody listens there."""
        port = free_port()
        child = subprocess.Popen([word.replace("{port}", str(port)) for word in command], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.servers.append(child)
        wait_for(f"{name} listens", lambda: child.poll() is not None or listening(port))
        if child.poll() is not None:
            sys.exit(f"{name} ended with {child.returncode}")
        return port

    def run(self, lane, name, command):
        """One case is one run of a client."""
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=CASE_SECONDS, check=False)
            ok, output = done.returncode == 0, done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            ok, output = False, f"not within {CASE_SECONDS} s\n{late.stdout}{late.stderr}"
        print(f"{'ok    ' if ok else 'FAILED'} {lane:6} {name}", flush=True)
        if ok:
            self.passed += 1
        else:
            self.failed.append(f"{lane} {name}\n{output}")

    def close(self):
        for child in self.servers:
            child.terminate()
        for child in self.servers:
            child.wait()

    def report(self):
        for failure in self.failed:
            print(f"\nFAILED {failure}")
        print(f"{self.title}: {self.passed} passed, {len(self.failed)} failed")
        return 1 if self.failed or not self.passed else 0


def run(title, settings, protocol, start_servers, cases):
    """`start_servers(suite)`: name -> port. `cases(ports)`: (name, command) pairs. The exit code."""
    suite = Suite(title)
    lanes = None
    try:
        lanes = Lanes(settings.programs, start_servers(suite), protocol)
        for lane in settings.lanes.split(","):
            failed = len(suite.failed)
            for name, command in cases(lanes.ports(lane)):
                if settings.only in name:
                    suite.run(lane, name, command)
            if len(suite.failed) > failed:
                for name, log in lanes.logs().items():
                    print(f"---- {name}\n{log[-4000:]}")
    finally:
        if lanes is not None:
            lanes.close()
        suite.close()
    return suite.report()
