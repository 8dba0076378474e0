"""What a live run's journal says of each request and replica, by `tenfold journal dump`; and the commands that ask the simulator the same."""
import json
import math
import pathlib
import re
import subprocess

import peers

ARRIVED = re.compile(r"^ *(-?[\d.]+) request (\d+) arrived")
ANSWERED = re.compile(r"^ *(-?[\d.]+) request (\d+) finished on replica (\d+): answered")
TARGET = re.compile(r"^ *-?[\d.]+   request (\d+) is \S+ (\S+) from")
GONE = re.compile(r"^ *(-?[\d.]+) replica (\d+) (?:exited|was ended|could not)")
STEP = re.compile(r"^ *(-?[\d.]+) \S")
DISPATCH = re.compile(r"^ +-> dispatch request (\d+) to replica (\d+), attempt 1$")
START = re.compile(r"^ +-> start replica (\d+)$")


class Facts:
    """Times are seconds since the journal's first record. A request's facts: arrived, dispatched, answered, target."""

    def __init__(self, directory):
        self.requests = {}
        self.started = {}
        self.gone = {}
        now = 0.0
        for line in run_tenfold("journal", "dump", directory).splitlines():
            if found := STEP.match(line):
                now = float(found[1])
            if found := ARRIVED.match(line):
                self.of(found[2])["arrived"] = now
            elif found := ANSWERED.match(line):
                self.of(found[2])["answered"] = now
            elif found := TARGET.match(line):
                self.of(found[1])["target"] = found[2]
            elif found := GONE.match(line):
                self.gone[found[2]] = now
            if found := DISPATCH.match(line):
                self.of(found[1])["dispatched"] = now
            elif found := START.match(line):
                self.started[found[1]] = now

    def of(self, request):
        return self.requests.setdefault(int(request), {})

    def in_order(self):
        return [self.requests[number] for number in sorted(self.requests)]

    def replica_seconds(self, begin, end):
        """Of all replicas, from start to exit, as far as that lies between `begin` and `end`."""
        lives = ((start, self.gone.get(replica, math.inf)) for replica, start in self.started.items())
        return sum(max(0.0, min(gone, end) - max(start, begin)) for start, gone in lives)


def run_tenfold(*arguments):
    done = subprocess.run([str(word) for word in (peers.TENFOLD, *arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"tenfold {arguments[0]} failed: {done.stderr}")
    return done.stdout


def simulate(*flags, core=None):
    """The numbers of `tenfold simulate --json`."""
    command = peers.pinned(core, [peers.TENFOLD, "simulate", *flags, "--json"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr}")
    return json.loads(done.stdout)


def rank(values, fraction):
    """By nearest rank, as `tenfold` takes it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def write_schedule(file, rows, with_service=False):
    """Rows of (seconds, milliseconds, path): for bench_client and, the same file, for `simulate --workload trace:FILE`."""
    lines = [f"{at:.9f},{path},{path}?ms={ms}" if not with_service else f"{at:.9f},{ms / 1000},{path}" for at, ms, path in rows]
    pathlib.Path(file).write_text("\n".join(["t,service,class" if with_service else "t,class,target", *lines]) + "\n")
    return file
