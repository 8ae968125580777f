"""The policy changes that the drivers make. Each call with another number makes another specification."""


def timeout(number, service=None):
    """(collection, kind, spec) of a MeshTimeout for one service, or for every destination."""
    default = {"http": {"requestTimeout": f"{10 + number % 50}s"}, "idleTimeout": f"{60 + number % 997}m"}
    return "meshtimeouts", "MeshTimeout", _spec(service, default)


def retry(number, service=None):
    backoff = {"baseInterval": f"{10 + number % 89}ms", "maxInterval": f"{1000 + number % 997}ms"}
    return "meshretries", "MeshRetry", _spec(service, {"http": {"numRetries": 1 + number % 5, "backOff": backoff}})


def _spec(service, default):
    labels = {"kuma.io/display-name": service}
    target = {"kind": "MeshService", "labels": labels} if service else {"kind": "Mesh"}
    return {"targetRef": {"kind": "Mesh"}, "to": [{"targetRef": target, "default": default}]}
