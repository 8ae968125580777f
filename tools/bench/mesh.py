"""A mesh of real programs: weft-cp on free ports with a fresh store, and any number of weft-proxy processes that join it."""

import http.client
import json

from programs import Failed, built, http_get, wait_until


def control_plane_command(work_dir, build="release", diagnostics_port=0):
    command = [built("weft-cp", build), "run", "--work-dir", work_dir, "--api-interface", "127.0.0.1", "--log-level", "warn"]
    return command + ["--api-port", 0, "--dp-port", 0, "--diagnostics-port", diagnostics_port]


class Mesh:
    """A control plane and what a benchmark asks of its REST API. The mesh is `default`, with its default policies."""

    name = "default"

    def __init__(self, folder, build="release", core=None):
        self.folder, self.build = folder, build
        self.work_dir = folder.path / "cp"
        self.work_dir.mkdir()
        command = control_plane_command(self.work_dir, build)
        self.program = folder.start("weft-cp", command, core)
        self.ports = self._ports(self.program, self.work_dir, "weft-cp")
        self._connection = http.client.HTTPConnection("127.0.0.1", self.ports["api"], timeout=70)
        wait_until(lambda: self.get(f"/meshes/{self.name}")[0] == 200, "mesh 'default' exists")

    def request(self, method, path, body=None):
        """(status, headers, body as text)."""
        content = json.dumps(body) if body is not None else None
        self._connection.request(method, path, content, {"Content-Type": "application/json"} if content else {})
        answer = self._connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def get(self, path):
        status, _, body = self.request("GET", path)
        return status, body

    def put(self, path, resource):
        """Creates or replaces; the revision of the write."""
        status, headers, body = self.request("PUT", path, resource)
        if status not in (200, 201):
            raise Failed(f"PUT {path}: {status} {body}")
        return int(headers["x-weft-revision"])

    def delete_policy(self, collection, name):
        status, headers, body = self.request("DELETE", f"/meshes/{self.name}/{collection}/{name}")
        if status != 200:
            raise Failed(f"DELETE {collection}/{name}: {status} {body}")
        return int(headers["x-weft-revision"])

    def put_policy(self, collection, kind, name, spec):
        path = f"/meshes/{self.name}/{collection}/{name}"
        return self.put(path, {"type": kind, "mesh": self.name, "name": name, "spec": spec})

    def delivery(self, revision, wait="30s"):
        """Waits until every connected proxy is active at `revision`; the control plane's account of it."""
        status, body = self.get(f"/meshes/{self.name}/_delivery?revision={revision}&wait={wait}")
        if status != 200:
            raise Failed(f"_delivery: {status} {body}")
        return json.loads(body)

    def delivered(self, revision, proxies):
        """Milliseconds from the write to the last acknowledgement; fails when one is late or refused."""
        answer = self.delivery(revision)
        if answer["active"] < proxies or answer["late"] or answer["refused"]:
            raise Failed(f"revision {revision} is not active everywhere: {json.dumps(answer)[:600]}")
        return answer["elapsedMs"]

    def dataplane(self, name, workload, inbound=None, outbounds=(), address="127.0.0.1", protocol="http"):
        """A Dataplane document. `inbound`: (port, the application's port behind it or None when it is the application itself);
        `outbounds`: (port, service, the service's port)."""
        networking = {"address": address}
        if inbound is not None:
            port, application = inbound
            behind = {"serviceAddress": "127.0.0.1", "servicePort": application} if application else {}
            networking["inbound"] = [{"port": port, "protocol": protocol, **behind}]
        networking["outbound"] = [
            {"address": address, "port": port, "backendRef": {"kind": "MeshService", "name": service, "port": service_port}}
            for port, service, service_port in outbounds
        ]
        labels = {"kuma.io/workload": workload}
        return {"type": "Dataplane", "mesh": self.name, "name": name, "labels": labels, "networking": networking}

    def register(self, dataplane):
        """Stores a Dataplane without a proxy: an endpoint that is the application itself."""
        return self.put(f"/meshes/{self.name}/dataplanes/{dataplane['name']}", dataplane)

    def wait_for_service_of(self, dataplane):
        """Registers a Dataplane and waits for the service that follows from it."""
        self.register(dataplane)
        self.wait_for_service(dataplane["labels"]["kuma.io/workload"])

    def wait_for_service(self, name):
        path = f"/meshes/{self.name}/meshservices/{name}"
        wait_until(lambda: self.get(path)[0] == 200, f"MeshService {name} is generated")

    def wait_for_tls(self, name):
        """Waits until callers with an identity speak TLS to the service."""
        path = f"/meshes/{self.name}/meshservices/{name}"

        def ready():
            status, body = self.get(path)
            return status == 200 and json.loads(body).get("status", {}).get("tls", {}).get("status") == "Ready"

        wait_until(ready, f"MeshService {name} terminates TLS")

    def token(self, name, workload=None):
        """For the dataplane, or any; bound to the workload when one is named, as identities made of workloads demand."""
        request = {"name": name, "mesh": self.name, "validFor": "24h"} | ({"workload": workload} if workload else {})
        status, _, body = self.request("POST", "/tokens/dataplane", request)
        if status != 200:
            raise Failed(f"POST /tokens/dataplane: {status} {body}")
        return body

    def prepare_proxy(self, dataplane, core=None, readiness_port=0):
        """A proxy for a Dataplane with its token and files in place, not started."""
        return Proxy(self, dataplane, core, readiness_port)

    def start_proxy(self, dataplane, core=None):
        """Starts weft-proxy for a Dataplane; call wait_ready() on it before use."""
        return Proxy(self, dataplane, core, 0).start()

    def _ports(self, program, work_dir, log):
        def written():
            if program.poll() is not None:
                raise Failed(f"{log} ended at start:\n{self.folder.log_tail(log)}")
            return (work_dir / "ports.json").exists()

        wait_until(written, f"{log} is up", pause=0.002)
        return json.loads((work_dir / "ports.json").read_text())


class Proxy:
    def __init__(self, mesh, dataplane, core, readiness_port):
        self.mesh, self.name = mesh, dataplane["name"]
        self.work_dir = mesh.folder.path / self.name
        self.work_dir.mkdir()
        (self.work_dir / "token").write_text(mesh.token(self.name, dataplane["labels"]["kuma.io/workload"]))
        (self.work_dir / "dataplane.json").write_text(json.dumps(dataplane))
        self.core, self.readiness_port = core, readiness_port

    def start(self):
        command = [built("weft-proxy", self.mesh.build), "run", "--cp-address", f"https://127.0.0.1:{self.mesh.ports['dp']}"]
        command += ["--ca-cert-file", self.mesh.work_dir / "ca.crt", "--dataplane-token-file", self.work_dir / "token"]
        command += ["--dataplane-file", self.work_dir / "dataplane.json", "--work-dir", self.work_dir]
        command += ["--concurrency", 1, "--dns-enabled=false", "--log-level", "warn"]
        environment = {"KUMA_READINESS_PORT": str(self.readiness_port)}
        self.program = self.mesh.folder.start(self.name, command, self.core, environment)
        self.pid = self.program.pid
        return self

    def wait_ready(self, seconds=20):
        port = self.mesh._ports(self.program, self.work_dir, self.name)["readiness"]
        try:
            wait_until(lambda: http_get(port, "/ready")[0] == 200, f"{self.name} is ready", seconds)
        except Failed as failed:
            raise Failed(f"{failed}\n{self.mesh.folder.log_tail(self.name)}") from None
        return self

    def pids(self):
        return [self.pid]

    def log(self):
        return self.mesh.folder.log_tail(self.name)
