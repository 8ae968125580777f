"""Where a proxy stands in a measurement: what comes in, what goes out, and what its settings should suit."""

from dataclasses import dataclass, replace

import certificates


@dataclass(frozen=True)
class Position:
    backend: int  # port
    incoming: str = "http1"  # http1, http2, tcp
    outgoing: str = "http1"
    size: int = 128  # of answers, which decides the size of buffers
    upload: int = 0
    grpc: bool = False
    websocket: bool = False
    splice: bool = False  # HAProxy: let the kernel move bytes
    tls: certificates.Certificates = None  # of both sides, and trusted on both
    tls_in: bool = False
    tls_out: bool = False

    def at(self, **changes):
        return replace(self, **changes)

    @property
    def large(self):
        return max(self.size, self.upload)
