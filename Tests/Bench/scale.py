#!/usr/bin/env python3
"""What grows with connections, prompts, nodes and blocks: the curves of BENCHMARKS.md.

    scale.py SIGNALBOX MICROBENCH

The gateway runs on the first core, load and engines on the second. Needs the load tools and traces of SIGNALBOX_SHARED.
"""
import asyncio, glob, json, os, shutil, subprocess, sys, threading, time
from harness import (build_tools, cpu_seconds, end, end_all, get, load, resident_megabytes, shared, start, table, wait_for, work)

binary, microbench = sys.argv[1:3]


def gateway(port, *urls, cores="0", loops=1):
    # Nothing is held back: thousands who ask again at once would be refused past the queue's limit.
    return start(cores, binary, "serve", *urls, "--listen", f"127.0.0.1:{port}", "--loops", str(loops), "--policy", "foresight:hold=0")


def traffic():
    """Connections and prompts, each on a fresh gateway over two upstreams."""
    start(1, f"{work}/upstream", "-p", "19701,19702")
    engines = ["http://127.0.0.1:19701", "http://127.0.0.1:19702"]

    def run(*words):
        process = gateway(19710, *engines)
        wait_for(19710, "/ready")
        report = load(19710, process, *words)
        report["resident"] = resident_megabytes(process)
        end(process)
        return report

    rows = []
    for connections in (16, 64, 256, 1024, 4096, 8192):
        report = run("-c", str(connections), "-d", "3", "-s", "1024")
        rows.append((f"{connections:,}", f"{report['rps']:,.0f}", f"{1e6 * report['cpu_s'] / max(1, report['req']):.1f}",
                     f"{report['lat_p99'] / 1000:.1f}", f"{report['resident']:.0f}", str(report["errors"])))
    table("Connections, requests of 1 KB", ("connections", "requests/s", "CPU us each", "p99 ms", "MB", "errors"), rows)
    rows = []
    for size in (1 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20):
        report = run("-c", "8", "-d", "3", "-s", str(size), "-P", "uniq")
        each = report["cpu_s"] / max(1, report["req"])
        rows.append((f"{size >> 10:,} KB", f"{report['rps']:,.0f}", f"{1e6 * each:,.0f}", f"{size / each / 1e9:.2f}",
                     f"{report['resident']:.0f}", str(report["errors"])))
    table("Prompts, 8 connections", ("prompt", "requests/s", "CPU us each", "GB/s of a core", "MB", "errors"), rows)


def loops():
    """One and two loops on both cores in turn. The load takes a core of the two: what loops cost each other shows in the CPU of a request."""
    start(1, f"{work}/upstream", "-p", "19711,19712")
    gateways = {count: gateway(19740 + count, "http://127.0.0.1:19711", "http://127.0.0.1:19712", cores="0,1", loops=count) for count in (1, 2)}
    reports = {count: [] for count in gateways}
    for count, process in gateways.items():
        wait_for(19740 + count, "/ready")
    for _ in range(5):
        for count, process in gateways.items():
            reports[count].append(load(19740 + count, process, "-c", "64", "-d", "2", "-s", "1024"))
    rows = []
    for count, runs in reports.items():
        each = sorted(1e6 * run["cpu_s"] / max(1, run["req"]) for run in runs)
        rate = sorted(run["rps"] for run in runs)
        rows.append((str(count), f"{rate[2]:,.0f}", f"{each[2]:.1f} ({each[0]:.1f}-{each[-1]:.1f})", str(sum(run["errors"] for run in runs))))
        end(gateways[count])
    table("Loops, 1 KB requests on 64 connections", ("loops", "requests/s", "CPU us each, median (range) of five", "errors"), rows)


def serve_pages(ports, pages):
    """Engines that tell their metrics and nothing else, all on one thread."""
    async def answer(reader, writer):
        try:
            while line := await reader.readline():
                path = line.split(b" ")[1]
                while (await reader.readline()).strip():
                    pass
                page = pages.get(path, b"")
                status = b"200 OK" if page else b"404 Not Found"
                writer.write(b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % (status, len(page)) + page)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    async def main():
        for port in ports:
            await asyncio.start_server(answer, "127.0.0.1", port)
        await asyncio.Event().wait()

    os.sched_setaffinity(0, {1})
    threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()


def nodes():
    """The collectors at 1 Hz over many engines, each with the page of a busy emulated one."""
    engine = start(1, binary, "engine", "--port", "19801")
    wait_for(19801, "/metrics")
    pages = {path: get(19801, path.decode()) for path in (b"/metrics", b"/v1/models", b"/version", b"/health")}
    end(engine)
    ports = range(22000, 23000)
    serve_pages(ports, pages)
    time.sleep(1)
    rows = []
    for count in (1, 10, 100, 1000):
        process = gateway(19720, *(f"http://127.0.0.1:{port}" for port in ports[:count]))
        wait_for(19720, "/health")
        time.sleep(8)
        before = cpu_seconds(process)
        time.sleep(10)
        rows.append((f"{count:,}", f"{len(pages[b'/metrics']) * count / 1e6:.2f}",
                     f"{10 * (cpu_seconds(process) - before):.1f}%", f"{resident_megabytes(process):.0f}"))
        end(process)
    table("Nodes, scraped once a second, no traffic", ("nodes", "MB/s of metrics", "CPU of a core", "MB"), rows)


def single_figures():
    rows = []
    pages = [page for page in sorted(glob.glob(f"{shared}/fixtures/metrics/*.txt")) if os.path.getsize(page) > 8192]
    for line in subprocess.run([microbench, "--scale", *pages], capture_output=True, text=True, check=True).stdout.splitlines():
        what, figure, unit = line.split("\t")
        rows.append((what, f"{float(figure):,.2f} {unit}"))
    for trace in ("mooncake_conversation_trace", "mooncake_synthetic_trace"):
        begin = time.monotonic()
        played = subprocess.run([binary, "replay", f"{shared}/traces/{trace}.jsonl.gz", "--policies", "foresight,round-robin",
                                 "--engine", "simple", "--json"], capture_output=True, text=True, check=True)
        requests = json.loads(played.stdout)["trace"]["requests"]
        rows.append((f"replay of {trace}, {requests:,} requests under two policies", f"{2 * requests / (time.monotonic() - begin):,.0f} requests/s"))
    begin = time.monotonic()
    process = gateway(19730, "http://127.0.0.1:9")
    wait_for(19730, "/health")
    rows.append(("from start to the first answer", f"{1000 * (time.monotonic() - begin):.0f} ms"))
    rows.append(("resident memory then", f"{resident_megabytes(process):.0f} MB"))
    end(process)
    shutil.copy(binary, f"{work}/stripped")
    subprocess.run(["strip", f"{work}/stripped"], check=True)
    rows.append(("binary, stripped", f"{os.path.getsize(binary) / 1e6:.1f} MB, {os.path.getsize(f'{work}/stripped') / 1e6:.1f} MB"))
    table("Single figures", ("what", "figure"), rows)


try:
    build_tools()
    traffic()
    loops()
    single_figures()
    nodes()
finally:
    end_all()
