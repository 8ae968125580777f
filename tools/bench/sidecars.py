"""Weft as users run it, ready to be measured: a control plane with a fresh mesh and its default policies on the load's core, real
sidecars on the core under test."""

import certificates
from mesh import Mesh
from peers import Chain
from programs import free_port


class Caller:
    """One sidecar beside a caller, no TLS: an outbound to the backend for each protocol a service of it declares."""

    def __init__(self, folder, load, build, cores, protocols):
        mesh = Mesh(folder, build, cores[0])
        outbounds = []
        self.ports = {}
        for protocol in protocols:
            service = f"backend-{protocol}"
            mesh.register(mesh.dataplane(f"{service}-1", service, inbound=(load.backend_port, None), protocol=protocol))
            mesh.wait_for_service(service)
            self.ports[protocol] = free_port()
            outbounds.append((self.ports[protocol], service, load.backend_port))
        self.proxy = mesh.start_proxy(mesh.dataplane("client-1", "client", outbounds=outbounds), cores[1])
        self.proxy.wait_ready()

    def at(self, protocol):
        return Chain("weft", self.ports[protocol], [self.proxy], ends=False)


class Pair:
    """A mesh with an identity whose authority made the load's certificate too, one sidecar before the service and one beside its
    caller. The load process is a workload of the mesh: caller of the first, service behind the second."""

    def __init__(self, folder, load, build, cores, files):
        mesh = Mesh(folder, build, cores[0])
        allowed = {"type": "Prefix", "value": f"spiffe://{certificates.TRUST_DOMAIN}/workload"}
        rules = [{"default": {"allow": [{"spiffeID": allowed}]}}]
        mesh.put_policy("meshtrafficpermissions", "MeshTrafficPermission", "all", {"rules": rules})
        mesh.put_policy("meshidentities", "MeshIdentity", "identity", certificates.identity(files))
        self.server_port, self.client_port, self.pair_port = free_port(), free_port(), free_port()
        server = mesh.dataplane("server-1", "server", inbound=(self.server_port, load.backend_port))
        self.server = mesh.start_proxy(server, cores[1])
        self.server.wait_ready()
        mesh.register(mesh.dataplane("load-1", certificates.WORKLOAD, inbound=(load.tls_backend_port, None)))
        for service in ("server", certificates.WORKLOAD):
            mesh.wait_for_tls(service)
        to_load = (self.client_port, certificates.WORKLOAD, load.tls_backend_port)
        outbounds = [to_load, (self.pair_port, "server", self.server_port)]
        self.client = mesh.start_proxy(mesh.dataplane("client-1", "client", outbounds=outbounds), cores[1])
        self.client.wait_ready()

    def before_service(self):
        return Chain("weft", self.server_port, [self.server], ends=False)

    def beside_caller(self):
        return Chain("weft", self.client_port, [self.client], ends=False)

    def both(self):
        return Chain("weft", self.pair_port, [self.client, self.server], ends=False)
