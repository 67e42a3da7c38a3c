#!/usr/bin/env python3
"""Signalbox, HAProxy, a relay that does nothing with what passes, and the routers for LLM engines that PyPI has, on the same load
in turn: a table of BENCHMARKS.md.

    peers.py SIGNALBOX REPEATS [PYTHON_ENVIRONMENT]

The environment has sglang-router, smg and vllm-router; without one they are left out. All of them route by what engines have cached;
HAProxy takes turns. Proxies on the first core, one worker thread where that can be set; engines and load on the second.
"""
import os, statistics, subprocess, sys
from harness import build_tools, end_all, get, load, start, table, wait_for, work

binary, repeats = sys.argv[1], int(sys.argv[2])
environment = sys.argv[3] if len(sys.argv) > 3 else None
here = os.path.dirname(__file__)
up = 19801
engines = [f"http://127.0.0.1:{port}" for port in (up, up + 1)]

ROWS = [  # name, microseconds between events, arguments of sseload, [(what, figure of a run and the direct one)]
    ("1 KB, 32 connections", 0, "-c 32 -d 4 -s 1024", [("CPU us a request", lambda run, _: 1e6 * run["cpu_s"] / max(1, run["req"]))]),
    ("1 KB, 256 connections", 0, "-c 256 -d 4 -s 1024", [("p99 ms", lambda run, _: run["lat_p99"] / 1000)]),
    ("32 KB", 0, "-c 32 -d 4 -s 32768", [("CPU us a request", lambda run, _: 1e6 * run["cpu_s"] / max(1, run["req"]))]),
    ("256 KB", 0, "-c 32 -d 4 -s 262144 -P uniq", [
        ("CPU us a request", lambda run, _: 1e6 * run["cpu_s"] / max(1, run["req"])), ("MB", lambda run, _: run["rss_kb"] / 1024)]),
    ("SSE flat out, 64 streams", 0, "-c 64 -d 4 -S -m 256", [("CPU us an event", lambda run, _: 1e6 * run["cpu_s"] / max(1, run["events"]))]),
    ("SSE at 20 ms, 1,000 streams", 20_000, "-c 1000 -d 6 -r 1 -S -m 64", [
        ("CPU us an event", lambda run, _: 1e6 * run["cpu_s"] / max(1, run["events"])),
        ("added TTFT p50 ms", lambda run, direct: (run["ttfb_p50"] - direct["ttfb_p50"]) / 1000)]),
    ("open loop, 2,000 a second", 0, "-c 64 -R 2000 -d 4 -s 1024", [
        ("CPU us a request", lambda run, _: 1e6 * run["cpu_s"] / max(1, run["req"])),
        ("added p99 ms", lambda run, direct: (run["lat_p99"] - direct["lat_p99"]) / 1000)]),
]


def proxies():
    """Name, port and process of each."""
    configuration = open(f"{here}/haproxy.cfg").read()
    with open(f"{work}/haproxy.cfg", "w") as file:
        file.write(configuration.replace("@PORT@", "19811").replace("@A@", str(up)).replace("@B@", str(up + 1)))
    found = [
        ("Signalbox", 19810, start(0, binary, "serve", *engines, "--listen", "127.0.0.1:19810", "--loops", "1")),
        ("HAProxy", 19811, start(0, "haproxy", "-f", f"{work}/haproxy.cfg")),
        ("relay alone", 19812, start(0, f"{work}/relay", "19812", str(up), str(up + 1))),
    ]
    routers = {"sglang-router": ["launch"], "smg": ["launch"], "vllm-router": []} if environment else {}
    for place, (name, words) in enumerate(routers.items()):
        port = 19813 + place
        process = start(0, f"{environment}/bin/{name}", *words, "--policy", "cache_aware", "--host", "127.0.0.1", "--port", str(port),
                        "--prometheus-port", str(19820 + place), "--worker-urls", *engines)
        found.append((f"{name} {version(name)}", port, process))
    for _, port, _ in found:
        wait_for(port, "/v1/models")
    return found


def version(name):
    words = [f"{environment}/bin/python", "-c", f"import importlib.metadata; print(importlib.metadata.version('{name}'))"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


try:
    build_tools()
    subprocess.run(["cc", "-O2", "-std=gnu11", "-o", f"{work}/relay", f"{here}/relay.c"], check=True)
    direct = start(1, f"{work}/upstream", "-p", f"{up},{up + 1}")
    sides = proxies()
    lines, errors = [], 0
    for row, delay, words, figures in ROWS:
        for port in (up, up + 1):
            get(port, f"/_ctl?delay={delay}")
        runs = {name: [] for name, _, _ in sides}
        straight = []
        for _ in range(repeats):
            straight.append(load(up, direct, *words.split()))
            for name, port, process in sides:
                runs[name].append(load(port, process, *words.split()))
        for what, figure in figures:
            values = [[figure(a, b) for a, b in zip(runs[name], straight)] for name, _, _ in sides]
            lines.append((row, what, *(f"{statistics.median(value):,.1f}" for value in values)))
        errors += sum(run["errors"] for some in runs.values() for run in some)
    table("Beside routers for LLM engines", ("load", "of", *(name for name, _, _ in sides)), lines)
    print(f"\nMedians of {repeats} runs in turn; errors {errors}.")
finally:
    end_all()
