#!/usr/bin/env python3
"""Consoles side by side on pseudo terminals: CPU, bytes, memory, first useful screen and key to output.

    screen.py BINARY CAPTURE [TOOL ...]      prints the table of BENCHMARKS.md

CAPTURE is a real page of vLLM's metrics, which targets.py serves with numbers that move each second. TOOL: ours, ours-hung, ours-1000, htop,
btop, vllm-htop, vllmstat; all by default. vllm-htop and vllmstat are taken from PATH or from SIGNALBOX_RIVALS, a folder of programs.
"""
import fcntl, json, os, pty, re, select, shutil, signal, statistics, struct, subprocess, sys, tempfile, termios, time

SETTLE, WINDOW, KEYS = 3.0, 10.0, 120
SIZES = [(80, 24), (200, 50)]


class Terminal:
    """A program on a pseudo terminal."""

    def __init__(self, words, size, environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.start = time.monotonic()
        self.program = subprocess.Popen(
            words, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = b""

    def read(self, seconds):
        """What comes within so many seconds, at once when something has come; "" after them."""
        if not select.select([self.master], [], [], max(seconds, 0))[0]:
            return b""
        return os.read(self.master, 65_536)

    def read_for(self, seconds):
        end, count = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            count += len(self.read(left))
        return count

    def first(self, marker, limit=15):
        """Seconds until the marker was printed; None: it never was."""
        text = b""
        while time.monotonic() - self.start < limit:
            text += re.sub(rb"\x1b(\[[0-9;?]*[A-Za-z]|\(B|[=>78M])", b"", self.read(0.05))
            if re.search(marker, text):
                return time.monotonic() - self.start
        return None

    def key_times(self, keys):
        """Seconds from a key to the first byte, each key after 30 ms of silence; at most 20 s of them."""
        times, end = [], time.monotonic() + 20
        for number in range(KEYS):
            if time.monotonic() > end:
                break
            quiet = time.monotonic()
            while time.monotonic() - quiet < 0.03:
                if self.read(0.03):
                    quiet = time.monotonic()
                if time.monotonic() - quiet > 2:
                    break
            start = time.monotonic()
            os.write(self.master, keys[number % len(keys)])
            if self.read(2.5):
                times.append(time.monotonic() - start)
            else:
                times.append(2.5)
        return times

    def end(self):
        os.killpg(self.program.pid, signal.SIGKILL)
        self.program.wait()
        os.close(self.master)


def tree(root):
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{name}/stat").read().rsplit(")", 1)[1].split()
            children.setdefault(int(fields[1]), []).append(int(name))
        except OSError:
            pass
    found, rest = [], [root]
    while rest:
        found.append(rest.pop())
        rest += children.get(found[-1], [])
    return found


def cpu_seconds(root):
    ticks = 0
    for process in tree(root):
        try:
            ticks += sum(map(int, open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[11:15]))
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_megabytes(root):
    total = 0
    for process in tree(root):
        try:
            total += int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{process}/status").read())[1])
        except (OSError, TypeError):
            pass
    return total / 1024


def measure(words, marker, keys, environment, gateway=None):
    for size in SIZES:
        terminal = Terminal(words, size, environment)
        first = terminal.first(marker)
        terminal.read_for(SETTLE)
        roots = [terminal.program.pid] + ([gateway] if gateway else [])
        before, count = [cpu_seconds(root) for root in roots], terminal.read_for(WINDOW)
        used = [100 * (cpu_seconds(root) - start) / WINDOW for root, start in zip(roots, before)]
        memory = [resident_megabytes(root) for root in roots]
        times = sorted(1000 * seconds for seconds in terminal.key_times(keys))
        terminal.end()
        yield size, used, count / WINDOW, memory, first, statistics.median(times), times[int(len(times) * 0.99)]


def row(name, rows):
    for size, used, rate, memory, first, median, p99 in rows:
        both = lambda values, form: " + ".join(form.format(value) for value in values)
        shown = "--" if first is None else f"{first:.3f}"
        print(
            f"| {name} | {size[0]}x{size[1]} | {both(used, '{:.1f}')} | {rate:,.0f} | {both(memory, '{:.0f}')} | {shown} | "
            f"{median:.1f} | {p99:.1f} |", flush=True)


def ours(binary, urls, hung, folder, name):
    environment = dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8", XDG_RUNTIME_DIR=folder, XDG_STATE_HOME=folder, HOME=folder)
    gateway = subprocess.Popen([binary, "serve"] + urls + ["--listen", "127.0.0.1:19999"], env=environment, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            done = subprocess.run([binary, "status", "--json"], env=environment, capture_output=True, text=True)
            if done.returncode == 0 and sum(node["state"] == "serving" for node in json.loads(done.stdout)["nodes"]) >= len(urls) - hung:
                break
            time.sleep(0.2)
        marker = rb"of [\d,]+ nodes serving"
        row(name, measure([binary, "attach"], marker, [b"j", b"k"], environment, gateway.pid))
    finally:
        gateway.kill()
        gateway.wait()


def rival(name, urls):
    folder = os.environ.get("SIGNALBOX_RIVALS", "")
    program = shutil.which(name, path=folder + os.pathsep + os.environ["PATH"])
    if program is None:
        return print(f"| {name} | not installed |")
    fleet = tempfile.NamedTemporaryFile("w", suffix=".toml")
    fleet.write("".join(f'[[instance]]\nname = "{url[-5:]}"\nurl = "{url}"\n' for url in urls))
    fleet.flush()
    words, marker = {
        "htop": ([], rb"Load average"), "btop": (["--utf-force"], rb"cpu"),
        "vllm-htop": (["--interval", "1", "--no-gpu-detect", "--url"] + urls, urls[1][-5:].encode()),
        "vllmstat": (["--interval", "1", "--no-gpu", "--config", fleet.name], urls[1][-5:].encode()),
    }[name]
    keys = [b"\x1b[B", b"\x1b[A"] if name in ("htop", "btop") else [b"j", b"k"]
    environment = dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8", HOME=tempfile.mkdtemp())
    row(f"{name}, {len(urls)}" if "vllm" in name else name, measure([program] + words, marker, keys, environment))


def main():
    binary, capture, *tools = sys.argv[1:]
    tools = tools or ["ours", "ours-hung", "ours-1000", "htop", "btop", "vllm-htop", "vllmstat"]
    print("| console, targets | size | CPU % of a core | B/s | resident MB | first screen s | key to output ms, median | p99 |")
    print("|---|---|---|---|---|---|---|---|")
    for tool in tools:
        # Targets of their own in a process of their own, so that their work is nobody's.
        count, hung = 1000 if tool == "ours-1000" else 64, tool == "ours-hung"
        words = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "targets.py"), capture, str(count)] + ["--hung"] * hung
        targets = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        urls = [targets.stdout.readline().strip() for _ in range(count)]
        try:
            if tool.startswith("ours"):
                with tempfile.TemporaryDirectory() as folder:
                    label = {"ours": "Signalbox, 64", "ours-hung": "Signalbox, 63 and one hung", "ours-1000": "Signalbox, 1,000"}[tool]
                    ours(os.path.abspath(binary), urls, hung, folder, label)
            else:
                rival(tool, urls)
        finally:
            targets.kill()
            targets.wait()


main()
