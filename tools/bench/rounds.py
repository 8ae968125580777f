"""Rounds of load: every proxy once a round, in an order that rotates, so that the machine's drift touches all alike."""

import math
import statistics
import sys

import measure
from programs import Failed

WARMUP = 0.3  # seconds
KEYS = ("cpu_us", "per_second", "p50_us", "p99_us")


def measure_rounds(load, proxies, label, rounds, **options):
    """{proxy: samples of every round}. `options` are those of the load process."""
    samples = {proxy.name: {**{key: [] for key in KEYS}, "errors": 0} for proxy in proxies}
    for number in range(rounds):
        turn = number % len(proxies)
        for proxy in proxies[turn:] + proxies[:turn]:
            one = measure_one(load, proxy, options)
            mine = samples[proxy.name]
            mine["errors"] += one.pop("errors")
            for key, value in one.items():
                mine[key].append(value)
            print(f"  round {number + 1} {label:16} {proxy.name:14} {one['cpu_us']:8.2f} us", file=sys.stderr)
    return samples


def measure_one(load, proxy, options):
    pids = proxy.pids()
    load.start(proxy.port, **{"warmup": WARMUP, **options})
    before = measure.cpu_seconds(pids)
    done = load.finish()
    spent = measure.cpu_seconds(pids) - before
    if done["requests"] == 0:
        raise Failed(f"{proxy.name} answered nothing: {done}\n{proxy.log()}")
    if options.get("resume") == "yes" and done["resumed"] < 0.99 * done["handshakes"]:
        raise Failed(f"{proxy.name} resumed {done['resumed']} of {done['handshakes']} sessions only")
    latency = done["latency_us"]
    return {
        "cpu_us": spent / done["requests"] * 1e6,
        "per_second": done["per_second"],
        "p50_us": latency["p50"],
        "p99_us": latency["p99"],
        "errors": done["errors"],
    }


def ratio(scenario, name, other):
    """Median of the ratios within a round, which the machine's drift does not touch."""
    return statistics.median(a / b for a, b in zip(scenario[name]["cpu_us"], scenario[other]["cpu_us"]))


HEADER = ["proxy", "CPU us a request", "spread", "weft / it", "goal", "requests a second", "p50 us", "p99 us", "errors"]


def row(scenario, name, goal, verdict):
    """One proxy's row under HEADER. `goal`: what Weft's CPU time may be of this one's; None: nothing was promised."""
    samples, compared = scenario[name], "weft" in scenario and name != "weft" and min(scenario[name]["cpu_us"]) > 0
    cells = [name, f"{statistics.median(samples['cpu_us']):.1f}", f"{measure.spread(samples['cpu_us']) * 100:.0f} %"]
    cells += [f"{ratio(scenario, 'weft', name):.2f}" if compared else ""]
    cells += [f"<= {goal:.2f} {verdict(ratio(scenario, 'weft', name), goal)}" if compared and goal else ""]
    shown = [statistics.median(samples[key]) for key in ("per_second", "p50_us", "p99_us")]
    return cells + ["" if math.isnan(value) else f"{value:.0f}" for value in shown] + [samples["errors"]]
