"""A service under steady load while somebody kills its replicas, stops them, deploys and upgrades: what its clients see.

An open loop: a request is due every 20 ms, whatever becomes of the others. Each stays 40 ms in its slot.
"""
import json
import os
import random
import signal
import subprocess
import time
import urllib.request

import peers

RATE = 50
SHORT_S, LONG_S = 30, 600
EVERY_S = 1
PROBE = {"type": "Liveness", "httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 2}


class Service:
    """`tenfold up` with a file that can change, and its admin port."""

    def __init__(self, name, *flags, probes=()):
        self.side = peers.Side(name)
        self.admin = peers.free_port()
        self.probes = list(probes)
        self.file = self.side.directory / "app.yaml"
        self.write(1)
        self.side.start([peers.TENFOLD, "up", self.file, "--quiet", "--port", self.side.port, "--admin-port", self.admin, "--journal",
                         self.side.directory / "journal", "--concurrency", 1, *flags])
        self.side.wait_for(self.side.port)
        self.side.wait_for(self.admin)
        while len(self.replicas()) < 4:
            time.sleep(0.01)

    def write(self, version):
        container = {"name": "solve", "command": [str(peers.SERVER), "--sleep-ms", "40"], "probes": self.probes,
                     "env": [{"name": "VERSION", "value": str(version)}]}
        self.file.write_text(json.dumps({"properties": {"template": {"containers": [container],
                                                                     "scale": {"minReplicas": 4, "maxReplicas": 10}}}}))

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=10) as answer:
            return answer.read().decode()

    def replicas(self):
        return [one["pid"] for one in json.loads(self.get("/status"))["list"] if one["state"] == "ready"]

    def metric(self, name):
        return sum(float(line.split()[-1]) for line in self.get("/metrics").splitlines() if line.startswith(name))

    def end(self):
        """The process that serves now: after an upgrade it is none that was started here."""
        os.kill(json.loads(self.get("/upgrade"))["pid"], signal.SIGTERM)

    def tell(self, command):
        subprocess.run([peers.TENFOLD, command, "--admin", f"http://127.0.0.1:{self.admin}"], check=True, stdout=subprocess.DEVNULL)


def kill(service, _):
    os.kill(random.choice(service.replicas()), signal.SIGKILL)


def stop(service, _):
    os.kill(random.choice(service.replicas()), signal.SIGSTOP)


def deploy(service, number):
    service.write(number)
    service.tell("deploy")


def upgrade(service, _):
    service.tell("upgrade")


# What happens, how often, and which requests.
CASES = [
    {"name": "killed every second, safe to repeat", "flags": ["--retry", "safe"], "does": kill, "every_s": EVERY_S},
    {"name": "killed every second, not to be repeated", "flags": [], "does": kill, "every_s": EVERY_S},
    {"name": "hung every 5 s, probed, safe to repeat", "flags": ["--retry", "safe", "--grace", "1s"], "does": stop, "every_s": 5, "probes": [PROBE]},
    {"name": "a revision every second", "flags": [], "does": deploy, "every_s": 1, "most": 20},
    {"name": "an upgrade every 5 s", "flags": [], "does": upgrade, "every_s": 5, "most": 5},
]


def run_case(case, seconds):
    random.seed(1)
    service = Service(case["name"], *case["flags"], probes=case.get("probes", ()))
    with service.side as side:
        load = subprocess.Popen([peers.TENFOLD, "load", f"http://127.0.0.1:{side.port}/solve", "--workload", f"constant:rate={RATE}", "--duration",
                                 f"{seconds}s", "--timeout", "60s", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        done = 0
        began = time.monotonic()
        while load.poll() is None and time.monotonic() - began < seconds - 2 and done < case.get("most", 10**9):
            time.sleep(max(0.0, began + (done + 1) * case["every_s"] - time.monotonic()))
            if load.poll() is None and service.replicas():
                case["does"](service, done + 2)
                done += 1
        result = json.loads(load.communicate()[0])
        spans = result["time"]
        told = {"name": case["name"], "seconds": seconds, "done": done, "requests": result["sent"], "statuses": result["status"],
                "errors": result["errors"], "retries": service.metric("tenfold_retries_total"),
                "p50_ms": 1000 * spans["p50_s"], "p99_ms": 1000 * spans["p99_s"], "max_ms": 1000 * spans["max_s"]}
        service.end()
        return told


def run(is_long=False):
    return [run_case(case, LONG_S if is_long else SHORT_S) for case in CASES]


def table(results):
    print(f"{'':<42}{'times':>7}{'requests':>10}{'200':>8}{'502':>6}{'other':>7}{'tried again':>13}{'p50':>9}{'p99':>10}{'longest':>11}")
    for r in results:
        good, lost = r["statuses"].get("200", 0), r["statuses"].get("502", 0)
        print(f"{r['name']:<42}{r['done']:>7}{r['requests']:>10,}{good:>8,}{lost:>6}{r['requests'] - good - lost:>7}{r['retries']:>13.0f}"
              f"{r['p50_ms']:>6.0f} ms{r['p99_ms']:>7.0f} ms{r['max_ms']:>8.0f} ms")
