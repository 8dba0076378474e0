"""/metrics, read by Prometheus' own library, its own checker and itself; and what is deployed beside it."""
import contextlib
import json
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.parse
import urllib.request

from service import PUPPET, SOURCE, Service, eventually

VENV = SOURCE / ".deps/venv/bin/python"
PROMETHEUS = SOURCE / ".deps/prometheus/usr/bin/prometheus"
PROMTOOL = SOURCE / ".deps/prometheus/usr/bin/promtool"

# Prints each sample as "family type name labels value": what Prometheus' Python library makes of the text.
READER = """
import sys
from importlib import import_module
module = "prometheus_client.openmetrics.parser" if sys.argv[1] == "open" else "prometheus_client.parser"
for family in import_module(module).text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(family.name, family.type, sample.name, sorted(sample.labels.items()), sample.value)
"""


def read(kind, text):
    ran = subprocess.run([VENV, "-c", READER, kind], input=text, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout.splitlines(), ran.stderr


class Metrics(unittest.TestCase):
    def test_both_formats_are_what_prometheus_reads_and_tell_the_same(self):
        with Service(PUPPET) as service:
            for _ in range(5):
                service.post("/solve")
            accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
            self.assertEqual(service.metric("tenfold_service_seconds_count"), 5)
            answers = {"open": service.admin("/metrics", accept), "plain": service.admin("/metrics")}
        self.assertTrue(answers["open"].fields["Content-Type"].startswith("application/openmetrics-text; version=1.0.0"))
        self.assertTrue(answers["plain"].fields["Content-Type"].startswith("text/plain; version=0.0.4"))
        samples = {}
        for kind, answer in answers.items():
            status, samples[kind], trouble = read(kind, answer.body.decode())
            self.assertEqual(status, 0, trouble)
            self.assertGreater(len(samples[kind]), 100)
            for sample in samples[kind]:
                self.assertIn("('app', ", sample)
                self.assertNotIn(" unknown ", sample, "each has a type")
        families = set(re.findall(r"^# TYPE (\S+)", answers["open"].body.decode(), re.MULTILINE))
        documented = set(re.findall(r"^\| `([a-z_]+?)(?:_total)?`", (SOURCE / "docs/metrics.md").read_text(), re.MULTILINE))
        self.assertEqual(families, documented)
        names = {kind: {sample.split()[2] for sample in lines} for kind, lines in samples.items()}
        self.assertEqual(names["open"], names["plain"])


def documented_metrics():
    return set(re.findall(r"^\| `([a-z_]+)`", (SOURCE / "docs/metrics.md").read_text(), re.MULTILINE))


@contextlib.contextmanager
def prometheus(target, *flags):
    """The real one, which scrapes `target` each second; its address."""
    with tempfile.TemporaryDirectory() as directory, socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config = pathlib.Path(directory) / "prometheus.yml"
        config.write_text("scrape_configs: [{job_name: tenfold, scrape_interval: 1s, static_configs: [{targets: ['%s']}]}]" % target)
        taken.close()
        process = subprocess.Popen([PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={directory}/data", f"--web.listen-address={address}", *flags],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def ask(address, query):
    """The samples of an instant query; none while nothing listens."""
    try:
        with urllib.request.urlopen(f"http://{address}/api/v1/query?" + urllib.parse.urlencode({"query": query}), timeout=10) as answer:
            return json.load(answer)["data"]["result"]
    except OSError:
        return []


class Prometheus(unittest.TestCase):
    def test_promtool_finds_nothing_wrong(self):
        with Service(PUPPET) as service:
            service.post("/solve")
            text = service.admin("/metrics").body
        ran = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, timeout=60)
        self.assertEqual((ran.returncode, ran.stderr.decode()), (0, ""))

    def test_the_real_one_scrapes_a_live_service(self):
        with Service(PUPPET) as service, prometheus(f"127.0.0.1:{service.admin_port}") as address:
            for _ in range(7):
                service.post("/solve")
            seen = eventually(lambda: [one for one in ask(address, "tenfold_service_seconds_count") if one["value"][1] == "7"], "the scrape")
            self.assertEqual(seen[0]["metric"]["job"], "tenfold")
            self.assertTrue(seen[0]["metric"]["app"])
            self.assertTrue(ask(address, 'tenfold_service_seconds_bucket{le="2.5"}'), "classic histograms for who asks for no others")
            self.assertEqual(ask(address, "tenfold_service_seconds"), [])

    def test_the_real_one_scrapes_native_histograms(self):
        with Service(PUPPET) as service, \
             prometheus(f"127.0.0.1:{service.admin_port}", "--enable-feature=native-histograms") as address:
            for _ in range(7):
                service.post("/sleep?ms=50")
            value = lambda query: [float(one["value"][1]) for one in ask(address, query)]
            eventually(lambda: value("histogram_count(tenfold_service_seconds)") == [7], "the scrape")
            told = service.metric("tenfold_service_seconds_sum")
            self.assertAlmostEqual(value("histogram_sum(tenfold_service_seconds)")[0], told, 6)
            # Within a bucket of a ninth, where the classic ones only tell that it is between 25 ms and 250 ms.
            median = value("histogram_quantile(0.5, tenfold_service_seconds)")[0]
            self.assertTrue(0.05 / 1.1 < median < 0.09, median)
            self.assertEqual(value("tenfold_requests_total"), [7])
            self.assertEqual(value("tenfold_replicas_max"), [1])
            self.assertEqual(value('tenfold_replicas{state="ready"}'), [1])
            self.assertTrue(ask(address, "tenfold_service_seconds")[0]["metric"]["app"])
            # The longest wait of seven that wait for nobody is none, or next to none.
            self.assertLess(value("histogram_quantile(1, tenfold_wait_seconds)")[0], 0.01)

    def test_alerts_say_what_they_should(self):
        ran = subprocess.run([PROMTOOL, "test", "rules", SOURCE / "tests/deploy/alerts.yml"], capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_the_dashboard_asks_for_what_there_is(self):
        board = json.loads((SOURCE / "deploy/grafana/tenfold.json").read_text())
        expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        expressions += [annotation["expr"] for annotation in board["annotations"]["list"]]
        self.assertGreater(len(expressions), 15)
        known = documented_metrics()
        for expression in expressions:
            for name in re.findall(r"\b(?:tenfold|process)_[a-z_]+", expression):
                self.assertIn(name.removesuffix("_bucket"), known)
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as rules:
            records = [{"record": f"panel:{i}", "expr": expression.replace("$__rate_interval", "1m").replace("$app", "a")} for i, expression in enumerate(expressions)]
            rules.write(json.dumps({"groups": [{"name": "dashboard", "rules": records}]}))
            rules.flush()
            ran = subprocess.run([PROMTOOL, "check", "rules", rules.name], capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
