"""CPU time per proxied request, and the latency that a proxy adds at one connection.

One thread each, 32 keep-alive connections, 200-byte POST over TCP, the same native upstream on a unix socket. The proxy has core 0, client
and upstream have core 1. The sides take turns over several rounds; the table shows medians.
"""
import peers

ROUNDS = 7
REQUESTS = 100_000
LATENCY_REQUESTS = 10_000


def measure(side):
    before = side.cpu_seconds()
    result = peers.client(side.port, "--connections", 32, "--requests", REQUESTS, core=1)
    after = side.cpu_seconds()
    if result["errors"]:
        raise SystemExit(f"{side.name}: {result['errors']} errors")
    user, system = (1e6 * (b - a) / REQUESTS for a, b in zip(before, after))
    return {"user_us": user, "system_us": system, "cpu_us": user + system, "requests_per_s": REQUESTS / result["makespan_s"]}


def run():
    everyone = [peers.floor(core=0, upstream_core=1), *peers.proxies()]
    try:
        for side in everyone:
            peers.client(side.port, "--connections", 32, "--requests", 10_000, core=1)
        cpu = {side.name: [] for side in everyone}
        latency = {side.name: [] for side in everyone}
        for _ in range(ROUNDS):
            for side in everyone:
                cpu[side.name].append(measure(side))
        for _ in range(ROUNDS):
            for side in everyone:
                latency[side.name].append(peers.client(side.port, "--connections", 1, "--requests", LATENCY_REQUESTS, core=1)["p50_s"])
    finally:
        for side in everyone:
            side.stop()
    rows = {name: {key: peers.median([run[key] for run in runs]) for key in runs[0]} for name, runs in cpu.items()}
    for name, runs in latency.items():
        rows[name]["p50_us"] = 1e6 * peers.median(runs)
    return rows


def table(rows):
    haproxy, nginx = rows["HAProxy"], rows["nginx"]
    print("proxy: CPU time per request, one thread, 32 connections, 200-byte POST; medians of", ROUNDS, "rounds")
    print(f"{'':22}{'us/request':>11}{'user':>7}{'system':>8}{'x HAProxy':>11}{'x nginx':>9}{'requests/s':>12}{'p50 at 1 conn':>15}")
    for name, row in rows.items():
        print(f"{name:22}{row['cpu_us']:11.2f}{row['user_us']:7.2f}{row['system_us']:8.2f}{row['cpu_us'] / haproxy['cpu_us']:11.3f}"
              f"{row['cpu_us'] / nginx['cpu_us']:9.3f}{row['requests_per_s']:12.0f}{row['p50_us']:12.1f} us")
