#!/usr/bin/env python3
"""foresight beside round-robin and least-requests where routers break, in virtual time; a row for each condition.

    robustness.py BINARY TRACES [SEEDS]

Mean time to the first token in seconds, median over the seeds. The last column is foresight over the better of the two: more
than 1.02 is marked, and makes the exit status 1. Requests come 1.6 times as fast as recorded on 8 nodes, in proportion on
other fleets, and 3.2 times on the mixed ones; the hot prefix has arrivals of its own.
"""
import json, os, random, statistics, subprocess, sys

binary, traces = sys.argv[1], sys.argv[2]
seeds = range(1, 1 + (int(sys.argv[3]) if len(sys.argv) > 3 else 5))
policies = ["foresight", "round-robin", "least-requests"]
conversation = f"{traces}/mooncake_conversation_trace.jsonl.gz"
synthetic = f"{traces}/mooncake_synthetic_trace.jsonl.gz"
# Blocks that all requests of the synthetic trace name together.
working_set = 43_924


def hot_prefix():
    """4,000 requests, 20 a second, nine in ten behind the same 16 blocks and with two of their own."""
    chance, lines, now = random.Random(1), [], 0.0
    for index in range(4000):
        now += chance.expovariate(20)
        head = list(range(1, 17)) if chance.random() < 0.9 else [10**6 + 16 * index + n for n in range(16)]
        ids = head + [10**8 + 2 * index, 10**8 + 2 * index + 1]
        lines.append({"timestamp": int(now * 1000), "input_length": 512 * len(ids), "output_length": 200, "hash_ids": ids})
    return "\n".join(json.dumps(line) for line in lines)


def replay(trace, flags, seed, text=None):
    words = [binary, "replay", trace, "--json", "--policies", ",".join(policies), "--seed", str(seed)] + flags
    done = subprocess.run(words, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return {row["policy"]: row for row in json.loads(done.stdout)["policies"]}


def base(nodes=8, blocks=3000, speed=1.6):
    return ["--nodes", str(nodes), "--kv-blocks", str(blocks), "--speed", str(speed * nodes / 8)]


conditions = [(f"working set {share}x the cache", synthetic, base(blocks=int(working_set / 8 / share))) for share in (0.5, 1, 2, 4)]
conditions += [("one hot prefix", "-", base(speed=1))]
conditions += [("a node lost for 120 s", conversation, base() + ["--lose-node", "200:320"])]
conditions += [(f"events {lag} s late", conversation, base() + ["--event-lag", str(lag)]) for lag in (0, 0.1, 1)]
conditions += [("events 1 s late, own too", conversation, base() + ["--event-lag", "1", "--own-late"])]
conditions += [(f"output guess {kind}", conversation, base() + ["--output-guess", kind]) for kind in ("none", "wrong")]
conditions += [("GPUs 1:3", conversation, base(speed=3.2) + ["--speeds", "1,3"])]
conditions += [(f"{nodes} nodes", conversation, base(nodes)) for nodes in (2, 8, 64, 512)]

print(f"| condition | {' | '.join(policies)} | hit | p99 | ratio |\n|---|{'---|' * (len(policies) + 3)}")
worse = 0
for name, trace, flags in conditions:
    runs = [replay(trace, flags, seed, hot_prefix() if trace == "-" else None) for seed in seeds]
    middle = lambda policy, get: statistics.median(get(run[policy]) for run in runs)
    means = [middle(policy, lambda row: row["ttft"]["mean"]) for policy in policies]
    hit, p99 = middle("foresight", lambda row: row["hitRatio"]), middle("foresight", lambda row: row["ttft"]["p99"])
    ratio = means[0] / min(means[1:])
    worse += ratio > 1.02
    cells = [f"{mean:.3f}" for mean in means] + [f"{hit:.3f}", f"{p99:.2f}", f"{ratio:.2f}{' WORSE' if ratio > 1.02 else ''}"]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)
sys.exit(worse > 0)
