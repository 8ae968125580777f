"""What every story of the demo shares: how it speaks, and a mesh of two workloads."""
import os
import threading

from mesh import HERE, Failed, free_port, get, wait_for

BACKENDS = {"backend-1": "127.0.0.2", "backend-2": "127.0.0.3"}
PROXIES = ["web-1-proxy", "backend-1-proxy", "backend-2-proxy"]


def say(text=""):
    print(text, flush=True)


def step(number, text):
    say(f"\n{number}. {text}")


def show(text):
    for line in text.strip().split("\n"):
        say("   | " + line)


def expect(condition, what):
    if not condition:
        raise Failed(what)


class Story:
    def __init__(self, mesh):
        self.mesh = mesh
        self.url = ""
        self.services = {}
        self.backend_port = 0

    def load(self, requests):
        self.mesh.start_load("load", self.url, "--requests", str(requests), "--concurrency", "4")
        report = self.mesh.finish_load("load")
        say(f"   requests sent {report['sent']}, answered {report['answered']}, success {report['successPercent']:.1f} %"
            f"   (statuses {', '.join(f'{s}: {n}' for s, n in report['statuses'].items())};"
            f" p50 {report['p50Ms']:.2f} ms, p99 {report['p99Ms']:.2f} ms)")
        return report

    def unharmed(self, load):
        """Not a request of it was lost, not a connection broken."""
        expect(load["resets"] == 0 and load["notConnected"] == 0, f"a connection was reset: {load}")
        expect(load["sent"] == load["answered"], f"requests were lost: {load}")

    def same_processes(self, before):
        expect(all(self.mesh.alive(name) for name in PROXIES) and before == self.proxies(), "a proxy was restarted")

    def proxies(self):
        return [self.mesh.pid(name) for name in PROXIES]

    def weftctl(self, *arguments):
        shown = " ".join(os.path.basename(a) if a.endswith(".yaml") else a for a in arguments)
        say(f"   $ weftctl {shown}")
        output = self.mesh.weftctl(*arguments)
        show(output)
        return output

    def weftctl_command(self):
        return f"{self.mesh.programs['weftctl']} --config-file {self.mesh.folder}/weftctl.yaml"

    def stay(self, number, *commands):
        step(number, "It stays up. Try these, or press Ctrl-C")
        for command in commands:
            say(f"   {command}")
        threading.Event().wait()

    def behave(self, settings):
        for name in BACKENDS:
            get(f"http://127.0.0.1:{self.services[name]}/behave?{settings}", data=b"")

    def control_plane(self):
        step(1, "The control plane")
        self.mesh.start_control_plane()
        cp = self.mesh.cp
        expect(os.path.exists(os.path.join(cp["work"], "weft.db")), "the store weft.db is not there")
        say(f"   weft-cp (process {self.mesh.pid('weft-cp')}) is up after {cp['started_ms']:.0f} ms: API {cp['url']},"
            f" proxies https://127.0.0.1:{cp['dp']}")
        say(f"   its store is a file (SQLite): {cp['work']}/weft.db; its CA it made itself: {cp['work']}/ca.crt")

    def workloads(self):
        step(2, "Two workloads: web, and backend in two instances. Each is a service with a weft-proxy beside it")
        port = free_port("127.0.0.2")
        for name, address in BACKENDS.items():
            self.services[name] = self.mesh.start_service(name)
            self.ready(name, "backend", "backend.yaml", address=address, port=port, servicePort=self.services[name])
        self.backend_port = port
        self.url = self.caller("web", "127.0.0.4")
        names = set()

        def both_answer():
            answer = get(self.url)
            if answer and answer[0] == 200:
                names.add(answer[2].split('"')[3])
            return names == set(BACKENDS)
        wait_for("web reaches both instances of backend", both_answer)
        say(f"   web reaches backend through its proxy at {self.url}: {' and '.join(sorted(names))} answer")

    def caller(self, workload, address):
        """Starts one instance of a workload that calls backend; the URL at which it reaches it."""
        name, outbound = workload + "-1", free_port()
        self.services[name] = self.mesh.start_service(name)
        self.ready(name, workload, "caller.yaml", address=address, port=free_port(address), servicePort=self.services[name],
                   outboundPort=outbound, backendPort=self.backend_port)
        return f"http://127.0.0.1:{outbound}/"

    def ready(self, name, workload, dataplane, **variables):
        milliseconds = self.mesh.start_proxy(name, workload, dataplane, **variables)
        say(f"   {name}: service {self.mesh.pid(name)}, proxy {self.mesh.pid(name + '-proxy')}, ready after {milliseconds:.0f} ms")
