"""nghttp2's own load generator in place of ours, so that a figure does not hang on one client: same requests, same backend."""

import re
import subprocess

import measure
from programs import Failed


class H2load:
    """What rounds.py asks of a load. It counts requests instead of seconds, and knows no percentiles."""

    def __init__(self, core, requests=40000):
        self.core, self.requests = core, requests

    def start(self, port, size, connections, streams, **others):
        command = ["h2load", "-n", self.requests, "-c", connections, "-m", streams, f"http://127.0.0.1:{port}/{size}"]
        try:
            self.program = subprocess.Popen(
                [str(word) for word in command], stdout=subprocess.PIPE, text=True, preexec_fn=measure.pin(self.core)
            )
        except FileNotFoundError:
            raise Failed("h2load is not installed: tools/dev setup bench") from None

    def finish(self):
        said = self.program.communicate(timeout=120)[0]
        done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", said)
        rate = re.search(r"finished in .*?, ([\d.]+) req/s", said)
        if not done or not rate:
            raise Failed(f"h2load said: {said[-600:]}")
        good, failed, errored = map(int, done.groups())
        nothing = {"p50": float("nan"), "p99": float("nan")}
        return {"requests": good, "errors": failed + errored, "per_second": float(rate.group(1)), "latency_us": nothing}
