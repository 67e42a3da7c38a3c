"""What the benchmarks share: processes on a core of their own, and the load tools of SIGNALBOX_SHARED."""
import json, os, shutil, subprocess, sys, tempfile, time, urllib.request

shared = os.environ.get("SIGNALBOX_SHARED", "../shared")
if not os.path.isdir(f"{shared}/tools"):
    sys.exit("the benchmark needs the load tools: set SIGNALBOX_SHARED")
work = tempfile.mkdtemp()
os.environ["XDG_RUNTIME_DIR"] = os.environ["XDG_STATE_HOME"] = work
running, tick = [], os.sysconf("SC_CLK_TCK")


def build_tools():
    for tool in ("upstream", "sseload"):
        subprocess.run(["cc", "-O2", "-std=gnu11", "-w", "-o", f"{work}/{tool}", f"{shared}/tools/{tool}.c"], check=True)


def start(core, *words):
    process = subprocess.Popen(["taskset", "-c", str(core), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running.append(process)
    return process


def end(process):
    process.kill()
    process.wait()
    running.remove(process)


def end_all():
    for process in list(running):
        end(process)
    shutil.rmtree(work, ignore_errors=True)


def get(port, path):
    return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).read()


def wait_for(port, path):
    begin = time.monotonic()
    while time.monotonic() - begin < 20:
        try:
            get(port, path)
            return time.monotonic() - begin
        except OSError:
            time.sleep(0.002)
    sys.exit(f"nobody answers {path} on port {port}")


def cpu_seconds(process):
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / tick


def resident_megabytes(process):
    return int(open(f"/proc/{process.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def load(port, process, *words):
    words = ["taskset", "-c", "1", f"{work}/sseload", "-u", f"http://127.0.0.1:{port}", "-j", "-w", "1", "-X", str(process.pid), *words]
    # It exits with 1 where requests failed, which the table tells.
    return json.loads(subprocess.run(words, capture_output=True, text=True).stdout)


def table(title, header, rows):
    print(f"\n### {title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
