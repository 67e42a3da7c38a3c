"""A publisher of KV events over libzmq, as vLLM's: PUB and, for replay, ROUTER. Told what to do by lines of JSON.

kv_publisher.py PUB_PORT REPLAY_PORT [topicless]     a port of 0: any; prints both ports
"""
import collections
import json
import struct
import sys
import time

import msgpack
import zmq

FIELDS = {
    "BlockStored": ["block_hashes", "parent_block_hash", "token_ids", "block_size", "lora_id", "medium", "lora_name",
                    "extra_keys", "group_idx", "kv_cache_spec_kind"],
    "BlockRemoved": ["block_hashes", "medium", "group_idx"],
    "AllBlocksCleared": [],
}


def exact(value):
    """{"hex": "..."} is bytes."""
    if isinstance(value, dict) and set(value) == {"hex"}:
        return bytes.fromhex(value["hex"])
    if isinstance(value, list):
        return [exact(v) for v in value]
    return value


def encode(events, shape):
    shaped = []
    for event in events:
        event = {key: exact(value) for key, value in event.items()}
        if shape == "array":
            names = FIELDS[event["type"]]
            last = max((i + 1 for i, name in enumerate(names) if name in event), default=0)
            event = [event["type"]] + [event.get(name) for name in names[:last]]
        shaped.append(event)
    return msgpack.packb([time.time(), shaped, 0])


def main():
    context = zmq.Context()
    pub, router = context.socket(zmq.PUB), context.socket(zmq.ROUTER)
    ports = []
    for socket, port in ((pub, sys.argv[1]), (router, sys.argv[2])):
        socket.linger = 0
        socket.bind(f"tcp://127.0.0.1:{'*' if port == '0' else port}")
        ports.append(int(socket.getsockopt_string(zmq.LAST_ENDPOINT).rsplit(":", 1)[1]))
    topicless = "topicless" in sys.argv
    print(json.dumps(ports), flush=True)
    sequence, buffer = 0, collections.deque(maxlen=10_000)
    poller = zmq.Poller()
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    poller.register(router, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if router in ready:
            peer, empty, start = router.recv_multipart()
            for number, payload in buffer:
                if number >= struct.unpack(">Q", start)[0]:
                    middle = [] if topicless else [b"kv"]
                    router.send_multipart([peer, b""] + middle + [struct.pack(">Q", number), payload])
            middle = [] if topicless else [b""]
            router.send_multipart([peer, b""] + middle + [struct.pack(">q", -1), b""])
        if sys.stdin.fileno() in ready:
            line = sys.stdin.buffer.raw.readline()
            if not line:
                return
            order = json.loads(line)
            if order["op"] == "forget":
                buffer.clear()
            else:
                for _ in range(order.get("times", 1)):
                    payload = (bytes.fromhex(order["payload"]) if "payload" in order
                               else encode(order["events"], order["shape"]))
                    buffer.append((sequence, payload))
                    if order["op"] == "publish":
                        pub.send_multipart([b"kv", struct.pack(">Q", sequence), payload])
                    sequence += 1
            print(sequence, flush=True)


main()
