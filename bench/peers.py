"""The sides of the benchmarks: each starts its processes, says where it serves, and ends them by pid."""
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("TENFOLD_BUILD", ROOT / "build/release"))
TENFOLD = BUILD / "tenfold"
SERVER = BUILD / "bench/bench_server"
FLOOR = BUILD / "bench/bench_floor"
CLIENT = BUILD / "bench/bench_client"
UVICORN = ROOT / ".deps/venv/bin/uvicorn"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)] if core is not None else [str(word) for word in command]


class Side:
    """Processes with a name, a port, and one that is measured."""

    def __init__(self, name):
        self.name = name
        self.port = free_port()
        self.processes = []
        self.measured = None
        self.scratch = tempfile.TemporaryDirectory(prefix="tenfold-bench-")
        self.directory = pathlib.Path(self.scratch.name)

    def start(self, command, core=None, env=None, measured=False):
        log = open(self.directory / "log", "ab")
        process = subprocess.Popen(pinned(core, command), stdout=log, stderr=log, start_new_session=True,
                                   env={**os.environ, **(env or {})}, cwd=self.directory)
        self.processes.append(process)
        if measured:
            self.measured = process
        return process

    def wait_for(self, where, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            family = socket.AF_UNIX if "/" in str(where) else socket.AF_INET
            with socket.socket(family) as probe:
                try:
                    probe.connect(str(where) if family == socket.AF_UNIX else ("127.0.0.1", int(where)))
                    return self
                except OSError:
                    time.sleep(0.01)
            if any(process.poll() is not None for process in self.processes):
                break
        raise SystemExit(f"{self.name} does not serve at {where}:\n{(self.directory / 'log').read_text()[-2000:]}")

    def cpu_seconds(self):
        """User and system CPU time of the measured process, all its threads."""
        fields = pathlib.Path(f"/proc/{self.measured.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def private_bytes(self):
        text = pathlib.Path(f"/proc/{self.measured.pid}/smaps_rollup").read_text()
        return 1024 * sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("Private_Dirty", "Private_Clean")))

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.scratch.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def tenfold(name, *flags, command=(), core=None):
    """Tenfold with its journal and metrics on; ready when as many replicas are as it says. A `--cpu` is a number to count with: the peers' servers have no limits."""
    side = Side(name)
    side.journal = side.directory / "journal"
    ready = subprocess.Popen(
        pinned(core, [TENFOLD, "up", "--quiet", "--port", side.port, "--admin-port", 0, "--journal", side.journal, "--replica-limits", "off",
                      *flags, "--", *command]),
        stdout=subprocess.PIPE, stderr=open(side.directory / "log", "ab"), start_new_session=True, cwd=side.directory, text=True)
    side.processes.append(ready)
    side.measured = ready
    line = ready.stdout.readline()
    if not line.startswith("ready: "):
        raise SystemExit(f"{name} does not start:\n{(side.directory / 'log').read_text()}")
    return side


def upstream(side, core=None):
    """The native upstream on a unix socket of `side`."""
    path = side.directory / "upstream.sock"
    side.start([SERVER, "--listen", path], core)
    side.wait_for(path)
    return path


def floor(core=None, upstream_core=None):
    side = Side("raw epoll forwarder")
    path = upstream(side, upstream_core)
    side.start([FLOOR, "--listen", side.port, "--to", path], core, measured=True)
    return side.wait_for(side.port)


def haproxy(name, servers, core=None, extra=""):
    """HAProxy with one thread before `servers`, lines of its `server` keyword without the name."""
    side = Side(name)
    lines = "\n".join(f"  server s{i} {server}" for i, server in enumerate(servers(side)))
    config = side.directory / "haproxy.cfg"
    config.write_text(f"""global
  nbthread 1
  maxconn 9000
defaults
  mode http
  option http-keep-alive
  option forwardfor
  http-reuse safe
  timeout client 300s
  timeout server 300s
  timeout queue 300s
  timeout connect 5s
frontend in
  bind 127.0.0.1:{side.port}
  default_backend out
backend out
  {extra}
{lines}
""")
    side.start(["haproxy", "-db", "-f", config], core, measured=True)
    return side.wait_for(side.port)


def nginx(core=None, upstream_core=None, make_upstream=None):
    side = Side("nginx")
    path = make_upstream(side) if make_upstream else upstream(side, upstream_core)
    config = side.directory / "nginx.conf"
    config.write_text(f"""daemon off; master_process off; worker_processes 1; pid {side.directory}/pid; error_log {side.directory}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 75s; client_body_buffer_size 16k;
  client_body_temp_path {side.directory}/b; proxy_temp_path {side.directory}/p; fastcgi_temp_path {side.directory}/f;
  uwsgi_temp_path {side.directory}/u; scgi_temp_path {side.directory}/s;
  upstream out {{ server unix:{path}; keepalive 64; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{side.port}; location / {{
    proxy_pass http://out; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; }} }}
}}
""")
    side.start(["nginx", "-c", config], core, measured=True)
    return side.wait_for(side.port)


def proxies():
    """Tenfold and its peers on core 0, each before the same native upstream on core 1."""
    return [
        tenfold("tenfold", "--min-replicas", 1, "--max-replicas", 1, "--concurrency", 64, core=0, command=["taskset", "-c", "1", SERVER]),
        haproxy("HAProxy", lambda side: [f"unix@{upstream(side, 1)}"], core=0),
        nginx(core=0, upstream_core=1),
    ]


def client(port, *flags, core=None):
    run = subprocess.run(pinned(core, [CLIENT, "--to", port, *flags]), capture_output=True, text=True, check=False)
    if not run.stdout:
        raise SystemExit(f"the client failed: {run.stderr}")
    return json.loads(run.stdout)


def median(values):
    return statistics.median(values)


def wait_http(port, seconds=30):
    """Until GET / is answered, whatever the answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing serves at port {port}")
