"""Identities, mutual TLS and permissions, switched on in a mesh that serves requests meanwhile."""
import json
import os
import socket

from mesh import HERE, get, wait_for
from story import Story, expect, say, show, step

FOLDER = os.path.join(HERE, "zero-trust")


def plain_answer(address, port):
    """What a caller hears who speaks HTTP without TLS to the port of a sidecar."""
    with socket.create_connection((address, port), timeout=10) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: backend\r\nConnection: close\r\n\r\n")
        answer = b""
        try:
            while piece := caller.recv(4096):
                answer += piece
        except ConnectionResetError:
            pass
    return answer.decode(errors="replace")


class ZeroTrust(Story):
    batch_url = ""

    def apply(self, *names):
        for name in names:
            output = self.weftctl("apply", "-f", os.path.join(FOLDER, name), "--wait")
            expect("active on " in output, f"{name} is not active everywhere")

    def callers(self):
        step(3, "A third workload, batch. Nothing is protected yet: both call backend in clear text")
        self.batch_url = self.caller("batch", "127.0.0.5")
        self.call("web", self.url, 200)
        self.call("batch", self.batch_url, 200)

    def call(self, name, url, expected):
        status, headers, body = get(url) or (0, {}, "no answer")
        reason = headers.get("x-weft-reason")
        say(f"   {name} calls backend: {status}" + (f", x-weft-reason: {reason}; {body.strip()}" if status != 200 else ""))
        expect(status == expected, f"expected {expected}, got {status}: {body}")
        return reason

    def identities(self):
        step(4, "Everybody gets an identity, in the order that never breaks: a permission first, then certificates while plain")
        say("   traffic is still taken, and strict when all services speak TLS. web sends 300 requests a second meanwhile")
        before = self.proxies()
        self.mesh.start_load("background", self.url, "--rate", "300", "--concurrency", "8")
        self.apply("web-may-call-backend.yaml", "permissive.yaml", "identity.yaml")
        wait_for("backend speaks mutual TLS", self.backend_is_ready_for_tls)
        wait_for("everybody has a certificate", lambda: "no certificate" not in self.mesh.weftctl("inspect", "identities"))
        self.weftctl("inspect", "identities")
        self.weftctl("delete", "meshtls", "permissive", "--wait")
        during = self.mesh.finish_load("background", stop=True)
        self.unharmed(during)
        self.same_processes(before)
        expect(during["successPercent"] == 100, f"the success rate was {during['successPercent']} %, not 100 %")
        say(f"   {during['sent']} requests were sent meanwhile, {during['answered']} answered with 200; no proxy was restarted")

    def backend_is_ready_for_tls(self):
        service = json.loads(self.mesh.weftctl("get", "meshservice", "backend", "-o", "json"))
        return service.get("status", {}).get("tls", {}).get("status") == "Ready"

    def permissions(self):
        step(5, "Who may call backend, and why not")
        self.call("web", self.url, 200)
        reason = self.call("batch", self.batch_url, 403)
        expect(bool(reason), "the 403 does not say why")
        answer = plain_answer("127.0.0.2", self.backend_port)
        say("   somebody without a certificate, straight to the sidecar's port:")
        show(answer.split("\r\n\r\n")[-1] if answer else "(closed)")
        expect(" 200 " not in answer.split("\r\n")[0], "a caller without an identity was served")

    def change(self):
        step(6, "A permission is a policy like any other: applied, active, and back")
        self.apply("batch-may-call-backend.yaml")
        self.call("batch", self.batch_url, 200)
        self.weftctl("delete", "meshtrafficpermission", "batch-may-call-backend", "--wait")
        self.call("batch", self.batch_url, 403)

    def verify(self):
        step(7, "A real connection through both sidecars, looked at")
        self.weftctl("verify", "mtls", "web-1", "backend-1")

    def run(self, once):
        say("Weft: zero trust, switched on under load. Everything below is happening on this machine.")
        self.control_plane()
        self.workloads()
        self.callers()
        self.identities()
        self.permissions()
        self.change()
        self.verify()
        if once:
            step(8, "All of the above held")
        else:
            ctl = self.weftctl_command()
            self.stay(8, f"curl -i {self.batch_url}", f"{ctl} inspect identities", f"{ctl} trust rotate identity")
