#!/usr/bin/env bash
# Ours and HAProxy on the same load in turn (A B A B ...): CPU of the proxy for each request and each event. Prints the table
# of BENCHMARKS.md. Needs two cores: proxy on the first, upstream and load on the second.
#
#   bench.sh BINARY [REPEATS]
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$1 repeats=${2:-5}
tools=${SIGNALBOX_SHARED:-../shared}/tools
[ -d "$tools" ] || { echo "bench needs the load tools: set SIGNALBOX_SHARED"; exit 1; }
work=$(mktemp -d)
export XDG_RUNTIME_DIR=$work/run XDG_STATE_HOME=$work/state
mkdir -p "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT
cc -O2 -std=gnu11 -w -o "$work/upstream" "$tools/upstream.c"
cc -O2 -std=gnu11 -w -o "$work/sseload" "$tools/sseload.c"

up=19301 ours=19310 theirs=19311
taskset -c 1 "$work/upstream" -p $up,$((up + 1)) >/dev/null & pids+=($!)
sed "s/@PORT@/$theirs/; s/@A@/$up/; s/@B@/$((up + 1))/" Tests/Bench/haproxy.cfg >"$work/haproxy.cfg"
taskset -c 0 haproxy -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1 & haproxy=$!; pids+=($haproxy)
taskset -c 0 "$binary" serve "http://127.0.0.1:$up" "http://127.0.0.1:$((up + 1))" \
    --listen 127.0.0.1:$ours --loops 1 >"$work/serve.log" & gateway=$!; pids+=($gateway)
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$ours/ready" >/dev/null && break; sleep 0.1; done

# row NAME DELAY_US SIDES SSELOAD_ARGUMENTS...: a line of JSON for each run in $work/rows
row() {
    local name=$1 delay=$2 sides=$3 side port pid; shift 3
    curl -s "http://127.0.0.1:$up/_ctl?delay=$delay" >/dev/null; curl -s "http://127.0.0.1:$((up + 1))/_ctl?delay=$delay" >/dev/null
    for _ in $(seq "$repeats"); do
        for side in $sides; do
            case $side in ours) port=$ours pid=$gateway ;; haproxy) port=$theirs pid=$haproxy ;; direct) port=$up pid=$gateway ;; esac
            printf '%s\t%s\t' "$name" "$side" >>"$work/rows"
            taskset -c 1 "$work/sseload" -u "http://127.0.0.1:$port" -j -X "$pid" "$@" >>"$work/rows"
        done
    done
}
row "1 KB requests, 32 connections" 0 "ours haproxy" -c 32 -d 4 -w 1 -s 1024
row "1 KB requests, 256 connections" 0 "ours haproxy" -c 256 -d 4 -w 1 -s 1024
row "32 KB prompts, 32 connections" 0 "ours haproxy" -c 32 -d 4 -w 1 -s 32768
row "256 KB prompts, 32 connections" 0 "ours haproxy" -c 32 -d 4 -w 1 -s 262144 -P uniq
row "SSE flat out, 64 streams" 0 "ours haproxy" -c 64 -d 4 -w 1 -S -m 256
row "SSE at 20 ms, 1,000 streams" 20000 "ours haproxy direct" -c 1000 -d 6 -w 2 -r 1 -S -m 64
row "open loop, 2,000 a second" 0 "ours haproxy direct" -c 64 -R 2000 -d 4 -w 1 -s 1024
row "9,000 streams at 2 s" 2000000 "ours haproxy" -c 9000 -d 8 -w 6 -r 4 -S -m 8

python3 - "$work/rows" "$repeats" <<'P'
import json, statistics, sys
rows, errors = {}, 0
for line in open(sys.argv[1]):
    name, side, report = line.split("\t", 2)
    report = json.loads(report)
    errors += report["errors"]
    rows.setdefault(name, {}).setdefault(side, []).append(report)

def cpu(unit): return lambda run, _: 1e6 * run["cpu_s"] / max(1, run[unit])
def plain(key): return lambda run, _: run[key]
def added(key): return lambda run, direct: run[key] - direct[key]
table = [
    ("1 KB requests, 32 connections", "CPU a request, us", cpu("req")),
    ("1 KB requests, 256 connections", "p99, us", plain("lat_p99")),
    ("32 KB prompts, 32 connections", "CPU a request, us", cpu("req")),
    ("256 KB prompts, 32 connections", "CPU a request, us", cpu("req")),
    ("256 KB prompts, 32 connections", "memory, MB", lambda run, _: run["rss_kb"] / 1024),
    ("SSE flat out, 64 streams", "CPU an event, us", cpu("events")),
    ("SSE at 20 ms, 1,000 streams", "CPU an event, us", cpu("events")),
    ("SSE at 20 ms, 1,000 streams", "added TTFT p50, us", added("ttfb_p50")),
    ("SSE at 20 ms, 1,000 streams", "added TTFT p99, us", added("ttfb_p99")),
    ("open loop, 2,000 a second", "CPU a request, us", cpu("req")),
    ("open loop, 2,000 a second", "added p50, us", added("lat_p50")),
    ("open loop, 2,000 a second", "added p99, us", added("lat_p99")),
    ("9,000 streams at 2 s", "memory, MB", lambda run, _: run["rss_kb"] / 1024),
]
print("| load | of | Signalbox | HAProxy | ratio, median (range) of pairs |")
print("|---|---|---|---|---|")
for name, what, value in table:
    runs = rows[name]
    direct = runs.get("direct", [None] * len(runs["ours"]))
    ours = [value(a, d) for a, d in zip(runs["ours"], direct)]
    theirs = [value(b, d) for b, d in zip(runs["haproxy"], direct)]
    # Beside a direct run that something held up, a proxy adds less than nothing: such a pair has no ratio.
    ratios = [a / b for a, b in zip(ours, theirs) if b > 0] or [float("nan")]
    print(f"| {name} | {what} | {statistics.median(ours):,.1f} | {statistics.median(theirs):,.1f} | "
          f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |")
print(f"\n{sys.argv[2]} repeats in turn; errors {errors}.")
P
