"""Probes of replicas that are ready: who fails gets nothing new, or is replaced, and clients see neither."""
import json
import os
import pathlib
import signal
import tempfile
import unittest

from service import PUPPET, Service, eventually


class Probed(Service):
    """Two replicas, asked every second; one bad answer is enough. A machine that stalls is none within `patience_s`."""

    def __init__(self, *kinds, patience_s=30, **options):
        self.scratch = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.scratch.name) / "app.yaml"
        probes = [{"type": kind, "httpGet": {"path": "/well", "port": 8000}, "periodSeconds": 1,
                   "timeoutSeconds": patience_s, "failureThreshold": 1}
                  for kind in kinds]
        container = {"probes": probes, "env": [{"name": "SICK", "value": str(self.sick())}]}
        self.file.write_text(json.dumps({"properties": {"template": {"containers": [container]}}}))
        super().__init__(PUPPET, "--grace", "1s", file=self.file, min_replicas=2, max_replicas=2, **options)

    def sick(self, number=None):
        return pathlib.Path(self.scratch.name) / ("sick" if number is None else f"sick.{number}")

    def clean_up(self):
        super().clean_up()
        self.scratch.cleanup()

    def states(self):
        return {replica["replica"]: replica["state"] for replica in self.status()["list"]}

    def served_by(self, count):
        return {self.post("/echo").fields["X-Tenfold-Replica"] for _ in range(count)}


class Probes(unittest.TestCase):
    def test_who_is_not_ready_gets_nothing_new_and_keeps_what_it_has(self):
        with Probed("Readiness") as service:
            eventually(lambda: set(service.states().values()) == {"ready"}, "both ready")
            held = service.hold()
            busy = next(r["replica"] for r in service.status()["list"] if r["running"] == 1)
            service.sick(busy).touch()
            eventually(lambda: service.states()[busy] == "not ready", "the probe fails")
            service.says(f"replica {busy}: its readiness probe GET /well was answered 503; it gets nothing new")
            service.release()
            self.assertEqual(held.answer().status, 200)
            self.assertEqual(service.served_by(6), {str(3 - busy)})
            service.sick(busy).unlink()
            eventually(lambda: service.states()[busy] == "ready", "it passes again")
            self.assertEqual(service.served_by(6), {"1", "2"})

    def test_who_does_not_live_is_replaced_and_finishes_what_it_has(self):
        with Probed("Liveness") as service:
            eventually(lambda: set(service.states().values()) == {"ready"}, "both ready")
            service.sick(1).touch()
            eventually(lambda: service.states() == {2: "ready", 3: "ready"}, "another takes its place")
            service.says("replica 1: its liveness probe GET /well was answered 503; it is replaced")
            self.assertEqual(service.served_by(6), {"2", "3"})

    def test_a_replica_that_hangs_is_replaced_and_its_request_is_answered_by_another(self):
        with Probed("Liveness", patience_s=2) as service:
            eventually(lambda: set(service.states().values()) == {"ready"}, "both ready")
            held = service.begin(f"/hold?gate={service.directory / 'gate'}", method="GET")
            eventually((service.directory / "gate.held").exists, "the replica has the request")
            hung = next(r for r in service.status()["list"] if r["running"] == 1)
            os.kill(hung["pid"], signal.SIGSTOP)
            service.release()
            self.assertEqual(held.answer().status, 200)
            service.says(f"replica {hung['replica']}: its liveness probe GET /well did not answer within 2 s")
            eventually(lambda: hung["replica"] not in service.states(), "another takes its place")


if __name__ == "__main__":
    unittest.main()
