#!/usr/bin/env bash
# Ours and HAProxy on the same load in turn (A B A B ...): CPU of the proxy for each request and each event. Prints the table
# of BENCHMARKS.md. Needs two cores: proxy on the first, upstream and load on the second.
#
#   bench.sh BINARY [REPEATS]
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$1 repeats=${2:-3}
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

# row NAME UNIT DELAY_US SSELOAD_ARGUMENTS...: appends lines of name, unit, side, CPU us for one and errors to $work/rows
row() {
    local name=$1 unit=$2 delay=$3 side port pid; shift 3
    curl -s "http://127.0.0.1:$up/_ctl?delay=$delay" >/dev/null; curl -s "http://127.0.0.1:$((up + 1))/_ctl?delay=$delay" >/dev/null
    for _ in $(seq "$repeats"); do
        for side in ours haproxy; do
            [ $side = ours ] && port=$ours pid=$gateway || { port=$theirs; pid=$haproxy; }
            taskset -c 1 "$work/sseload" -u "http://127.0.0.1:$port" -j -X "$pid" "$@" >"$work/out.json"
            python3 - "$name" "$unit" "$side" "$work/out.json" >>"$work/rows" <<'P'
import json, sys
name, unit, side, file = sys.argv[1:]
r = json.load(open(file))
n = r["req"] if unit == "request" else r["events"]
print("\t".join([name, unit, side, f"{1e6 * r['cpu_s'] / n:.2f}", str(r["errors"])]))
P
        done
    done
}
row "1 KB requests, 32 connections" request 0 -c 32 -d 4 -w 1 -s 1024
row "32 KB prompts, 32 connections" request 0 -c 32 -d 4 -w 1 -s 32768
row "SSE flat out, 64 streams" event 0 -c 64 -d 4 -w 1 -S -m 256
row "SSE at 20 ms, 1,000 streams" event 20000 -c 1000 -d 6 -w 2 -r 1 -S -m 64

python3 - "$work/rows" "$repeats" <<'P'
import statistics, sys
rows, order = {}, []
errors = 0
for line in open(sys.argv[1]):
    name, unit, side, us, err = line.rstrip("\n").split("\t")
    errors += int(err)
    if name not in rows: rows[name] = {"unit": unit, "ours": [], "haproxy": []}; order.append(name)
    rows[name][side].append(float(us))
print("| load | CPU of | Signalbox us | HAProxy us | ratio, median (range) of pairs |")
print("|---|---|---|---|---|")
for name in order:
    r = rows[name]
    ratios = [a / b for a, b in zip(r["ours"], r["haproxy"])]
    print(f"| {name} | a {r['unit']} | {statistics.median(r['ours']):.1f} | {statistics.median(r['haproxy']):.1f} |"
          f" {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) |")
print(f"\n{sys.argv[2]} repeats in turn; errors {errors}.")
P
