"""Scaling, live: metrics from elsewhere, each kind of rule, and a configuration that changes while requests run."""
import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import pty
import signal
import tempfile
import termios
import threading
import unittest

from service import PUPPET, Service, eventually, run

# Polled every second, and shrinking without delay: what a test waits for comes within seconds.
QUICK_ACA = {"evaluationInterval": "1s", "scaleDownStabilization": "1s"}


class MetricServer:
    """Answers each GET with `body` under `status`; not at all while `is_silent`."""

    def __init__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                outer.last_path = self.path
                if outer.is_silent:
                    outer.gate.wait()
                    return
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(outer.body.encode())

            def log_message(self, *_):
                pass

        self.status, self.body, self.is_silent = 200, "{}", False
        self.asked, self.last_path = 0, ""
        self.gate = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    def say(self, body, status=200):
        self.body, self.status, self.is_silent = body, status, False

    def waiting(self, number):
        self.say(json.dumps({"jobs": {"waiting": number}}))

    def wait_until_asked(self, times=1):
        """Until that many more questions were asked, and those before were answered."""
        goal = self.asked + times + 1
        eventually(lambda: self.asked >= goal, "the metric's server is asked")


class AppFile:
    """An app.yaml that a test can change under a service that runs."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="tenfold-app-")
        self.path = pathlib.Path(self.directory.name, "app.yaml")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def write(self, azure_rules=(), low=1, high=4, cpu=None, command=None, **tenfold):
        """JSON is YAML. `azure_rules` stand in the scale section, `tenfold` is what stands under that key: the policy is aca
        unless it names another."""
        tenfold = {"policy": "aca", **tenfold}
        container = {"name": "app"}
        if cpu:
            container["resources"] = {"cpu": cpu, "memory": "1Gi"}
        if command:
            container["command"] = command
        scale = {"minReplicas": low, "maxReplicas": high, "pollingInterval": 1, "rules": list(azure_rules)}
        app = {"properties": {"template": {"containers": [container], "scale": scale}}, "tenfold": tenfold}
        # In one step, as a careful editor does: the service must not read half a file.
        text = self.path.with_suffix(".new")
        text.write_text(json.dumps(app, indent=1))
        text.rename(self.path)

    def serve(self, *flags, **options):
        options = {"min_replicas": None, "max_replicas": None, "concurrency": None, **options}
        return Service(PUPPET, *flags, file=self.path, **options)


def json_rule(server, target, name="jobs"):
    return {"name": name, "custom": {"type": "metrics-api", "metadata": {
        "url": f"{server.url}/stats", "valueLocation": "jobs.waiting", "targetValue": str(target)}}}


def rule_of(status, name):
    return next(rule for rule in status["rules"] if rule["name"] == name)


def ready(count):
    return lambda status: status["replicas"]["ready"] == count and status["replicas"]["starting"] == 0


def reload(service, said):
    """Sends SIGHUP, and waits until `said` is in what the service says from then on."""
    before = len(service.lines)
    service.process.send_signal(signal.SIGHUP)
    eventually(lambda: any(said in line for line in service.lines[before:]), f"'{said}'")
    return service.lines[before:]


class CustomMetrics(unittest.TestCase):
    def test_a_number_from_json_scales_out_and_in(self):
        with MetricServer() as server, AppFile() as app:
            server.waiting(0)
            app.write([json_rule(server, 5)], aca=QUICK_ACA)
            with app.serve() as service:
                server.waiting(15)
                status = service.wait_for(lambda status: ready(3)(status) and status)
                self.assertEqual(server.last_path, "/stats")
                status = service.status()
                self.assertEqual(rule_of(status, "jobs")["kind"], "custom")
                self.assertEqual(rule_of(status, "jobs")["target"], 5)
                self.assertEqual(rule_of(status, "jobs")["value"], 15)
                self.assertFalse(rule_of(status, "jobs")["failing"])
                self.assertEqual(service.metric('tenfold_rule_value{rule="jobs",kind="custom"}'), 15)
                server.waiting("2")
                service.wait_for(ready(1))

    def test_a_prometheus_query_scales_out(self):
        rule = {"name": "load", "custom": {"type": "prometheus", "metadata": {
            "serverAddress": "", "query": 'sum(rate(jobs{app="x"}[1m]))', "threshold": "2"}}}
        with MetricServer() as server, AppFile() as app:
            result = [{"metric": {}, "value": [1435781451.781, "5.5"]}]
            server.say(json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}))
            rule["custom"]["metadata"]["serverAddress"] = server.url
            app.write([rule], aca=QUICK_ACA)
            with app.serve() as service:
                service.wait_for(ready(3))
                self.assertEqual(server.last_path,
                                 "/api/v1/query?query=sum%28rate%28jobs%7Bapp%3D%22x%22%7D%5B1m%5D%29%29")

    def test_a_server_in_trouble_keeps_the_last_value_and_is_told_once(self):
        with MetricServer() as server, AppFile() as app:
            server.waiting(15)
            app.write([json_rule(server, 5)], aca=QUICK_ACA, metrics={"timeout": "200ms"})
            with app.serve() as service:
                service.wait_for(ready(3))
                server.say("oops", 500)
                eventually(lambda: "it answered 500 and not 200" in service.output(), "the failure is told")
                for body in ("<html>Sorry</html>", '{"jobs":{"waiting":NaN}}', '{"jobs":{"waiting":"NaN"}}', "",
                             '{"jobs":{}}'):
                    server.say(body)
                    server.wait_until_asked()
                    self.assertTrue(rule_of(service.status(), "jobs")["failing"], body)
                server.is_silent = True
                server.wait_until_asked()
                status = service.status()
                self.assertTrue(rule_of(status, "jobs")["failing"])
                self.assertEqual(rule_of(status, "jobs")["value"], 15)
                self.assertEqual(status["replicas"]["ready"], 3)
                service.says("no value for rule 'jobs'")
                server.waiting(20)
                service.wait_for(ready(4))
                service.says("the metric of rule 'jobs' is back: 20")

    def test_a_value_that_is_too_old_counts_no_more(self):
        with MetricServer() as server, AppFile() as app:
            server.waiting(15)
            app.write([json_rule(server, 5)], policy="slo", cores=0, metrics={"keep": "2s", "timeout": "200ms"})
            with app.serve() as service:
                service.wait_for(ready(3))
                server.say("", 503)
                service.wait_for(ready(1))

    def test_a_source_that_needs_tls_is_refused_at_the_start(self):
        with AppFile() as app:
            rule = {"name": "jobs", "custom": {"type": "metrics-api", "metadata": {
                "url": "https://x/", "valueLocation": "v", "targetValue": "1"}}}
            app.write([rule])
            ended = run("up", str(app.path), "--port", "0", "--admin-port", "0", "--journal", "none", "--", *PUPPET)
            self.assertIn(ended.returncode, (1, 2))
            self.assertIn("TLS", ended.stderr)
            self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)


class Rules(unittest.TestCase):
    @contextlib.contextmanager
    def scaling(self, azure_rules=(), **options):
        with AppFile() as app:
            app.write(azure_rules, high=3, **options)
            with app.serve() as service:
                yield service

    def keep_busy(self, service, path, is_enough):
        """Eight clients that ask again and again until the status is as wanted; all answers must be good."""
        stop = threading.Event()
        bad = []

        def ask():
            while not stop.is_set():
                answer = service.post(path)
                if answer.status != 200:
                    bad.append(answer)

        clients = [threading.Thread(target=ask, daemon=True) for _ in range(8)]
        for client in clients:
            client.start()
        try:
            service.wait_for(is_enough)
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.assertEqual(bad, [])

    def test_http_in_flight(self):
        rule = {"name": "web", "http": {"metadata": {"concurrentRequests": "2"}}}
        with self.scaling([rule], aca={**QUICK_ACA, "metric": "inflight"}) as service:
            self.keep_busy(service, "/sleep?ms=100", ready(3))
            service.wait_for(ready(1))

    def test_http_as_azure_documents_it_is_a_rate(self):
        rule = {"name": "web", "http": {"metadata": {"concurrentRequests": "10"}}}
        with self.scaling([rule], aca=QUICK_ACA) as service:
            self.keep_busy(service, "/sleep?ms=10", ready(3))

    def test_tcp(self):
        rule = {"name": "wire", "tcp": {"metadata": {"concurrentConnections": "2"}}}
        with self.scaling([rule], aca={**QUICK_ACA, "metric": "inflight"}) as service:
            self.keep_busy(service, "/sleep?ms=100", ready(3))
            self.assertEqual(rule_of(service.status(), "wire")["kind"], "tcp")

    def test_cpu(self):
        rule = {"name": "heat", "custom": {"type": "cpu", "metadata": {"type": "Utilization", "value": "50"}}}
        with self.scaling([rule], cpu=0.5, aca=QUICK_ACA) as service:
            self.keep_busy(service, "/spin?ms=50", ready(3))

    def test_rps(self):
        with self.scaling(rules=[{"name": "pace", "rps": {"target": 5}}], aca=QUICK_ACA) as service:
            self.keep_busy(service, "/sleep?ms=10", ready(3))

    def test_queue_wait(self):
        with self.scaling(rules=[{"name": "patience", "queueWait": {"target": "100ms"}}], aca=QUICK_ACA) as service:
            self.keep_busy(service, "/sleep?ms=200", ready(3))

    def test_schedule(self):
        """From New Year to the last minute of the year."""
        rule = {"name": "office", "custom": {"type": "cron", "metadata": {
            "timezone": "UTC", "start": "0 0 1 1 *", "end": "59 23 31 12 *", "desiredReplicas": "2"}}}
        with self.scaling([rule], aca=QUICK_ACA) as service:
            service.wait_for(ready(2))
            self.assertEqual(rule_of(service.status(), "office")["value"], 2)


class Reload(unittest.TestCase):
    def test_a_lower_max_under_load_loses_nothing(self):
        with AppFile() as app:
            app.write(low=4, high=4)
            with app.serve() as service:
                service.wait_for(ready(4))
                requests = [service.begin("/sleep?ms=200") for _ in range(60)]
                service.wait_for(lambda status: status["running"] == 4 and status["waiting"] > 0)
                app.write(low=1, high=2)
                lines = reload(service, "reloaded")
                self.assertTrue(any("max replicas 4 -> 2" in line and "min replicas 4 -> 1" in line for line in lines),
                                lines)
                service.wait_for(lambda status: status["max_replicas"] == 2 and status["replicas"]["ready"] <= 2)
                self.assertEqual({request.answer().status for request in requests}, {200})
                service.wait_for(lambda status: status["replicas"]["draining"] + status["replicas"]["stopping"] == 0)

    def test_a_higher_min_applies_at_once(self):
        with AppFile() as app:
            app.write(low=1, high=1)
            with app.serve() as service:
                held = service.hold()
                app.write(low=3, high=3)
                reload(service, "min replicas 1 -> 3, max replicas 1 -> 3")
                service.wait_for(ready(3))
                service.release()
                self.assertEqual(held.answer().status, 200)

    def test_more_slots_take_what_waits(self):
        with AppFile() as app:
            app.write(low=1, high=1)
            with app.serve() as service:
                held = [service.hold("one")]
                waiting = [service.begin(f"/hold?gate={service.directory / 'two'}") for _ in range(2)]
                service.wait_for(lambda status: status["waiting"] == 2)
                app.write(low=1, high=1, concurrency=3)
                reload(service, "concurrency 1 -> 3")
                service.wait_for(lambda status: status["running"] == 3 and status["slots_per_replica"] == 3)
                service.release("one")
                service.release("two")
                self.assertEqual({request.answer().status for request in held + waiting}, {200})

    def test_the_policy_and_its_rules_can_change(self):
        with MetricServer() as server, AppFile() as app:
            server.waiting(20)
            app.write()
            with app.serve() as service:
                self.assertEqual(service.status()["policy"], "aca")
                app.write([json_rule(server, 5)], policy="slo", cores=0)  # as many as asked for, on any machine
                lines = reload(service, "reloaded")
                self.assertTrue(any("policy aca -> slo" in line and "rule 'jobs' added" in line for line in lines), lines)
                service.wait_for(ready(4))
                status = service.status()
                self.assertEqual(status["policy"], "slo")
                self.assertEqual([rule["name"] for rule in status["rules"]], ["jobs"])
                app.write(policy="slo", cores=0)
                reload(service, "rule 'jobs' removed")
                asked = server.asked
                service.wait_for(ready(1))
                self.assertEqual(service.status()["rules"], [])
                self.assertLessEqual(server.asked, asked + 1)

    def test_a_bad_file_is_refused_and_the_old_one_stays(self):
        with AppFile() as app:
            app.write(high=4)
            with app.serve() as service:
                before = service.status()
                for bad, reason in (('{"properties": [', "no YAML"),
                                    ('{"properties": {"template": {"scale": {"maxReplicaz": 3}}}}', "maxReplicas"),
                                    ('{"properties": {"template": {"scale": {"minReplicas": 9, "maxReplicas": 3}}}}',
                                     "min"),
                                    ('{"tenfold": {"policy": "sla"}}', "slo")):
                    app.path.write_text(bad)
                    lines = reload(service, "not reloaded, the old configuration stays")
                    self.assertEqual(len(lines), 1, lines)
                    self.assertIn(reason, lines[0])
                app.path.unlink()
                reload(service, "not reloaded, the old configuration stays")
                after = service.status()
                self.assertEqual((before["policy"], before["max_replicas"]), (after["policy"], after["max_replicas"]))
                self.assertEqual(service.post("/echo").status, 200)

    def test_flags_stay_above_the_file(self):
        with AppFile() as app:
            app.write(high=4)
            with app.serve("--max-replicas", "3", max_replicas=None) as service:
                self.assertEqual(service.status()["max_replicas"], 3)
                app.write(high=9, policy="slo")
                reload(service, "policy aca -> slo")
                self.assertEqual(service.status()["max_replicas"], 3)

    def test_what_needs_a_restart_is_told_by_name(self):
        with AppFile() as app:
            app.write()
            with app.serve() as service:
                app.write(address="127.0.0.2", limits={"body": "1MiB"}, timeout="100s")
                reload(service, "timeout 240s -> 100s")
                eventually(lambda: "max body: needs a restart" in service.output(), "the last line")
                service.says("address: needs a restart")
                self.assertEqual(service.post("/echo", b"x" * 2_000_000).status, 200)

    def test_nothing_new_is_said_as_such(self):
        with AppFile() as app:
            app.write()
            with app.serve() as service:
                reload(service, f"reloaded {app.path}: nothing new")

    def test_without_a_file_a_hangup_ends_the_service_in_order(self):
        with Service(PUPPET) as service:
            held = service.hold()
            service.interrupt(signal.SIGHUP)
            service.release()
            self.assertEqual(held.answer().status, 200)
            self.assertEqual(service.wait(), 0)

    def test_a_terminal_that_is_closed_ends_the_service_file_or_not(self):
        with AppFile() as app:
            app.write()
            terminal, its_end = pty.openpty()

            def take_terminal():
                os.setsid()
                fcntl.ioctl(its_end, termios.TIOCSCTTY, 0)

            with app.serve(preexec=take_terminal) as service:
                os.close(its_end)
                os.close(terminal)
                service.is_ending = True
                self.assertEqual(service.wait(), 0)

    def test_nohup_keeps_it_alive(self):
        with Service(PUPPET, preexec=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as service:
            service.process.send_signal(signal.SIGHUP)
            for _ in range(10):
                self.assertEqual(service.post("/echo").status, 200)


class Policy(unittest.TestCase):
    def test_slo_decides_where_nothing_else_is_said(self):
        with Service(PUPPET) as service:
            self.assertEqual(service.status()["policy"], "slo")


class Machine(unittest.TestCase):
    def test_more_replicas_than_cores_are_warned_of_once(self):
        with AppFile() as app:
            app.write(low=1, high=400, cpu=2)
            with app.serve() as service:
                service.says("400 replicas of 2 CPU want 800, this machine has")
                reload(service, "nothing new")
                app.write(low=1, high=500, cpu=2)
                reload(service, "500 replicas of 2 CPU want 1000, this machine has")
                service.says("this machine has", times=2)


class Classes(unittest.TestCase):
    def test_each_class_is_named_once_in_the_journal(self):
        with AppFile() as app:
            app.write(queue={"classBy": "X-Size"})
            with app.serve() as service:
                for _ in range(2):
                    service.post("/echo?seed=1")
                    service.post("/echo?seed=2", fields={"X-Size": "large"})
                service.post("/sleep?ms=1", fields={"X-Other": "large"})
                service.interrupt()
                service.wait()
                dump = run("journal", "dump", str(service.journal)).stdout
        names = [line.split(" class ", 1)[1] for line in dump.splitlines() if " class " in line and " is /" in line]
        self.assertEqual(names, ["1 is /echo", "2 is /echo large", "3 is /sleep"])


if __name__ == "__main__":
    unittest.main()
