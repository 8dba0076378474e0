"""Servers as they are met: what they do with their connections must cost no client its answer."""
import shutil
import sys
import time
import unittest

from service import SOURCE, Service

REPLICAS = SOURCE / "tests/integration/replicas"
VENV = SOURCE / ".deps/venv/bin"
NODE = shutil.which("node")
ON_SOCKET, ON_PORT = ["--uds", "$TENFOLD_SOCKET"], ["--port", "$PORT"]


def uvicorn(*flags):
    return [str(VENV / "uvicorn"), "asgi_habits:app", "--app-dir", str(REPLICAS), "--no-access-log", *flags]


def gunicorn(*flags):
    return [str(VENV / "gunicorn"), "--chdir", str(REPLICAS), "--workers", "1", "--log-level", "error", *flags]


def stdlib(*flags):
    return [sys.executable, "-S", str(REPLICAS / "stdlib_habits.py"), *flags]


def node(keep_alive_ms, *flags):
    return [NODE, str(REPLICAS / "node_habits.js"), str(keep_alive_ms), *flags]


needs_venv = unittest.skipUnless((VENV / "gunicorn").exists(), "run ./bootstrap --test: it installs uvicorn and gunicorn")
needs_node = unittest.skipUnless(NODE, "run ./bootstrap --test: it installs node")


class Habits(unittest.TestCase):
    def all_right(self, service, paths, pause_s=0.0):
        """One POST after the other; each path but /fail must be answered 200."""
        for number, path in enumerate(paths):
            answer = service.post(path, b"x" * 200)
            self.assertEqual(answer.status, 500 if path == "/fail" else 200, f"{number}: {path}: {answer}")
            time.sleep(pause_s)

    def burst_all_right(self, service, count, path):
        answers = service.burst(count, path, b"x" * 200)
        self.assertEqual([answer for answer in answers if answer.status != 200], [])


@needs_venv
class Uvicorn(Habits):
    def after_errors(self, *flags):
        with Service(uvicorn(*flags)) as service:
            self.all_right(service, ["/fail", "/work"] * 50)

    def test_an_innocent_post_after_a_500_is_answered_on_a_socket(self):
        self.after_errors(*ON_SOCKET)

    def test_an_innocent_post_after_a_500_is_answered_on_a_port(self):
        self.after_errors(*ON_PORT)

    def test_a_keep_alive_of_nothing_loses_no_post_on_a_socket(self):
        with Service(uvicorn(*ON_SOCKET, "--timeout-keep-alive", "0"), concurrency=4) as service:
            self.burst_all_right(service, 100, "/work?ms=3")

    def test_a_keep_alive_of_nothing_loses_no_post_on_a_port(self):
        with Service(uvicorn(*ON_PORT, "--timeout-keep-alive", "0"), concurrency=4) as service:
            self.burst_all_right(service, 100, "/work?ms=3")

    def test_a_loop_that_was_blocked_for_longer_than_the_keep_alive_loses_no_post(self):
        for place in (ON_SOCKET, ON_PORT):
            with self.subTest(place[0]), Service(uvicorn(*place, "--timeout-keep-alive", "1"), concurrency=3) as service:
                self.burst_all_right(service, 3, "/block")
                blocking = service.begin("/block?ms=1500")
                service.wait_for(lambda status: status["running"] == 1)
                self.burst_all_right(service, 2, "/work")
                self.assertEqual(blocking.answer().status, 200)

    def leaving(self, command):
        with Service(command) as service:
            for number in range(12):
                client = service.begin("/work?ms=100")
                service.wait_for(lambda status, count=number + 1:
                                 (status["requests"], status["waiting"], status["running"]) == (count, 0, 1))
                client.leave()
            self.assertEqual(service.post("/most").json(), 1)

    def test_clients_that_leave_never_make_it_work_on_more_than_one(self):
        self.leaving(uvicorn(*ON_SOCKET))

    def test_nor_does_gunicorns_uvicorn_worker(self):
        self.leaving(gunicorn("--worker-class", "uvicorn.workers.UvicornWorker", "--bind", "unix:$TENFOLD_SOCKET",
                              "asgi_habits:app"))

    def test_a_deadline_that_passes_leaves_the_slot_to_the_work(self):
        with Service(uvicorn(*ON_SOCKET)) as service:
            for _ in range(4):
                late = service.post("/work?ms=200", fields={"X-Request-Timeout": "50ms"})
                self.assertEqual(late.status, 504)
            self.assertEqual(service.post("/most").json(), 1)


@needs_venv
class Gunicorn(Habits):
    def test_a_connection_for_each_request_loses_no_post(self):
        for place in ("unix:$TENFOLD_SOCKET", "127.0.0.1:$PORT"):
            with self.subTest(place), Service(gunicorn("--bind", place, "wsgi_habits:app"), concurrency=4) as service:
                self.burst_all_right(service, 100, "/?ms=1")


class Stdlib(Habits):
    def test_a_full_listen_queue_is_busy_and_loses_no_post(self):
        with Service(stdlib(), concurrency=16) as service:
            self.burst_all_right(service, 100, "/?ms=2")
            self.assertEqual(service.metric("tenfold_replicas_started_total"), 1)

    def test_nor_does_it_on_a_port(self):
        with Service(stdlib("--port"), concurrency=4) as service:
            self.burst_all_right(service, 100, "/?ms=2")

    def test_a_server_with_one_thread_for_one_connection_gets_one_connection(self):
        with Service(stdlib("--keep-alive")) as service:
            self.all_right(service, ["/", "/?" + "long=" * 2000, "/"] * 5)


@needs_node
class Node(Habits):
    def test_a_loop_that_was_blocked_for_longer_than_the_keep_alive_loses_no_post(self):
        for place in ([], ["--port"]):
            with self.subTest(place), Service(node(30, *place), concurrency=3) as service:
                for _ in range(5):
                    self.burst_all_right(service, 3, "/block?ms=10")
                    blocking = service.begin("/block?ms=60")
                    service.wait_for(lambda status: status["running"] == 1)
                    self.burst_all_right(service, 2, "/block?ms=1")
                    self.assertEqual(blocking.answer().status, 200)

    def test_a_keep_alive_that_ends_just_then_loses_no_post(self):
        for place in ([], ["--port"]):
            with self.subTest(place), Service(node(5, *place)) as service:
                self.all_right(service, ["/block?ms=1"] * 100, pause_s=0.0045)


if __name__ == "__main__":
    unittest.main()
