"""The policy changes that the drivers make. Each call with another number makes another specification."""

# Of a mesh whose MeshIdentity does not say otherwise.
TRUST_DOMAIN = "default.default.mesh.local"


def timeout(number, service=None):
    """(collection, kind, spec) of a MeshTimeout for one service, or for every destination."""
    default = {"http": {"requestTimeout": f"{10 + number % 50}s"}, "idleTimeout": f"{60 + number % 997}m"}
    return "meshtimeouts", "MeshTimeout", _spec(service, default)


def retry(number, service=None):
    backoff = {"baseInterval": f"{10 + number % 89}ms", "maxInterval": f"{1000 + number % 997}ms"}
    return "meshretries", "MeshRetry", _spec(service, {"http": {"numRetries": 1 + number % 5, "backOff": backoff}})


def permission(everybody):
    """Who may talk to every proxy of the mesh: everybody with an identity, or nobody."""
    whom = [{"spiffeID": {"type": "Prefix", "value": f"spiffe://{TRUST_DOMAIN}/workload"}}]
    return "meshtrafficpermissions", "MeshTrafficPermission", {"rules": [{"default": {"allow" if everybody else "deny": whom}}]}


def identity():
    """(collection, kind, spec) of a MeshIdentity with an authority of its own, for every workload."""
    bundled = {"autogenerate": {"enabled": True}, "insecureAllowSelfSigned": True}
    spec = {"selector": {"dataplane": {"matchLabels": {}}}, "provider": {"type": "Bundled", "bundled": bundled}}
    return "meshidentities", "MeshIdentity", spec


def _spec(service, default):
    labels = {"kuma.io/display-name": service}
    target = {"kind": "MeshService", "labels": labels} if service else {"kind": "Mesh"}
    return {"targetRef": {"kind": "Mesh"}, "to": [{"targetRef": target, "default": default}]}
