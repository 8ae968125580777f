"""nginx's settings for a position, each choice the best of several tried. It speaks no HTTP/2 to an upstream but gRPC's."""

import certificates

HTTP = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log crit;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    http2_max_concurrent_streams 1000;
    client_max_body_size 0;
    client_body_buffer_size 64k;
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
        listen 127.0.0.1:{port}{listen};
        {tls_in}
        location / {{
            {location}
        }}
    }}
}}
"""

PROXY = """
            proxy_pass {scheme}://app;
            {tls_out}
            proxy_http_version 1.1;
            {connection}
            proxy_request_buffering off;
            proxy_connect_timeout 5s;
            proxy_read_timeout 15s;
            proxy_next_upstream error timeout http_502 http_503 http_504;
            proxy_next_upstream_tries 6;
            proxy_buffer_size 16k;
            proxy_buffers 8 {buffer};
            proxy_busy_buffers_size {busy};
            proxy_max_temp_file_size 0;"""

GRPC = """
            grpc_pass grpc://app;
            grpc_connect_timeout 5s;
            grpc_read_timeout 15s;
            grpc_buffer_size 16k;
            grpc_next_upstream error timeout http_502 http_503 http_504;
            grpc_next_upstream_tries 6;"""

STREAM = """
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log crit;
events {{ worker_connections 8192; }}
stream {{
    server {{
        listen 127.0.0.1:{port};
        proxy_pass 127.0.0.1:{backend};
        proxy_connect_timeout 5s;
        proxy_timeout 1h;
        proxy_buffer_size 64k;
        tcp_nodelay on;
    }}
}}
"""


def configuration(position, port, folder):
    if position.incoming == "tcp":
        return STREAM.format(folder=folder.path, port=port, backend=position.backend)
    listen = (" ssl" if position.tls_in else "") + (" http2" if position.incoming == "http2" else "")
    common = {"folder": folder.path, "port": port, "backend": position.backend, "listen": listen, "tls_in": _tls_in(position)}
    return HTTP.format(location=GRPC if position.grpc else _proxy(position), **common)


def _proxy(position):
    upgrade = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
    buffer, busy = ("64k", "128k") if position.size == 65536 else ("16k", "32k")
    return PROXY.format(
        scheme="https" if position.tls_out else "http",
        tls_out=_tls_out(position),
        connection=upgrade if position.websocket else 'proxy_set_header Connection "";',
        buffer=buffer,
        busy=busy,
    )


def _tls_in(position):
    if not position.tls_in:
        return ""
    files = position.tls
    return (
        f"ssl_certificate {files.certificate}; ssl_certificate_key {files.key}; ssl_protocols TLSv1.3;"
        f" ssl_client_certificate {files.authority}; ssl_verify_client on; ssl_session_cache shared:s:10m;"
        f" ssl_ecdh_curve X25519; ssl_conf_command Ciphersuites {certificates.CIPHER};"
    )


def _tls_out(position):
    if not position.tls_out:
        return ""
    files = position.tls
    return (
        f"proxy_ssl_certificate {files.certificate}; proxy_ssl_certificate_key {files.key};"
        f" proxy_ssl_trusted_certificate {files.authority}; proxy_ssl_protocols TLSv1.3;"
        f" proxy_ssl_conf_command Ciphersuites {certificates.CIPHER};"
    )
