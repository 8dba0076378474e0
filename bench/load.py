"""The load generator beside wrk and vegeta: requests for each second of the generator's CPU time, how well a constant rate is kept, and
what is told of a server that stalls.

One thread and 32 connections each, GET of 12 bytes from nginx, which has core 0; the generators take turns on core 1. In the stall nginx
is stopped for a second of five: of requests at a constant rate, each counted from when it was due, a hundredth then takes longer than
0.95 s. Who waits for an answer before he asks again asks next to nothing in that second, and tells of none of it.
"""
import json
import os
import re
import signal
import subprocess
import threading

import peers

ROUNDS = 7
SECONDS = 2
CONNECTIONS = 32
RATES = [100, 1_000, 10_000]
CORE = 1
CLOSED = "a closed loop"
VEGETA = peers.ROOT / ".deps/vegeta/vegeta"
STALL_RATE = 200
STALL_SECONDS = 5
STALL_AFTER_S = 2
STALL_S = 1.0


def server():
    side = peers.Side("nginx")
    config = side.directory / "nginx.conf"
    config.write_text(f"""daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 20000; pid {side.directory}/pid; error_log {side.directory}/error.log;
events {{ worker_connections 16000; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {side.directory}/b; proxy_temp_path {side.directory}/p;
  fastcgi_temp_path {side.directory}/f; uwsgi_temp_path {side.directory}/u; scgi_temp_path {side.directory}/s;
  server {{ listen 127.0.0.1:{side.port} backlog=4096; location / {{ return 200 "hello world\\n"; }} }}
}}
""")
    side.start(["nginx", "-c", config], 0, measured=True)
    return side.wait_for(side.port)


def timed(command):
    """What it prints, and the CPU seconds that it took."""
    process = subprocess.Popen(peers.pinned(CORE, command), stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{printed}")
    return printed, usage.ru_utime + usage.ru_stime


def load(url, *flags):
    printed, cpu = timed([peers.TENFOLD, "load", f"GET {url}", "--json", *flags])
    return json.loads(printed), cpu


def closed_loop(url):
    result, cpu = load(url, "--connections", CONNECTIONS, "--duration", f"{SECONDS}s")
    return {"a_cpu_second": result["sent"] / cpu, "a_second": result["throughput_per_s"], "p50_us": 1e6 * result["time"]["p50_s"]}


def wrk(url):
    printed, cpu = timed(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", url])
    requests = int(re.search(r"(\d+) requests in", printed)[1])
    p50, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", printed).groups()
    return {"a_cpu_second": requests / cpu, "a_second": float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1]),
            "p50_us": float(p50) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]}


def constant_rate(url, rate, seconds):
    result, _ = load(url, "--workload", f"constant:rate={rate}", "--duration", f"{seconds}s")
    return {"sent_a_second": (result["sent"] - 1) / result["makespan_s"], "p50_us": 1e6 * result["time"]["p50_s"],
            "p99_us": 1e6 * result["time"]["p99_s"], "late_p99_us": 1e6 * result["parts"]["late"]["p99_s"]}


def vegeta(url, rate, seconds):
    attack = f"echo 'GET {url}' | {VEGETA} attack -rate={rate} -duration={seconds}s -timeout=60s | {VEGETA} report -type=json"
    told = json.loads(timed(["sh", "-c", attack])[0])
    if told["success"] != 1:
        raise SystemExit(f"vegeta: {told['errors']}")
    return {"sent_a_second": told["rate"], "p50_us": told["latencies"]["50th"] / 1e3, "p99_us": told["latencies"]["99th"] / 1e3}


def one_after_the_other(url, _rate, seconds):
    result, _ = load(url, "--connections", 1, "--duration", f"{seconds}s")
    return {"sent_a_second": result["throughput_per_s"], "p50_us": 1e6 * result["time"]["p50_s"], "p99_us": 1e6 * result["time"]["p99_s"]}


class Stall(threading.Thread):
    """Stops the server for a while, some time after it was entered."""

    def __init__(self, pid):
        super().__init__()
        self.pid = pid
        self.is_over = threading.Event()

    def run(self):
        if self.is_over.wait(STALL_AFTER_S):
            return
        os.kill(self.pid, signal.SIGSTOP)
        self.is_over.wait(STALL_S)
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()


def stalled(side, measure, url):
    with Stall(side.measured.pid):
        return measure(url, STALL_RATE, STALL_SECONDS)


def median_of(runs):
    return {key: peers.median([run[key] for run in runs]) for key in runs[0]}


def run():
    sides = {"tenfold load": closed_loop, "wrk": wrk}
    with server() as side:
        url = f"http://127.0.0.1:{side.port}/"
        runs = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, measure in sides.items():
                runs[name].append(measure(url))
        paced = {"tenfold load": constant_rate} | ({"vegeta": vegeta} if VEGETA.exists() else {})
        rates = {rate: {name: [] for name in paced} for rate in RATES}
        stalls = {name: [] for name in [*paced, CLOSED]}
        for _ in range(3):
            for name, measure in paced.items():
                for rate in RATES:
                    rates[rate][name].append(measure(url, rate, SECONDS))
                stalls[name].append(stalled(side, measure, url))
            stalls[CLOSED].append(stalled(side, one_after_the_other, url))
    medians = lambda named: {name: median_of(each) for name, each in named.items()}
    return {"closed": medians(runs), "rates": {rate: medians(each) for rate, each in rates.items()}, "stalls": medians(stalls)}


def table(rows):
    wrk_rate = rows["closed"]["wrk"]["a_cpu_second"]
    print(f"load: one thread, {CONNECTIONS} connections, GET from nginx; medians of {ROUNDS} rounds of {SECONDS} s")
    print(f"{'':14}{'requests a CPU second':>23}{'x wrk':>8}{'requests/s':>12}{'p50':>12}")
    for name, row in rows["closed"].items():
        print(f"{name:14}{row['a_cpu_second']:23.0f}{row['a_cpu_second'] / wrk_rate:8.3f}{row['a_second']:12.0f}{row['p50_us']:9.0f} us")
    print(f"{'constant rate':21}{'sent a second':>16}{'x asked':>10}{'p50':>12}{'p99':>12}{'late, p99':>13}")
    for rate, row in rows["rates"].items():
        for name, one in row.items():
            late = f"{one['late_p99_us']:10.0f} us" if "late_p99_us" in one else ""
            print(f"{int(rate):7} {name:13}{one['sent_a_second']:16.1f}{one['sent_a_second'] / int(rate):10.4f}{one['p50_us']:9.0f} us"
                  f"{one['p99_us']:9.0f} us{late}")
    print(f"the server stalls for {STALL_S:g} s of {STALL_SECONDS}, {STALL_RATE} requests a second")
    print(f"{'':21}{'sent a second':>16}{'p50':>12}{'p99':>12}")
    for name, row in rows["stalls"].items():
        print(f"{name:21}{row['sent_a_second']:16.1f}{row['p50_us']:9.0f} us{row['p99_us'] / 1e3:9.1f} ms")
