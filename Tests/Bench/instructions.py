#!/usr/bin/env python3
"""User-space instructions of an operation, under callgrind: they repeat within 0.5% on a busy machine, where times do not.

    instructions.py MICROBENCH           prints a table; exit 1 where one is more than 5% above the recorded count
    instructions.py MICROBENCH --record  records them in Micro/instructions.txt
"""
import concurrent.futures, os, re, subprocess, sys

binary, record = sys.argv[1], "--record" in sys.argv
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Micro", "instructions.txt")
names = subprocess.run([binary, "--list"], capture_output=True, text=True, check=True).stdout.split()


def collected(name, count):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
         "--toggle-collect=*8measured*", binary, name, str(count)], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"{name}: callgrind said\n{done.stderr}")
    return int(found.group(1))


def per_operation(name, count=50):
    # Twice and once, subtracted: what a run has besides its operations falls out.
    return (collected(name, 2 * count) - collected(name, count)) / count


recorded = dict((name, int(count)) for name, count in (line.split() for line in open(path)))
counted, grown = {}, []
print(f"{'operation':24}{'instructions':>14}{'recorded':>12}{'change':>9}")
pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
for name, count in zip(names, pool.map(per_operation, names)):
    counted[name] = count
    before = recorded.get(name)
    change = counted[name] / before - 1 if before else 0
    if not record and (before is None or change > 0.05):
        grown.append(name)
    print(f"{name:24}{counted[name]:14,.0f}{before or 0:12,}{change:+9.1%}", flush=True)
if record:
    with open(path, "w") as file:
        file.writelines(f"{name} {counted[name]:.0f}\n" for name in names)
if grown:
    sys.exit(f"more than 5% above what is recorded, or not recorded: {', '.join(grown)}; where it is meant, `make bench-micro RECORD=--record`")
