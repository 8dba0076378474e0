"""Secrets reach the replicas that are given them, and nothing that is written or shown."""
import os
import pathlib
import signal
import tempfile
import unittest

from service import PUPPET, Service, children_of, eventually, is_running, run

VALUE = "tell-nobody-4711"


def command_lines(pids):
    for pid in pids:
        yield pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()


class Secrets(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="tenfold-secrets-")
        self.addCleanup(directory.cleanup)
        self.file = pathlib.Path(directory.name, "key")
        self.file.write_text(VALUE + "\n")
        self.app = pathlib.Path(directory.name, "app.yaml")
        self.app.write_text("""properties:
  configuration: {secrets: [{name: key}]}
  template:
    containers: [{name: app, env: [{name: KEY, secretRef: key}]}]
    scale: {minReplicas: 1, maxReplicas: 1}
""")

    def key_of(self, service):
        return service.post("/environment").json()["KEY"]

    def check_nowhere(self, service):
        """Not in what is written, shown or said, nor on a command line."""
        seen = [service.admin(path).body for path in ("/status", "/metrics", "/logs")]
        seen += [path.read_bytes() for path in service.directory.rglob("*") if path.is_file()]
        seen += command_lines([service.process.pid, *children_of(service.process.pid)])
        seen.append(service.output().encode())
        self.assertTrue(any(b"puppet.py" in one for one in seen), "it is looked at")
        for one in seen:
            self.assertNotIn(VALUE.encode(), one)

    def test_of_a_file(self):
        with Service(PUPPET, "--secret", f"key=@{self.file}", file=self.app) as service:
            self.assertEqual(self.key_of(service), VALUE)
            self.check_nowhere(service)

    def test_of_the_environment(self):
        with Service(PUPPET, "--secret", "key", file=self.app, env={"key": VALUE}) as service:
            self.assertEqual(self.key_of(service), VALUE)
            self.check_nowhere(service)

    def test_on_the_command_line_it_does_not_stay(self):
        with Service(PUPPET, "--secret", f"key={VALUE}", file=self.app) as service:
            self.assertEqual(self.key_of(service), VALUE)
            self.check_nowhere(service)
            told = service.post("/environment").json()
            self.assertEqual([name for name in told if name.startswith("TENFOLD_SECRET")], [])
        with Service(PUPPET, f"--secret=key={VALUE}", "--env", "KEY=secretref:key") as service:
            self.assertEqual(self.key_of(service), VALUE)
            self.check_nowhere(service)

    def test_what_the_program_is_told_is_left_alone(self):
        with Service([*PUPPET, "--secret", "key=its-own"]) as service:
            pid = service.replica_pids()[0]
            self.assertIn(b"--secret\0key=its-own\0", pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())

    def test_nor_in_what_is_told_about_it_afterwards(self):
        with Service(PUPPET, "--secret", f"key=@{self.file}", file=self.app) as service:
            service.post("/echo")
            for command in (["explain", str(service.journal)], ["journal", "dump", str(service.journal)],
                            ["export", "aca", str(self.app)]):
                told = run(*command)
                self.assertEqual(told.returncode, 0, told.stderr)
                self.assertNotIn(VALUE, told.stdout + told.stderr)

    def test_an_upgrade_passes_it_on_unseen(self):
        with Service(PUPPET, "--secret", f"key={VALUE}", file=self.app, replays=False) as service:
            told = run("upgrade", "--admin", f"http://127.0.0.1:{service.admin_port}")
            self.assertEqual(told.returncode, 0, told.stderr)
            successor = int(told.stdout.split()[2])
            try:
                self.assertEqual(self.key_of(service), VALUE)
                for line in command_lines([successor, *children_of(successor)]):
                    self.assertNotIn(VALUE.encode(), line)
            finally:
                os.kill(successor, signal.SIGTERM)
                eventually(lambda: not is_running(successor), "the end of the successor")
            self.assertEqual(service.wait(), 0)
            service.is_ending = True

    def test_what_cannot_be_read_is_one_message_with_name_and_path(self):
        for path, words in (("/no/such/file", "No such file or directory"), ("/", "Is a directory"),
                            ("/dev/zero", "more than 64 KiB")):
            told = run("up", str(self.app), "--secret", f"key=@{path}", "--", "true")
            self.assertEqual((told.returncode, told.stderr.count("\n")), (2, 1), told.stderr)
            self.assertIn(f"tenfold up: the secret 'key': {path}: {words}", told.stderr)
        told = run("up", str(self.app), "--secret", "key", "--", "true")
        self.assertEqual((told.returncode, told.stderr.count("\n")), (2, 1), told.stderr)
        self.assertIn("the secret 'key' is not in the environment, nor is KEY", told.stderr)
        told = run("up", "--secret", f"={VALUE}", "--", "true")
        self.assertEqual(told.returncode, 2)
        self.assertNotIn(VALUE, told.stdout + told.stderr)


if __name__ == "__main__":
    unittest.main()
