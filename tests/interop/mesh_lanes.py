"""The ways a suite takes to its servers: straight, through the service's sidecar, through two sidecars with mutual TLS.

One mesh of real processes serves them all. The servers listen already; each is an inbound of one workload, `backend`, and an
outbound of another, `caller`.
"""
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
DEMO = os.path.join(HERE, "..", "..", "tools", "demo")
sys.path.insert(0, DEMO)
from mesh import Mesh, free_port, wait_for  # noqa: E402

LANES = ("direct", "one", "two")
BACKEND, CALLER = "127.0.0.2", "127.0.0.3"
PERMISSION = """
type: MeshTrafficPermission
mesh: default
name: everybody
spec:
  rules:
  - default:
      allow:
      - spiffeID: {type: Prefix, value: "spiffe://demo.mesh.local/workload"}
"""


class Lanes:
    """close() ends what was started."""

    def __init__(self, programs, servers, protocol):
        """`servers`: name -> port. `protocol`: of all of them, or name -> protocol."""
        self.servers = servers
        self.protocol = protocol
        # Unix sockets have short names: not below a long TMPDIR.
        self.folder = tempfile.mkdtemp(prefix="weft-interop-", dir="/tmp")
        self.mesh = Mesh(os.path.realpath(programs), self.folder)
        self.inbounds, self.outbounds = {}, {}

    def ports(self, lane):
        """Where the servers are reached on this lane: name -> address, port. Lanes are taken in their order."""
        if lane == "direct":
            return {name: ("127.0.0.1", port) for name, port in self.servers.items()}
        if not self.inbounds:
            self.start_backend()
        if lane == "one":
            return {name: (BACKEND, port) for name, port in self.inbounds.items()}
        if not self.outbounds:
            self.start_caller()
        return {name: ("127.0.0.1", port) for name, port in self.outbounds.items()}

    def dataplane(self, name, workload, address, inbounds, outbounds):
        document = {"type": "Dataplane", "mesh": "default", "name": name, "labels": {"kuma.io/workload": workload},
                    "networking": {"address": address, "inbound": inbounds, "outbound": outbounds}}
        path = os.path.join(self.folder, name + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(document, f)
        self.mesh.start_proxy(name, workload, path)

    def start_backend(self):
        self.mesh.start_control_plane()
        self.inbounds = {name: free_port(BACKEND) for name in self.servers}
        self.dataplane("backend-1", "backend", BACKEND, [
            {"name": name, "port": self.inbounds[name], "serviceAddress": "127.0.0.1", "servicePort": port, "protocol": self.protocol if isinstance(self.protocol, str) else self.protocol[name]}
            for name, port in self.servers.items()], [])

    def start_caller(self):
        self.mesh.weftctl("apply", "-f", os.path.join(DEMO, "zero-trust", "identity.yaml"))
        path = os.path.join(self.folder, "permission.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(PERMISSION)
        self.mesh.weftctl("apply", "-f", path)
        wait_for("the service terminates TLS", lambda: '"Ready"' in self.mesh.weftctl("get", "meshservices", "-o", "json"))
        self.outbounds = {name: free_port() for name in self.servers}
        self.dataplane("caller-1", "caller", CALLER, [], [
            {"address": "127.0.0.1", "port": port, "backendRef": {"kind": "MeshService", "name": "backend", "port": self.inbounds[name]}}
            for name, port in self.outbounds.items()])

    def logs(self):
        return {name: self.mesh.log(name) for name in self.mesh.children}

    def close(self):
        self.mesh.close()
        shutil.rmtree(self.folder, ignore_errors=True)
