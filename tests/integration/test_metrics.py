"""/metrics, read by Prometheus' own library."""
import re
import subprocess
import unittest

from service import PUPPET, SOURCE, Service

VENV = SOURCE / ".deps/venv/bin/python"

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
