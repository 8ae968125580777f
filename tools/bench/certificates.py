"""Certificates of a benchmark: one authority and one leaf, made with openssl. P-256 throughout, as a mesh makes them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

TRUST_DOMAIN = "bench.local"
WORKLOAD = "load"
# What every proxy is told to use, so that all do the same arithmetic.
CIPHER = "TLS_AES_128_GCM_SHA256"


@dataclass
class Certificates:
    authority: Path
    authority_key: Path
    certificate: Path
    key: Path
    both: Path  # certificate and key in one file, as HAProxy wants them


def make(folder):
    """The leaf is spiffe://bench.local/workload/load; the load process shows it as a client and as a backend."""
    path = folder.path / "certificates"
    path.mkdir()

    def key(name):
        _openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", path / name)
        return path / name

    authority, authority_key, leaf, leaf_key = path / "ca.crt", key("ca.key"), path / "leaf.crt", key("leaf.key")
    extensions = path / "extensions"
    extensions.write_text(
        "[req]\ndistinguished_name=name\n[name]\n"
        "[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
        "[leaf]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n"
        f"subjectAltName=critical,URI:spiffe://{TRUST_DOMAIN}/workload/{WORKLOAD}\n"
    )
    common = ["-config", extensions, "-subj"]
    _openssl("req", "-x509", "-new", "-key", authority_key, "-days", "30", "-extensions", "ca", *common, "/CN=bench", "-out", authority)
    request = path / "leaf.csr"
    _openssl("req", "-new", "-key", leaf_key, *common, "/", "-out", request)
    signing = ["-CA", authority, "-CAkey", authority_key, "-days", "10", "-extfile", extensions, "-extensions", "leaf"]
    _openssl("x509", "-req", "-in", request, *signing, "-out", leaf)
    both = path / "both.pem"
    both.touch(0o600)
    both.write_text(leaf.read_text() + leaf_key.read_text())
    return Certificates(authority, authority_key, leaf, leaf_key, both)


def identity(certificates):
    """The spec of a MeshIdentity whose authority is this one, for every workload of the mesh."""
    files = {"certificate": certificates.authority, "privateKey": certificates.authority_key}
    sources = {name: {"type": "File", "file": {"path": str(path)}} for name, path in files.items()}
    return {
        "selector": {"dataplane": {"matchLabels": {}}},
        "spiffeID": {"trustDomain": TRUST_DOMAIN, "path": "/workload/{{ .Workload }}"},
        "provider": {"type": "Bundled", "bundled": {"insecureAllowSelfSigned": True, "ca": sources}},
    }


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
