"""An unchanged FastAPI app under the real uvicorn, as replicas."""
import json
import pathlib
import unittest

from service import SOURCE, Service, children_of

UVICORN = SOURCE / ".deps/venv/bin/uvicorn"
APP = [str(UVICORN), "app:app", "--app-dir", str(SOURCE / "examples/fastapi"), "--no-access-log"]
JSON = {"Content-Type": "application/json"}
PROBLEM = {"capacity": 10, "items": [{"name": "tent", "weight": 6, "value": 30},
                                     {"name": "stove", "weight": 4, "value": 16},
                                     {"name": "book", "weight": 3, "value": 14}]}


@unittest.skipUnless(UVICORN.exists(), "run ./bootstrap --test: it installs FastAPI and uvicorn")
class FastApi(unittest.TestCase):
    def burst(self, command):
        with Service(command, min_replicas=2, max_replicas=2) as service:
            answers = service.burst(20, "/solve", json.dumps(PROBLEM), JSON)
            for answer in answers:
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.json(), {"value": 46, "weight": 10, "packed": ["tent", "stove"]})

    def test_a_burst_on_unix_sockets_is_all_right(self):
        self.burst([*APP, "--uds", "$TENFOLD_SOCKET"])

    def test_a_burst_on_ports_is_all_right(self):
        self.burst([*APP, "--port", "$PORT"])

    def test_work_that_takes_time_is_shared_equally(self):
        with Service([*APP, "--uds", "$TENFOLD_SOCKET"], min_replicas=2, max_replicas=2) as service:
            answers = service.burst(20, "/spin?ms=50")
            self.assertEqual({answer.status for answer in answers}, {200})
            shares = [answer.fields["X-Tenfold-Replica"] for answer in answers]
        # Two replicas on two cores; a neighbour on one of them costs a request or two.
        self.assertAlmostEqual(shares.count("1"), 10, delta=2)

    def test_the_apps_own_errors_pass_as_they_are(self):
        with Service([*APP, "--uds", "$TENFOLD_SOCKET"]) as service:
            answer = service.post("/solve", json.dumps({"capacity": -1, "items": []}), JSON)
            self.assertEqual(answer.status, 422)
            self.assertEqual(answer.json()["detail"][0]["loc"], ["body", "capacity"])

    def test_a_supervisor_with_workers_ends_whole(self):
        with Service([*APP, "--uds", "$TENFOLD_SOCKET", "--workers", "2"]) as service:
            self.assertEqual(service.post("/spin?ms=1").status, 200)
            pids = children_of(service.process.pid)
            service.interrupt()
            self.assertEqual(service.wait(), 0)
            self.assertEqual([pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists()], [])


if __name__ == "__main__":
    unittest.main()
