#!/usr/bin/env bash
# What it costs to be able to carry a stream on: CPU of the gateway for each event with `streams.migration` off and exact, in turn,
# over two emulated engines that tell token ids. Prints a line a run.
#
#   migration.sh BINARY [REPEATS]
set -euo pipefail
binary=$1 repeats=${2:-3}
work=$(mktemp -d)
export XDG_RUNTIME_DIR=$work/run XDG_STATE_HOME=$work/state
mkdir -p "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT
engines=(19321 19322) port=19320
for engine in "${engines[@]}"; do
    taskset -c 1 "$binary" engine --port "$engine" --speed 20 >/dev/null & pids+=($!)
done

run() { # MIGRATION
    cat >"$work/fleet.json5" <<C
{ listen: "127.0.0.1:$port", admin: "$work/admin.sock", journal: "$work/journal-$RANDOM", loops: 1,
  streams: { migration: "$1" },
  nodes: [ { name: "a", url: "http://127.0.0.1:${engines[0]}" }, { name: "b", url: "http://127.0.0.1:${engines[1]}" } ] }
C
    taskset -c 0 "$binary" serve --config "$work/fleet.json5" >/dev/null 2>&1 & local gateway=$!; pids+=($gateway)
    for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/v1/models" | grep -q '"id"' && break; sleep 0.1; done
    taskset -c 1 python3 - "$gateway" "$port" "$1" <<'P'
import json, os, socket, sys, threading, urllib.request
pid, port, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
model = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models"))["data"][0]["id"]

def cpu():
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

events, errors = [0] * 40, [0]
def stream(i):
    body = json.dumps({"model": model, "stream": True, "temperature": 0, "max_tokens": 6000, "ignore_eos": True,
                       "messages": [{"role": "user", "content": f"{i} trains " * 20}]}).encode()
    s = socket.create_connection(("127.0.0.1", port))
    s.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
              b"content-length: %d\r\n\r\n" % len(body) + body)
    while data := s.recv(65536):
        events[i] += data.count(b"data: {")
        errors[0] += data.count(b'"error"')

before = cpu()
threads = [threading.Thread(target=stream, args=(i,)) for i in range(40)]
[t.start() for t in threads]
[t.join() for t in threads]
print(f"{mode:6} {sum(events)} events, {(cpu() - before) / sum(events) * 1e6:.2f} us of CPU each, {errors[0]} errors")
P
    kill "$gateway"; wait "$gateway" 2>/dev/null || true
}

for _ in $(seq "$repeats"); do run off; run exact; done
