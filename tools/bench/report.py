"""What every benchmark writes: a table on the screen, JSON for machines, its own section of docs/benchmarks.md. A section lies
between two HTML comments that name it; text outside of it belongs to people."""

import argparse
import datetime
import json
import os
import platform
import subprocess
from pathlib import Path

from programs import ROOT, Failed


def arguments(description, rounds):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, help="write figures here, for machines")
    parser.add_argument("--rounds", type=int, default=rounds, help=f"default {rounds}")
    parser.add_argument("--build", default="release", help="preset whose programs are measured")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs")
    parser.add_argument("--no-docs", action="store_true", help="leave docs/benchmarks.md as it is")
    return parser


def machine():
    """What the figures depend on."""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "kernel": platform.release(),
        "cpu": f"{os.cpu_count()} x {cpu}",
        "load_average": f"{os.getloadavg()[0]:.1f}",
    }


def table(header, rows):
    """A Markdown table with aligned columns."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def verdict(value, goal):
    return "reached" if value <= goal else "missed"


def publish(name, arguments_, figures, text):
    """Prints, writes JSON when asked, and replaces the section NAME of docs/benchmarks.md."""
    facts = machine()
    print(text)
    if arguments_.json:
        arguments_.json.write_text(json.dumps({"benchmark": name, **facts, **figures}, indent=1) + "\n")
    if arguments_.no_docs:
        return
    where = f"kernel {facts['kernel']}, {facts['cpu']}, load average {facts['load_average']} at the end"
    line = f"Commit {facts['commit']}, {facts['date']}, {where}."
    _replace_section(ROOT / "docs" / "benchmarks.md", name, f"{line}\n\n{text}")


def _replace_section(path, name, text):
    begin, end = f"<!-- bench {name} -->", f"<!-- /bench {name} -->"
    content = path.read_text()
    if begin not in content or end not in content:
        raise Failed(f"{path} has no section between '{begin}' and '{end}'")
    head, rest = content.split(begin, 1)
    path.write_text(f"{head}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}")
