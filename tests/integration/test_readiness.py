"""When a replica is ready: gunicorn listens first and imports then; containers listen where Azure expects them."""
import socket
import sys
import tempfile
import unittest

from service import PUPPET, SOURCE, Service, run

GUNICORN = SOURCE / ".deps/venv/bin/gunicorn"
SLOW = [str(GUNICORN), "--chdir", str(SOURCE / "tests/integration/replicas"), "--bind", "unix:$TENFOLD_SOCKET",
        "slow_import:application"]
# Of a second that the import takes: less than this of it in the solve time is none of it.
IMPORT_MS = 800

PROBES = """
properties:
  configuration: {ingress: {targetPort: 8000}}
  template:
    containers:
    - probes:
      - {type: Startup, httpGet: {path: /, port: 8000}, failureThreshold: 30}
"""


@unittest.skipUnless(GUNICORN.exists(), "run ./bootstrap --test: it installs gunicorn")
class Gunicorn(unittest.TestCase):
    def solve_times_ms(self, *flags, **options):
        """Of the first answers: those of requests that came before there was a replica."""
        with Service(SLOW, "--min-replicas", "0", "--scale-rule-http-concurrency", "1", *flags, max_replicas=2,
                     **options) as service:
            answers = service.burst(4, "/", fields={})
            self.assertEqual({answer.status for answer in answers}, {200})
            return [answer.timing_ms()["solve"] for answer in answers]

    def test_without_a_probe_the_import_is_told_as_solve_time(self):
        times = self.solve_times_ms()
        self.assertGreater(max(times), IMPORT_MS)

    def test_with_a_readiness_path_no_answer_has_the_import_in_its_solve_time(self):
        times = self.solve_times_ms("--readiness-path", "/")
        self.assertLess(max(times), IMPORT_MS)

    def test_with_a_probe_of_the_file_neither(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(PROBES)
            file.flush()
            times = self.solve_times_ms(file=file.name)
        self.assertLess(max(times), IMPORT_MS)


class WrongPort(unittest.TestCase):
    def test_a_container_that_listens_on_its_target_port_is_told_what_to_do(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        server = [sys.executable, "-m", "http.server", port]
        for replicas in ["1", "2"]:
            result = run("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--min-replicas", replicas,
                         "--start-timeout", "2s", "--target-port", port, "--", *server)
            self.assertEqual(result.returncode, 1)
            last = result.stderr.split("no replica starts; the last one ")[1]
            self.assertIn(f"listens on port {port}, which is targetPort", last)
            self.assertIn("$PORT", last)


if __name__ == "__main__":
    unittest.main()
