"""The load generator beside wrk: requests for each second of the generator's CPU time, and how well a constant rate is kept.

One thread and 32 connections each, GET of 12 bytes from nginx, which has core 0; the generators take turns on core 1.
"""
import json
import os
import re
import subprocess

import peers

ROUNDS = 7
SECONDS = 2
CONNECTIONS = 32
RATES = [100, 1_000, 10_000]
CORE = 1


def server():
    side = peers.Side("nginx")
    config = side.directory / "nginx.conf"
    config.write_text(f"""daemon off; master_process off; worker_processes 1; pid {side.directory}/pid; error_log {side.directory}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {side.directory}/b; proxy_temp_path {side.directory}/p;
  fastcgi_temp_path {side.directory}/f; uwsgi_temp_path {side.directory}/u; scgi_temp_path {side.directory}/s;
  server {{ listen 127.0.0.1:{side.port}; location / {{ return 200 "hello world\\n"; }} }}
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


def constant_rate(url, rate):
    result, _ = load(url, "--workload", f"constant:rate={rate}", "--duration", f"{SECONDS}s")
    return {"rate": rate, "sent_a_second": (result["sent"] - 1) / result["makespan_s"], "p99_us": 1e6 * result["time"]["p99_s"],
            "late_p99_us": 1e6 * result["parts"]["late"]["p99_s"]}


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
        rates = [median_of([constant_rate(url, rate) for _ in range(3)]) for rate in RATES]
    return {"closed": {name: median_of(each) for name, each in runs.items()}, "rates": rates}


def table(rows):
    wrk_rate = rows["closed"]["wrk"]["a_cpu_second"]
    print(f"load: one thread, {CONNECTIONS} connections, GET from nginx; medians of {ROUNDS} rounds of {SECONDS} s")
    print(f"{'':14}{'requests a CPU second':>23}{'x wrk':>8}{'requests/s':>12}{'p50':>12}")
    for name, row in rows["closed"].items():
        print(f"{name:14}{row['a_cpu_second']:23.0f}{row['a_cpu_second'] / wrk_rate:8.3f}{row['a_second']:12.0f}{row['p50_us']:9.0f} us")
    print(f"{'constant rate':14}{'sent a second':>23}{'x asked':>10}{'p99':>12}{'late, p99':>13}")
    for row in rows["rates"]:
        print(f"{row['rate']:14}{row['sent_a_second']:23.1f}{row['sent_a_second'] / row['rate']:10.4f}{row['p99_us']:9.0f} us{row['late_p99_us']:10.0f} us")
