"""`tenfold up --python`: an app is imported once, and each replica is a fork of that."""
import os
import signal
import tempfile
import unittest

from service import PUPPET, SOURCE, Service, eventually, run
from test_zygote import ForkedService

PYTHON = SOURCE / ".deps/venv/bin"
HAS_UVICORN = (PYTHON / "uvicorn").exists()


def environment(fault=""):
    return {"PATH": f"{PYTHON}:{os.environ['PATH']}", "FORKED_FAULT": fault,
            "PYTHONPATH": str(SOURCE / "tests/integration/replicas")}


class PythonService(ForkedService):
    def __init__(self, app, *flags, replicas=1, **options):
        Service.__init__(self, [], "--python", f"forked_app:{app}", *flags, min_replicas=replicas, max_replicas=replicas,
                         env=environment(), **options)
        self.replicas = replicas


@unittest.skipUnless(HAS_UVICORN, "uvicorn is not installed; ./bootstrap --bench installs it")
class PythonForks(unittest.TestCase):
    def check_forks(self, app):
        with PythonService(app, replicas=2) as service:
            known = service.about().values()
            self.assertEqual(len({one["loaded_by"] for one in known}), 1)
            self.assertEqual(len({one["random"] for one in known}), 2)
            for one in known:
                self.assertNotEqual(one["loaded_by"], one["pid"])
                self.assertEqual(one["hooks"], [one["pid"]])
                self.assertEqual(one["session"], one["pid"])
            victim = service.replica_pids()[0]
            os.kill(victim, signal.SIGKILL)
            eventually(lambda: victim not in service.replica_pids() and len(service.replica_pids()) == 2, "replaced")
            self.assertEqual(len({one["loaded_by"] for one in service.about().values()}), 1)

    def test_replicas_of_an_asgi_app_share_one_import(self):
        self.check_forks("app")

    def test_replicas_of_a_wsgi_app_do_too(self):
        self.check_forks("wsgi")

    def test_exec_imports_for_each(self):
        with PythonService("app", "--start", "exec", replicas=2) as service:
            for one in service.about().values():
                self.assertEqual(one["loaded_by"], one["pid"])
                self.assertEqual(one["hooks"], [one["pid"]])

    def test_a_file_says_it_too(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("tenfold: {python: 'forked_app:app'}\n")
            file.flush()
            with Service([], file=file.name, env=environment()) as service:
                service.says("replica 1 is ready")
                service.says("ms, forked")
            with Service(PUPPET, file=file.name, env=environment()) as service:  # a command on the line goes over it
                self.assertEqual(service.post("/echo", b"hello").json()["path"], "/echo")

    def test_what_is_no_app_is_told_with_its_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("tenfold:\n  python: app.py\n")
            file.flush()
            told = run("up", file.name)
        self.assertEqual(told.returncode, 2)
        self.assertIn(":2: tenfold.python: 'app.py' is no app of a Python module; write app:app", told.stderr)

    def told_by(self, fault, app="app"):
        told = run("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--python", f"forked_app:{app}",
                   env={**os.environ, **environment(fault)})
        self.assertEqual(told.returncode, 1, told.stderr)
        return told.stderr

    def test_an_import_that_fails_is_told_with_its_words(self):
        self.assertIn("RuntimeError: model.bin is missing", self.told_by("throws"))
        self.assertIn("has no attribute 'api'", self.told_by("", app="api"))

    def test_a_thread_that_a_fork_would_lose_is_named(self):
        self.assertIn("1 thread runs after the import: model-cache.", self.told_by("thread"))

    def test_a_connection_that_forks_would_share_is_told(self):
        with Service([], "--python", "forked_app:app", env=environment("connection")) as service:
            service.says("is open after the import, and all replicas would share it")

    def test_a_command_beside_it_is_one_too_many(self):
        told = run("up", "--python", "forked_app:app", "--", "true")
        self.assertEqual(told.returncode, 2)
        self.assertIn("one too many", told.stderr)


if __name__ == "__main__":
    unittest.main()
