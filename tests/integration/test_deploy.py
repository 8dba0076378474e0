"""Revisions: other replicas take the place of those that serve, and no client sees it."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import unittest

from service import PUPPET, TENFOLD, Service, eventually, run


class App:
    """A file that can be written anew."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.directory.name, "app.yaml")
        self.write()

    def write(self, command=PUPPET, version="1", suffix=None, **tenfold):
        container = {"name": "opt", "command": list(command), "env": [{"name": "VERSION", "value": version}]}
        template = {"containers": [container], "scale": {"minReplicas": 2, "maxReplicas": 4}}
        if suffix:
            template["revisionSuffix"] = suffix
        self.path.write_text(json.dumps({"name": "opt", "properties": {"template": template}, "tenfold": tenfold}))

    def serve(self, *flags, **options):
        return Service(None, *flags, file=self.path, min_replicas=None, max_replicas=None, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()


def deploy(service, *arguments):
    return run("deploy", *arguments, "--admin", f"http://127.0.0.1:{service.admin_port}")


TOKEN = "0123456789abcdef0123456789abcdef"


def version_of(service):
    return service.post("/environment").json()["VERSION"]


class Load(threading.Thread):
    """Asks again and again, four at a time, until it is told to end."""

    def __init__(self, service):
        super().__init__()
        self.service, self.is_over, self.statuses = service, threading.Event(), []
        self.start()

    def run(self):
        while not self.is_over.is_set():
            self.statuses += [answer.status for answer in self.service.burst(4, "/sleep?ms=20")]

    def end(self):
        self.is_over.set()
        self.join()
        return self.statuses


class Deploy(unittest.TestCase):
    def test_a_new_revision_takes_over_under_load_and_no_request_is_lost(self):
        with App() as app, app.serve() as service:
            load = Load(service)
            for version in range(2, 7):
                app.write(version=str(version))
                told = deploy(service)
                self.assertEqual(told.returncode, 0, told.stderr)
                self.assertIn(f"revision {version} serves", told.stdout)
                self.assertEqual(version_of(service), str(version))
            statuses = load.end()
            self.assertGreater(len(statuses), 20)
            self.assertEqual(set(statuses), {200})
            service.wait_for(lambda status: status["replicas"]["ready"] == 2 and len(status["list"]) == 2)

    def test_who_runs_finishes_where_it_is(self):
        with App() as app, app.serve() as service:
            held = service.hold()
            app.write(version="2", suffix="v2")
            self.assertEqual(deploy(service).returncode, 0)
            self.assertEqual(version_of(service), "2")
            service.says("revision 2 (opt--v2) serves; 2 replicas of the one before leave when they have finished")
            draining = [one for one in service.status()["list"] if one["state"] == "draining"]
            self.assertEqual([one["revision"] for one in draining], [1])
            service.release()
            self.assertEqual(held.answer().status, 200)
            service.wait_for(lambda status: {one["revision"] for one in status["list"]} == {2})

    def test_one_that_does_not_start_is_rolled_back(self):
        with App() as app, app.serve() as service:
            app.write(["sh", "-c", "echo no such model >&2; exit 3"])
            told = deploy(service)
            self.assertEqual(told.returncode, 1)
            self.assertIn("revision 2 is rolled back: the last of its replicas exited with status 3; it said last: "
                          "no such model; revision 1 serves on", told.stdout)
            self.assertEqual(version_of(service), "1")
            service.says("revision 2 is rolled back after 3 failed starts, the last one exited with status 3; "
                         "the one before serves on")
            self.assertEqual([one["state"] for one in service.status()["revisions"]], ["serving", "rolled back"])
            app.write(version="3")
            self.assertEqual(deploy(service).returncode, 0)
            self.assertEqual(version_of(service), "3")

    def test_one_that_is_never_ready_is_rolled_back(self):
        with App() as app, app.serve() as service:
            app.write(["sleep", "1000"], startTimeout="200ms")
            told = deploy(service)
            self.assertEqual(told.returncode, 1)
            self.assertIn("rolled back: the last of its replicas was not ready after 0.2 s", told.stdout)
            self.assertEqual(version_of(service), "1")

    def test_a_newer_one_replaces_one_on_its_way(self):
        with App() as app, app.serve() as service:
            app.write(["sleep", "1000"])
            slow = subprocess.Popen([TENFOLD, "deploy", "--json", "--admin", f"http://127.0.0.1:{service.admin_port}"],
                                    stdout=subprocess.PIPE, text=True)
            service.says("revision 2 is on its way: 2 replicas of it start beside those that serve")
            app.write(version="3")
            self.assertEqual(deploy(service).returncode, 0)
            self.assertEqual(json.loads(slow.communicate(timeout=30)[0])["state"], "withdrawn")
            self.assertEqual(slow.returncode, 1)
            self.assertEqual(version_of(service), "3")

    def test_sighup_does_the_same(self):
        with App() as app, app.serve() as service:
            app.write(version="2")
            service.process.send_signal(signal.SIGHUP)
            service.says("reloaded", times=1)
            eventually(lambda: version_of(service) == "2", "the new revision serves")

    def test_limits_apply_without_other_replicas(self):
        with App() as app, app.serve() as service:
            pids = service.replica_pids()
            app.write(queue={"maxWaiting": 7})
            told = deploy(service)
            self.assertEqual((told.returncode, told.stdout), (0, "queue 10000 -> 7\n"))
            self.assertEqual(service.replica_pids(), pids)

    def test_what_cannot_be_is_told_and_changes_nothing(self):
        with App() as app, app.serve() as service:
            app.write(["no-such-program"])
            told = deploy(service)
            self.assertEqual(told.returncode, 1)
            self.assertIn("'no-such-program' was not found in $PATH", told.stderr)
            app.path.write_text("tenfold: {nonsense: 1}")
            told = deploy(service)
            self.assertEqual(told.returncode, 1)
            self.assertIn("app.yaml:1: unknown key 'nonsense'", told.stderr)
            told = deploy(service, "/no/such/file.yaml")
            self.assertIn("/no/such/file.yaml: No such file or directory", told.stderr)
            self.assertEqual(version_of(service), "1")

    def test_another_file_is_taken_from_who_has_the_token(self):
        with App() as app, App() as other, tempfile.NamedTemporaryFile("w", suffix=".token") as token:
            token.write(TOKEN)
            token.flush()
            other.write(version="2")
            file = os.path.relpath(other.path)
            with app.serve() as service:
                self.assertIn("another file than that of the start", deploy(service, file).stderr)
                self.assertEqual(deploy(service, os.path.relpath(app.path)).returncode, 0)
                self.assertEqual(version_of(service), "1")
            with Service(PUPPET, "--admin-token-file", token.name) as service:
                told = deploy(service, "--admin-token-file", token.name)
                self.assertIn("the service was started without a file: name the one to deploy", told.stderr)
                self.assertEqual(deploy(service, file).returncode, 1)
                self.assertEqual(deploy(service, file, "--admin-token-file", token.name).returncode, 0)
                self.assertEqual(version_of(service), "2")

    def test_a_page_of_another_may_not(self):
        with App() as app, app.serve() as service:
            app.write(version="2")
            answer = service.admin("/deploy", {"Origin": "http://evil.example"}, method="POST")
            self.assertEqual(answer.status, 403)
            self.assertEqual(service.admin("/deploy").status, 405)
            self.assertEqual(service.admin("/deploy?file=relative", method="POST").status, 400)
            self.assertEqual(version_of(service), "1")


if __name__ == "__main__":
    unittest.main()
