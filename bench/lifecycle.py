"""Cold starts: from the decision to have another replica to the first byte of its first answer, as a client sees it. All replicas
are held by a request when one more comes, so that it needs a new one: `per-request` decides that at once, gunicorn gets SIGTTIN."""
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import time
import urllib.request

import peers
from journal_facts import run_tenfold

STARTS = 12
HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = peers.BUILD / "bench/bench_lifecycle"
PYTHON = peers.UVICORN.parent
PER_REQUEST = ["--policy", "per-request", "--min-replicas", 1, "--max-replicas", STARTS + 2, "--concurrency", 1, "--cores", 0]
FORKED = re.compile(r"replica \d+ is ready after ([\d.]+) ms")


def tenfold(name, *flags, command=(), env=None):
    side = peers.Side(name)
    journal = side.directory / "journal"
    program = ["--", *command] if command else []
    side.start([peers.TENFOLD, "up", "--port", side.port, "--admin-port", 0, "--journal", journal, *flags, *program],
               env={**(env or {}), "PATH": f"{PYTHON}:{os.environ['PATH']}"}, measured=True)
    return side.wait_for(side.port)


def sdk(name, mib, start):
    return lambda: tenfold(name, *PER_REQUEST, "--start", start, command=[PROGRAM], env={"MIB": str(mib)})


def uvicorn():
    return tenfold("uvicorn + FastAPI, exec", *PER_REQUEST, command=[
        peers.UVICORN, "--uds", "$TENFOLD_SOCKET", "--app-dir", HERE, "--no-access-log", "--log-level", "warning", "lifecycle_app:app"])


def python():
    return tenfold("tenfold --python, import of 1 s", *PER_REQUEST, "--python", "lifecycle_app:app", env={"IMPORT_S": "1", "PYTHONPATH": str(HERE)})


def gunicorn():
    side = peers.Side("gunicorn --preload")
    side.start([PYTHON / "gunicorn", "--preload", "--workers", 1, "--timeout", 3600, "--bind", f"127.0.0.1:{side.port}", "--chdir", HERE,
                "lifecycle_app:wsgi"], measured=True)
    return side.wait_for(side.port)


SIDES = [sdk("tenfold, SDK, 10 MiB, fork", 10, "zygote"), sdk("tenfold, SDK, 10 MiB, exec", 10, "exec"),
         sdk("tenfold, SDK, 200 MiB, fork", 200, "zygote"), sdk("tenfold, SDK, 200 MiB, exec", 200, "exec"), python, uvicorn, gunicorn]


def begin(side, path):
    client = socket.create_connection(("127.0.0.1", side.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return client


def starts_of(side):
    """Milliseconds of each start."""
    answer(begin(side, "/quick"))
    held, times = [], []
    for _ in range(STARTS):
        held.append(begin(side, "/hold"))
        time.sleep(0.2)  # it is on its way to the replica that is free, and the machine is still
        begun = time.perf_counter()
        if side.name.startswith("gunicorn"):
            side.measured.send_signal(signal.SIGTTIN)
        client = begin(side, "/quick")
        client.recv(1)
        times.append(1000 * (time.perf_counter() - begun))
        answer(client)
    for client in held:
        client.close()
    return times


def kill(side):
    """Its requests are held for an hour."""
    os.killpg(side.measured.pid, signal.SIGKILL)
    side.stop()


def answer(client):
    while client.recv(65536):
        pass
    client.close()


def own_mib(pid):
    """What a process has for itself, its page tables included."""
    kib = 0
    for file, fields in (("smaps_rollup", ("Private_Dirty", "Private_Clean")), ("status", ("VmPTE",))):
        text = pathlib.Path(f"/proc/{pid}/{file}").read_text()
        kib += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(fields))
    return kib / 1024


def memory():
    """What a forked replica has for itself before its first request."""
    side = tenfold("memory", "--min-replicas", 4, "--max-replicas", 4, command=[PROGRAM], env={"MIB": "200"})
    wait_for_lines(side, FORKED, 4)
    admin = re.search(r"admin: (http://\S+)", (side.directory / "log").read_text())[1]
    with urllib.request.urlopen(f"{admin}/status") as status:
        sizes = [own_mib(replica["pid"]) for replica in json.load(status)["list"]]
    kill(side)
    return statistics.median(sizes)


def wait_for_lines(side, pattern, count):
    deadline = time.monotonic() + 30
    while len(found := pattern.findall((side.directory / "log").read_text())) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def burst():
    """From the first request of a burst to the tenth ready replica, by the journal: 2 to 10 under `slo`, each request 100 ms."""
    side = tenfold("burst", "--min-replicas", 2, "--max-replicas", 10, "--cores", 0, command=[PROGRAM], env={"MIB": "200"})
    wait_for_lines(side, FORKED, 2)
    clients = [begin(side, "/wait") for _ in range(100)]
    for client in clients:
        answer(client)
    side.measured.send_signal(signal.SIGINT)
    side.measured.wait(30)
    dump = run_tenfold("journal", "dump", side.directory / "journal")
    side.stop()
    arrived = [float(at) for at in re.findall(r"(?m)^ *(-?[\d.]+) request \d+ arrived", dump)]
    ready = [float(at) for at in re.findall(r"(?m)^ *(-?[\d.]+) replica \d+ (?:is )?ready", dump)]
    return 1000 * (max(ready[:10]) - arrived[0])


def run():
    results = {"starts": {}, "memory_mib": memory(), "burst_ms": statistics.median(burst() for _ in range(3))}
    for make in SIDES:
        side = make()
        results["starts"][side.name] = starts_of(side)
        kill(side)
    return results


def table(results):
    print(f"{'first byte of the first answer':32} {'median':>10} {'fastest':>10} {'slowest':>10}")
    for name, times in results["starts"].items():
        print(f"{name:32} {statistics.median(times):>7.1f} ms {min(times):>7.1f} ms {max(times):>7.1f} ms")
    print(f"\n2 to 10 replicas after the first of 100 requests: {results['burst_ms']:.0f} ms")
    print(f"memory of a forked replica's own before its first request: {results['memory_mib']:.1f} MiB")
