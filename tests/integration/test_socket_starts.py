"""`--start socket`: a replica gets its listening socket as descriptor 3, as from systemd; real servers that take it."""
import pathlib
import unittest

from service import Service, run
from test_habits import gunicorn, needs_node, needs_venv, node, stdlib, uvicorn


class SocketStarts(unittest.TestCase):
    def check(self, command, path, concurrency=4):
        with Service(command, "--start", "socket", min_replicas=2, max_replicas=2, concurrency=concurrency) as service:
            pids = service.replica_pids()
            answers = service.burst(50, path, b"x" * 200)
            self.assertEqual([answer for answer in answers if answer.status != 200], [])
            self.assertEqual(service.replica_pids(), pids)
            for pid in pids:
                told = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                self.assertIn(b"LISTEN_FDS=1", told)
                self.assertIn(b"LISTEN_PID=%d" % pid, told)

    @needs_venv
    def test_uvicorn_serves_on_it(self):
        self.check(uvicorn("--fd", "3"), "/work?ms=1")

    @needs_venv
    def test_gunicorn_takes_it_by_itself_with_several_workers(self):
        self.check(gunicorn("--workers", "2", "wsgi_habits:app"), "/?ms=1")

    @needs_node
    def test_node_serves_on_it(self):
        self.check(node(5000, "--fd"), "/block?ms=1")

    def test_a_program_that_serves_elsewhere_is_told_so(self):
        result = run("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--min-replicas", "1",
                     "--start-timeout", "1s", "--start", "socket", "--", *stdlib("--port"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("it has taken no connection from its descriptor 3 ($LISTEN_FDS); it listens on port",
                      result.stderr)


if __name__ == "__main__":
    unittest.main()
