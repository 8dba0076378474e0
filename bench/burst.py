"""100 POSTs of 100 ms of CPU each, all at once, on two cores: makespan and mean completion beside the ideal FIFO bound of 50 turns of two,
and how the requests spread over the replicas. Goal of the policy slo, 2 to 10: within 1 % of the bound."""
import pathlib
import subprocess
import time

import peers

RUNS = 3
REQUESTS = 100
SPIN = 0.1
CORES = 2
MAKESPAN_BOUND = REQUESTS * SPIN / CORES
MEAN_BOUND = SPIN * (REQUESTS / CORES + 1) / 2

HERE = pathlib.Path(__file__).resolve().parent
APP = ["--app-dir", HERE, "fastapi_spin:app", "--no-access-log", "--log-level", "warning"]


def native(side, count):
    paths = [side.directory / f"native-{i}.sock" for i in range(count)]
    for path in paths:
        side.start([peers.SERVER, "--listen", path, "--spin-ms", 100])
        side.wait_for(path)
    return paths


def uvicorns(side, count):
    paths = [side.directory / f"uvicorn-{i}.sock" for i in range(count)]
    for path in paths:
        side.start([peers.UVICORN, "--uds", path, *APP])
    for path in paths:
        side.wait_for(path)
    return paths


def tenfold_native(low, high, name="tenfold", *policy):
    return lambda: peers.tenfold(f"{name}, {label(low, high)}, native", "--min-replicas", low, "--max-replicas", high, "--concurrency", 1,
                                 "--cpu", 1, "--cores", CORES, *policy, command=[peers.SERVER, "--spin-ms", 100])


def tenfold_fastapi(low, high, name="tenfold", *policy):
    return lambda: peers.tenfold(f"{name}, {label(low, high)}, FastAPI", "--min-replicas", low, "--max-replicas", high, "--concurrency", 1,
                                 "--cpu", 1, "--cores", CORES, *policy, command=[peers.UVICORN, "--uds", "$TENFOLD_SOCKET", *map(str, APP)])


def label(low, high):
    return f"{low} replicas" if low == high else f"{low} to {high}"


def haproxy(name, servers):
    return lambda: peers.haproxy(name, lambda side: [f"unix@{path} maxconn 1" for path in servers(side, 2)], extra="balance leastconn")


def uvicorn_workers():
    side = peers.Side("uvicorn, 2 workers")
    side.start([peers.UVICORN, "--port", side.port, "--workers", 2, *APP])
    side.wait_for(side.port)
    time.sleep(2)  # the second worker listens on the same socket: nothing says when it is there
    return side


def uwsgi():
    side = peers.Side("uWSGI --cheaper")
    side.start(["uwsgi", "--plugin", "python3", "--http-socket", f"127.0.0.1:{side.port}", "--chdir", HERE, "--module", "wsgi_spin:app", "--master",
                "--workers", 10, "--cheaper", 2, "--cheaper-initial", 2, "--listen", 128, "--die-on-term", "--disable-logging"])
    return side.wait_for(side.port)


SIDES = [
    tenfold_native(2, 2),
    tenfold_fastapi(2, 2),
    tenfold_native(2, 10, "tenfold slo", "--policy", "slo"),
    tenfold_fastapi(2, 10, "tenfold slo", "--policy", "slo"),
    tenfold_native(2, 10, "tenfold aca", "--policy", "aca"),
    # Not what Azure documents: it counts what is in flight, and looks often enough to see a burst of five seconds.
    tenfold_native(2, 10, "tenfold aca*", "--policy", "aca", "--aca-metric", "inflight", "--aca-evaluation-interval", "1s",
                   "--scale-rule-http-concurrency", 1),
    haproxy("HAProxy maxconn 1, 2 native", native),
    haproxy("HAProxy maxconn 1, 2 uvicorn", uvicorns),
    uvicorn_workers,
    uwsgi,
]


def shares(side):
    """How many requests each replica of Tenfold's had in the burst, by its journal."""
    if not hasattr(side, "journal"):
        return None
    import json
    time.sleep(0.2)  # the journal is written some milliseconds behind
    story = json.loads(subprocess.run([peers.TENFOLD, "explain", "--json", side.journal], capture_output=True, text=True, check=True).stdout)
    return sorted(story["burst"]["shares"].values(), reverse=True)


def once(make):
    with make() as side:
        peers.wait_http(side.port)
        time.sleep(1)  # the probe is over, and a burst of its own
        result = peers.client(side.port, "--burst", REQUESTS)
        return side.name, {"makespan_s": result["makespan_s"], "mean_s": result["mean_s"], "errors": result["errors"], "shares": shares(side)}


def run():
    runs = {}
    for _ in range(RUNS):
        for make in SIDES:
            name, row = once(make)
            runs.setdefault(name, []).append(row)
    return {name: {"makespan_s": peers.median([row["makespan_s"] for row in rows]),
                   "mean_s": peers.median([row["mean_s"] for row in rows]),
                   "errors": sum(row["errors"] for row in rows),
                   "shares": rows[-1]["shares"]} for name, rows in runs.items()}


def table(rows):
    print(f"burst: {REQUESTS} POSTs of {SPIN * 1000:.0f} ms of CPU at once on {CORES} cores; medians of {RUNS} runs; bound: {MAKESPAN_BOUND:.2f} s and {MEAN_BOUND:.3f} s")
    print(f"{'':34}{'makespan':>10}{'x bound':>9}{'mean':>9}{'x bound':>9}{'errors':>8}  shares")
    for name, row in rows.items():
        print(f"{name:34}{row['makespan_s']:8.3f} s{row['makespan_s'] / MAKESPAN_BOUND:9.3f}{row['mean_s']:7.3f} s{row['mean_s'] / MEAN_BOUND:9.3f}"
              f"{row['errors']:8}  {'/'.join(map(str, row['shares'])) if row['shares'] else ''}")
    print("* aca with --aca-metric inflight, --aca-evaluation-interval 1s and a target of 1: it sees the burst, and its ten replicas share two cores")
