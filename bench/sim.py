"""The simulator's speed: requests a second on one core beside SimPy doing the same model, M/M/10, and both mean waits beside Erlang's formula; the cost of a
request against the length of the queue; many replicas. With --long, 100 million requests, and the memory that they took."""
import json
import math
import os
import subprocess
import tempfile
import time

import peers

RUNS = 3
RATE, SERVICE_S, SERVERS = 15.0, 0.5, 10
REQUESTS = 2_000_000
SIMPY_REQUESTS = 500_000
LONG_REQUESTS, LONG_GOAL_S, LONG_GOAL_MIB = 100_000_000, 120, 200
GOAL = 2_000_000
CORE = 1
FIXED = ["--concurrency", 1, "--policy", "slo", "--queue", 10_000_000, "--timeout", "24h", "--seed", 1]
MODEL = ["--workload", f"poisson:rate={RATE:g}", "--service", f"exponential:mean={1000 * SERVICE_S:g}ms", "--cold-start", "constant:1s",
         "--min-replicas", SERVERS, "--max-replicas", SERVERS, "--concurrency", 1, "--policy", "slo", "--seed", 1]
PYTHON = peers.ROOT / ".deps/venv/bin/python"

# Each length of queue has the same number of requests altogether: bursts of so many, again and again.
QUEUES = [1_000, 10_000, 100_000, 1_000_000]
QUEUED_REQUESTS = 3_000_000
QUEUED_MS, QUEUED_REPLICAS = 1, 10


def erlang_c_wait_s(rate, service_s, servers):
    """The mean wait of M/M/c: Erlang's delay formula. A. K. Erlang, 1917."""
    load = rate * service_s
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)  # Erlang B, by its recursion
    waits = servers * blocked / (servers - load * (1 - blocked))
    return waits * service_s / (servers - load)


def measured(command):
    """The command's JSON, and its wall time, CPU time and peak memory as the kernel counted them."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(peers.pinned(CORE, command), stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{command[0]} failed with {process.returncode}")
        out.seek(0)
        return json.load(out), {"wall_s": time.monotonic() - began, "cpu_s": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024}


def tenfold(requests):
    result, cost = measured([peers.TENFOLD, "simulate", *MODEL, "--requests", requests, "--json"])
    return {"requests_per_s": requests / cost["cpu_s"], "wait_s": result["wait"]["mean_s"], **cost}


def simpy():
    script = peers.ROOT / "bench/simpy_mmc.py"
    result, cost = measured([PYTHON, script, RATE, SERVICE_S, SERVERS, SIMPY_REQUESTS])
    return {"requests_per_s": SIMPY_REQUESTS / result["cpu_s"], "wait_s": result["wait_s"], **cost}


def middle(runs):
    return {key: peers.median([one[key] for one in runs]) for key in runs[0]}


def queued(length):
    """Nanoseconds of CPU for a request that comes with `length` others at once."""
    drain_s = length * QUEUED_MS / 1000 / QUEUED_REPLICAS
    flags = ["--workload", f"burst:n={length},every={2 * drain_s}s,times={QUEUED_REQUESTS // length}", "--service", f"constant:{QUEUED_MS}ms",
             "--min-replicas", QUEUED_REPLICAS, "--max-replicas", QUEUED_REPLICAS, *FIXED]
    runs = [measured([peers.TENFOLD, "simulate", *flags, "--json"])[1]["cpu_s"] for _ in range(RUNS)]
    return 1e9 * peers.median(runs) / QUEUED_REQUESTS


def many():
    """1,000 replicas, and more than 100,000 in the queue."""
    flags = ["--workload", "burst:n=200000", "--service", "exponential:mean=500ms", "--min-replicas", 1000, "--max-replicas", 1000, *FIXED]
    result, cost = measured([peers.TENFOLD, "simulate", *flags, "--json"])
    return {"requests": result["requests"], "makespan_s": result["makespan_s"], "requests_per_s": result["requests"] / cost["cpu_s"], **cost}


def run(is_long=False):
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(tenfold(REQUESTS))
        theirs.append(simpy())
    return {"tenfold": middle(ours), "SimPy": middle(theirs), "erlang_c_wait_s": erlang_c_wait_s(RATE, SERVICE_S, SERVERS),
            "queued_ns": {length: queued(length) for length in QUEUES}, "many": many(), "long": tenfold(LONG_REQUESTS) if is_long else None}


def table(rows):
    print(f"sim: M/M/{SERVERS}, {RATE:g} requests a second of {1000 * SERVICE_S:g} ms, on one core, by CPU time; medians of {RUNS} runs "
          f"({REQUESTS:,} requests and the program's start; SimPy {SIMPY_REQUESTS:,} without its start)")
    print(f"{'':16}{'requests/s':>12}{'x SimPy':>9}{'mean wait':>12}{'error':>9}{'peak memory':>14}")
    exact = rows["erlang_c_wait_s"]
    for name in ("tenfold", "SimPy"):
        row = rows[name]
        print(f"{name:16}{row['requests_per_s']:12,.0f}{row['requests_per_s'] / rows['SimPy']['requests_per_s']:9.1f}{1000 * row['wait_s']:9.3f} ms"
              f"{100 * (row['wait_s'] / exact - 1):+7.2f} %{row['mib']:10.1f} MiB")
    print(f"{'Erlang C':16}{'':21}{1000 * exact:9.3f} ms")
    print(f"goal: {GOAL:,} requests/s")
    if rows["long"]:
        row = rows["long"]
        print(f"{LONG_REQUESTS:,} requests: {row['wall_s']:.1f} s (goal: {LONG_GOAL_S}), {row['mib']:.1f} MiB (goal: {LONG_GOAL_MIB}), "
              f"mean wait {100 * (row['wait_s'] / exact - 1):+.2f} % from Erlang C")
    print(f"cost of a request against the length of the queue (bursts, {QUEUED_REPLICAS} replicas, {QUEUED_REQUESTS:,} requests each):")
    base = rows["queued_ns"][QUEUES[0]]
    for length, ns in rows["queued_ns"].items():
        print(f"{int(length):12,} queued{ns:9.0f} ns{ns / base:8.2f} x   log(n) alone: {math.log(int(length)) / math.log(QUEUES[0]):.2f} x")
    row = rows["many"]
    print(f"1,000 replicas, {row['requests']:,} requests at once: {row['makespan_s']:.1f} s simulated in {row['wall_s']:.2f} s, {row['mib']:.1f} MiB, "
          f"{row['requests_per_s']:,.0f} requests/s")
