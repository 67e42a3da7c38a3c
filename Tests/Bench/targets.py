#!/usr/bin/env python3
"""Engines that answer /metrics and /v1/models, all in one process.

    targets.py CAPTURE COUNT [--hung]      prints their URLs, one a line, and serves until it is ended

CAPTURE is a real page of vLLM's metrics; its numbers move each second. --hung: the last one takes requests and says nothing.
"""
import asyncio, re, resource, sys, time

MOVING = re.compile(
    r"^(vllm:(?:num_requests_running|num_requests_waiting|kv_cache_usage_perc|generation_tokens_total|prompt_tokens_total)\{.*\} ).*$", re.M)


class Targets:
    def __init__(self, capture, count, hung):
        self.parts = MOVING.split(open(capture).read())
        self.count, self.hung = count, hung

    def page(self, number):
        second, text = int(time.time()), [self.parts[0]]
        for place in range(1, len(self.parts), 2):
            name = self.parts[place]
            value = (second * 7 + number * 13) % 29
            if "total" in name:
                value = second % 100_000 * (40 + number % 9)
            elif "perc" in name:
                value = 0.3 + value / 60
            text += [name, str(value), self.parts[place + 1]]
        return "".join(text).encode()

    async def answer(self, number, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if self.hung and number == self.count - 1:
                    await reader.read()  # says nothing until the other side has given up
                    return
                path = head.split(b" ", 2)[1]
                kind, body, status = "text/plain; version=0.0.4", b"", "200 OK"
                if path == b"/metrics":
                    body = self.page(number)
                elif path == b"/v1/models":
                    kind, body = "application/json", b'{"object":"list","data":[{"id":"model","object":"model","owned_by":"vllm"}]}'
                elif path not in (b"/health", b"/ping"):
                    status = "404 Not Found"
                writer.write(f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def serve(self):
        urls = []
        for number in range(self.count):
            answer = lambda reader, writer, number=number: self.answer(number, reader, writer)
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        print("\n".join(urls), flush=True)
        await asyncio.Event().wait()


capture, count, *flags = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
asyncio.run(Targets(capture, int(count), "--hung" in flags).serve())
