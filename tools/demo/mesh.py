"""The processes of the demo: started on free ports, watched, ended by pid."""
import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.realpath(__file__))
PATHS = {"weft-cp": "control-plane/weft-cp", "weft-proxy": "proxy/weft-proxy", "weftctl": "tools/weftctl/weftctl",
         "weft-sample": "tools/sample/weft-sample"}
START_SECONDS = 30


class Failed(Exception):
    """Something the demo says did not hold."""


def free_port(address="127.0.0.1"):
    """Outside the range from which the kernel serves connections, so that nobody takes it before we do."""
    for _ in range(1000):
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError:
                continue
    raise Failed("no free port")


def wait_for(what, condition, seconds=START_SECONDS):
    """The first true value of condition()."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise Failed(f"{what}: not within {seconds} s")


def get(url, data=None):
    """Status, headers and body of an answer, whatever the status; None when nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()
    except OSError:
        return None


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Mesh:
    """Everything the demo started. close() ends it, in the opposite order."""

    def __init__(self, programs, folder):
        self.programs = {name: os.path.join(programs, path) for name, path in PATHS.items()}
        self.folder = folder
        self.children = {}
        self.cp = {}
        for path in self.programs.values():
            if not os.access(path, os.X_OK):
                raise Failed(f"{path} is missing: tools/dev build")

    def start(self, name, program, *arguments, **environment):
        log = open(os.path.join(self.folder, name + ".log"), "wb")
        child = subprocess.Popen([self.programs[program], *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                 env={**os.environ, **environment}, preexec_fn=die_with_parent)
        log.close()
        self.children[name] = child
        return child

    def pid(self, name):
        return self.children[name].pid

    def log(self, name):
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def alive(self, name):
        if self.children[name].poll() is not None:
            raise Failed(f"{name} ended with {self.children[name].returncode}:\n{self.log(name)}")
        return True

    def ports(self, name, folder):
        """What the program wrote when all its ports were open."""
        path = os.path.join(folder, "ports.json")

        def read():
            self.alive(name)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as f:
                    return json.load(f)
            return None
        return wait_for(f"{name} opens its ports", read)

    def weftctl(self, *arguments):
        """Output of the command; a failure is the demo's failure."""
        config = os.path.join(self.folder, "weftctl.yaml")
        done = subprocess.run([self.programs["weftctl"], "--config-file", config, *arguments], capture_output=True, text=True,
                              timeout=120, check=False)
        if done.returncode != 0:
            raise Failed(f"weftctl {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def start_control_plane(self):
        work = os.path.join(self.folder, "cp")
        begin = time.monotonic()
        self.start("weft-cp", "weft-cp", "run", "--work-dir", work, "--api-port", "0", "--dp-port", "0", "--diagnostics-port", "0",
                   "--api-interface", "127.0.0.1")
        self.cp = self.ports("weft-cp", work)
        self.cp["started_ms"] = (time.monotonic() - begin) * 1000
        self.cp["work"] = work
        self.cp["url"] = f"http://127.0.0.1:{self.cp['api']}"
        self.weftctl("config", "control-planes", "add", "--name", "demo", "--address", self.cp["url"])

    def start_service(self, name):
        """Returns the port the service listens on."""
        port_file = os.path.join(self.folder, name + ".port")
        self.start(name, "weft-sample", "serve", "--name", name, "--port-file", port_file)
        wait_for(f"{name} listens", lambda: self.alive(name) and os.path.exists(port_file))
        with open(port_file, encoding="utf-8") as f:
            return int(f.read())

    def start_proxy(self, name, workload, dataplane, **variables):
        """`dataplane`: the file that describes it. Milliseconds until the proxy was ready."""
        token = os.path.join(self.folder, name + ".token")
        with open(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as f:
            f.write(self.weftctl("generate", "dataplane-token", "--name", name, "--workload", workload, "--valid-for", "24h"))
        work = os.path.join(self.folder, name + "-proxy")
        arguments = []
        for key, value in {"name": name, "workload": workload, **variables}.items():
            arguments += ["--dataplane-var", f"{key}={value}"]
        proxy = name + "-proxy"
        begin = time.monotonic()
        self.start(proxy, "weft-proxy", "run", f"--cp-address=https://127.0.0.1:{self.cp['dp']}",
                   "--ca-cert-file=" + os.path.join(self.cp["work"], "ca.crt"), "--dataplane-token-file=" + token,
                   "--dataplane-file=" + os.path.join(HERE, dataplane), *arguments, "--work-dir=" + work,
                   "--concurrency=1", KUMA_READINESS_PORT="0")
        ready = f"http://127.0.0.1:{self.ports(proxy, work)['readiness']}/ready"

        def is_ready():
            self.alive(proxy)
            answer = get(ready)
            return answer and answer[0] == 200
        wait_for(f"{proxy} is ready", is_ready)
        return (time.monotonic() - begin) * 1000

    def start_load(self, name, url, *arguments):
        """Load in the background; read its report with finish_load."""
        child = subprocess.Popen([self.programs["weft-sample"], "load", "--json", "--url", url, *arguments], text=True,
                                 stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        self.children[name] = child

    def finish_load(self, name, stop=False):
        child = self.children.pop(name)
        if stop:
            child.send_signal(signal.SIGTERM)
        report, _ = child.communicate(timeout=120)
        if child.returncode != 0:
            raise Failed(f"the load client failed ({child.returncode})")
        return json.loads(report)

    def close(self):
        for child in reversed(self.children.values()):
            child.send_signal(signal.SIGTERM)
        for name, child in reversed(self.children.items()):
            try:
                # A proxy drains first: nobody uses it any more, so a second signal makes it go now.
                child.wait(timeout=3)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL if name.startswith("weft-cp") else signal.SIGTERM)
                try:
                    child.wait(timeout=2)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
