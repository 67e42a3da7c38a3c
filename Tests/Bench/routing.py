#!/usr/bin/env python3
"""foresight beside the field in virtual time: a row for each trace, speed, cache and engine.

    routing.py BINARY TRACES simple|model|dial

simple and model: foresight, and the best of all other policies at each figure on its own. dial: what foresight's ageing trades
at and past the knee.
"""
import json, subprocess, sys

binary, traces, what = sys.argv[1:4]
files = {name: f"{traces}/mooncake_{name}_trace.jsonl.gz" for name in ("conversation", "synthetic")}


def replay(trace, flags):
    done = subprocess.run([binary, "replay", trace, "--json"] + flags, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)["policies"]


def cells(engine):
    for name in files:
        for speed in (1, 1.6, 2):
            for blocks in (3000, 10000):
                yield f"{name} x{speed:g}, K={blocks:,}", files[name], [
                    "--engine", engine, "--speed", str(speed), "--kv-blocks", str(blocks)]
    yield "agentic sessions, K=3,000", f"{traces}/agentic_sessions.jsonl.gz", ["--engine", engine, "--kv-blocks", "3000"]
    yield "agentic sessions, K=10,000", f"{traces}/agentic_sessions.jsonl.gz", ["--engine", engine, "--kv-blocks", "10000"]


def field(engine):
    print("| cell | mean s | best other | within 2 s | best other | p99 s | best other | hit | best other |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, trace, flags in cells(engine):
        rows = replay(trace, flags)
        ours, others = rows[0], [row for row in rows if row["policy"] != "foresight"]

        def pair(get, best, form):
            other = best(others, key=get)
            return f"{get(ours):{form}} | {get(other):{form}} {other['policy']}"

        print(f"| {name} | " + " | ".join([
            pair(lambda row: row["ttft"]["mean"], min, ".2f"), pair(lambda row: row["inTime"], max, ".3f"),
            pair(lambda row: row["ttft"]["p99"], min, ".2f"), pair(lambda row: row["hitRatio"], max, ".3f")]) + " |", flush=True)


def dial():
    print("| conversation, K=3,000 | ageing | mean s | p50 | p90 | p99 | max | within 2 s | hit |\n|---|---|---|---|---|---|---|---|---|")
    for speed in (1.6, 2.0, 2.4):
        labels = ["foresight:hold=0"] + [f"foresight:ageing={ageing}" for ageing in (0, 0.01, 0.02, 0.05, 0.1, 0.3, 1)]
        rows = replay(files["conversation"], ["--engine", "simple", "--speed", str(speed), "--kv-blocks", "3000",
                                              "--policies", ",".join(labels)])
        for row in rows:
            held = row["parameters"]["hold"] >= 0.5
            t = row["ttft"]
            print(f"| x{speed} | {row['parameters']['ageing'] if held else 'at once'} | {t['mean']:.2f} | {t['p50']:.2f} | {t['p90']:.2f} | "
                  f"{t['p99']:.2f} | {t['max']:.1f} | {row['inTime']:.3f} | {row['hitRatio']:.3f} |", flush=True)


dial() if what == "dial" else field(what)
