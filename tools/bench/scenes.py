"""A benchmark made of scenes: in each, Weft and its peers stand in the same position under the same load, and are measured in
rounds. The drivers are tables of scenes and what starts Weft."""

import os
from dataclasses import dataclass, field

import peers
import perf
import report
import rounds
from h2load import H2load
from load import Load
from position import Position
from programs import Folder

LOAD_CORE, PROXY_CORE = CORES = (0, 1)
ALL = ("floor", "haproxy", "nginx", "envoy")


@dataclass(frozen=True)
class Scene:
    title: str
    load: dict  # options of the load process (load/command.h)
    goals: dict = field(default_factory=dict)  # what Weft's CPU time may be of a peer's
    position: dict = field(default_factory=dict)  # of the peers, beside what the load says (position.py)
    protocol: str = "http"  # that the service declares
    peers: tuple = ALL
    unit: str = "request"
    h2load: bool = False  # by nghttp2's generator instead of ours

    def at(self, port):
        sizes = {name: self.load[name] for name in ("size", "upload") if name in self.load}
        return Position(backend=port, **sizes, **self.position)


def arguments(description, scenes, more=(), rounds=5, seconds=0.9):
    parser = report.arguments(description, rounds=rounds)
    parser.add_argument("--seconds", type=float, default=seconds, help="measured time of one proxy in one round")
    parser.add_argument("--scene", "--scenario", action="append", choices=[*scenes, *more], help="default: all")
    names = dict.fromkeys(["weft", *(peer for scene in scenes.values() for peer in scene.peers)])
    parser.add_argument("--proxy", action="append", choices=list(names), help="default: all")
    parser.add_argument("--quick", action="store_true", help="one short round: does everything run? docs/benchmarks.md stays")
    parser.add_argument("--perf", action="store_true", help="after each scene, once more with Weft alone under perf record")
    return parser


def read(parser):
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.no_docs = 1, 0.3, True
    os.sched_setaffinity(0, {LOAD_CORE})
    return options


def measure(name, scene, load, proxies, options):
    """The samples of one scene; the proxies stand already."""
    settings = {**scene.load, "seconds": options.seconds}
    if scene.h2load:
        settings.pop("protocol")
        load = H2load(LOAD_CORE, requests=max(2000, round(40000 * options.seconds)))
    samples = rounds.measure_rounds(load, proxies, name, options.rounds, **settings)
    if options.perf and proxies[0].name == "weft":
        perf.record(name, proxies[0], lambda: rounds.measure_one(load, proxies[0], settings))
    return samples


def run(name, description, scenes, start_weft, beside=None):
    """The whole of a driver. `start_weft(folder, load, options)`: what gives a proxy for a scene's protocol by at(protocol).
    `beside(folder, load, scene name, scene, weft, options)`: more text below a scene's table, or nothing."""
    options = read(arguments(description, scenes))
    wanted = options.scene or list(scenes)
    samples, notes = {}, {}
    with Folder(options.keep) as folder:
        load = Load(folder, LOAD_CORE, options.build)
        weft = start_weft(folder, load, options) if not options.proxy or "weft" in options.proxy else None
        for key in wanted:
            scene = scenes[key]
            position = scene.at(load.backend_port)
            proxies = [weft.at(scene.protocol)] if weft else []
            for peer in scene.peers:
                if not options.proxy or peer in options.proxy:
                    proxies.append(peers.STARTERS[peer](folder, PROXY_CORE, position))
            samples[key] = measure(key, scene, load, proxies, options)
            notes[key] = beside(folder, load, key, scene, proxies[0], options) if beside and weft else None
            for proxy in proxies:
                proxy.stop()
    figures = {"versions": peers.versions(), "scenes": samples, "notes": notes}
    report.publish(name, options, figures, text(scenes, figures))


def text(scenes, figures):
    parts = [", ".join(f"{name} {version}" for name, version in figures["versions"].items()) + "."]
    for key, samples in figures["scenes"].items():
        parts.append(table(scenes[key], samples))
        if figures["notes"].get(key):
            parts.append(figures["notes"][key])
    return "\n\n".join(parts)


def table(scene, samples):
    rows = [rounds.row(samples, name, scene.goals.get(name), report.verdict) for name in samples]
    header = [cell.replace("request", scene.unit) for cell in rounds.HEADER]
    return f"**{scene.title[0].upper()}{scene.title[1:]}**\n\n{report.table(header, rows)}"
