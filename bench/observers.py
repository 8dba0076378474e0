"""What watching costs: journal and board for each proxied request, and what a scrape of 1,000 replicas costs and delays.

The proxy's CPU time per request is measured as `proxy` does, with its journal and without one (--journal none), taking turns. The
board cannot be left out: what it costs is measured by bench/observers.cpp, which tells it of requests as the ingress does. Scrapes
are of a service with 1,000 replicas that are real processes: how long each takes, and how much CPU time of the loop, for which others wait.
"""
import http.client
import json
import pathlib
import subprocess
import time

import peers
import proxy

ROUNDS = 9
REPLICAS = 1000
SCRAPES = 200
SETTLE_S = 20
KINDS = {"with its journal": [], "--journal none": ["--journal", "none"]}


def service(name, flags):
    return peers.tenfold(name, "--min-replicas", 1, "--max-replicas", 1, "--concurrency", 64, *flags, core=0,
                         command=["taskset", "-c", "1", peers.SERVER])


def of_requests():
    everyone = {name: service(name, flags) for name, flags in KINDS.items()}
    try:
        for side in everyone.values():
            peers.client(side.port, "--connections", 32, "--requests", 10_000, core=1)
        cpu = {name: [] for name in everyone}
        for round_ in range(ROUNDS):
            order = list(everyone) if round_ % 2 else list(reversed(everyone))
            for name in order:
                cpu[name].append(proxy.measure(everyone[name])["cpu_us"])
    finally:
        for side in everyone.values():
            side.stop()
    # Of rounds beside each other, so that what else the machine did matters less.
    with_journal, without = cpu.values()
    return {"cpu_us": {name: peers.median(runs) for name, runs in cpu.items()},
            "journal_us": peers.median([a - b for a, b in zip(with_journal, without)])}


def alone():
    """Nanoseconds by the name of the benchmark."""
    command = [peers.BUILD / "bench/bench_observers", "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true",
               "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    unit = {"ns": 1, "us": 1e3}
    return {each["run_name"].removesuffix("/process_time"): each["cpu_time"] * unit[each["time_unit"]]
            for each in told["benchmarks"] if each["aggregate_name"] == "median"}


def loop_ms(pid):
    """CPU time of the loop's thread so far."""
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e6


def scrape(connection):
    """How long it took, and its size."""
    began = time.perf_counter()
    connection.request("GET", "/metrics")
    size = len(connection.getresponse().read())
    return 1e3 * (time.perf_counter() - began), size


def of_scrapes():
    """What a scrape takes of the loop beside what it does anyway: no request waits for longer."""
    admin_port = peers.free_port()
    with peers.tenfold("tenfold", "--min-replicas", REPLICAS, "--max-replicas", REPLICAS, "--admin-port", admin_port,
                       command=[peers.SERVER]) as side:
        time.sleep(SETTLE_S)
        connection = http.client.HTTPConnection("127.0.0.1", admin_port)
        began, busy = time.perf_counter(), loop_ms(side.measured.pid)
        time.sleep(SETTLE_S / 4)
        idle_share = (loop_ms(side.measured.pid) - busy) / (1e3 * (time.perf_counter() - began))
        began, busy = time.perf_counter(), loop_ms(side.measured.pid)
        took = [scrape(connection) for _ in range(SCRAPES)]
        elapsed_ms = 1e3 * (time.perf_counter() - began)
        loop = (loop_ms(side.measured.pid) - busy - idle_share * elapsed_ms) / SCRAPES
    return {"bytes": took[-1][1], "scrape_ms": peers.median([ms for ms, _ in took]), "loop_ms": loop}


def run():
    return {"requests": of_requests(), "alone_ns": alone(), "scrapes": of_scrapes()}


def table(rows):
    requests, alone_ns, scrapes = rows["requests"], rows["alone_ns"], rows["scrapes"]
    whole = requests["cpu_us"]["with its journal"]
    board_us = (alone_ns["request/board"] - alone_ns["request/nobody"]) / 1e3
    print(f"observers: CPU time of the proxy per request, as in `proxy`; medians of {ROUNDS} rounds")
    print(f"{'':28}{'us/request':>11}{'share':>9}")
    for name, cpu_us in requests["cpu_us"].items():
        print(f"{'tenfold, ' + name:28}{cpu_us:11.2f}")
    parts = {"the journal": requests["journal_us"], "the board": board_us, "both": requests["journal_us"] + board_us}
    for name, cost_us in parts.items():
        print(f"{name:28}{cost_us:11.2f}{100 * cost_us / whole:7.2f} %{'   (goal: 3 %)' if name == 'both' else ''}")
    print(f"/metrics of {REPLICAS:,} replicas, {scrapes['bytes'] / 1024:.0f} KiB: {scrapes['scrape_ms']:.2f} ms (goal: 5 ms), of which the loop "
          f"{scrapes['loop_ms']:.2f} ms, for which a request may wait (goal: 1 ms), {alone_ns['metrics/prometheus'] / 1e6:.2f} to make the text")
