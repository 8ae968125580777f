"""HAProxy's settings for a position, each choice the best of several tried."""

import certificates

CONFIGURATION = """
global
    nbthread 1
    maxconn 7000
    tune.bufsize {buffer}
    tune.h2.initial-window-size 1048576
    tune.h2.max-concurrent-streams 1000
defaults
    mode {mode}
    timeout connect 5s
    timeout client 1h
    timeout server {server_timeout}
    timeout tunnel 1h
    {http}
    retries 5
    {splice}
frontend in
    bind 127.0.0.1:{port}{bind}
    default_backend app
backend app
    server app 127.0.0.1:{backend}{server}
"""
HTTP = "timeout http-keep-alive 1h\n    http-reuse always"


def configuration(position, port, folder):
    tcp = position.incoming == "tcp"
    bind, server = "", "" if tcp else " pool-max-conn 1000 pool-purge-delay 1h"
    if position.tls:
        files = position.tls
        both = f" ssl crt {files.both} ca-file {files.authority} verify required ciphersuites {certificates.CIPHER}"
        bind += f"{both} curves X25519" if position.tls_in else ""
        server += both if position.tls_out else ""
    if position.incoming == "http2":
        bind += " alpn h2" if position.tls_in else " proto h2"
    if position.outgoing == "http2":
        server += " alpn h2" if position.tls_out else " proto h2"
    return CONFIGURATION.format(
        buffer=32768 if position.large > 65536 or tcp else 16384,
        mode="tcp" if tcp else "http",
        server_timeout="1h" if tcp else "15s",
        http="" if tcp else HTTP,
        splice="option splice-auto" if position.splice else "",
        port=port,
        bind=bind,
        backend=position.backend,
        server=server,
    )
