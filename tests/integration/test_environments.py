"""Surroundings that are not as they should be: each is told in one line, or is no trouble. Nothing aborts."""
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

from service import PATIENCE_S, PUPPET, TENFOLD, Service, run

# Replicas that end at once, so that `up` does, whatever else is well.
UP = ["up", "--port", "0", "--admin-port", "0", "--", "sh", "-c", "exit 7"]
LOAD = ["load", "http://127.0.0.1:1/", "--burst", "1"]


def without(*names, **more):
    return {**{name: value for name, value in os.environ.items() if name not in names}, **more}


def few_files(count):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def own_mounts_are_allowed():
    return shutil.which("unshare") and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


class Environments(unittest.TestCase):
    def assert_told(self, result, *words, code=1):
        """One line of ours, and no abort."""
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("tenfold"), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_a_runtime_directory_that_takes_no_directories_is_told(self):
        self.assert_told(run(*UP, env=without(XDG_RUNTIME_DIR="/proc")), "/proc", "XDG_RUNTIME_DIR")

    @unittest.skipUnless(own_mounts_are_allowed() and not TENFOLD.startswith("/tmp/"), "needs mounts of its own")
    def test_a_read_only_tmp_is_told(self):
        command = (f"mount -t tmpfs -o ro none /tmp && mount -t tmpfs -o ro none /run && "
                   f"exec {TENFOLD} {' '.join(UP[:-2])} true")
        result = subprocess.run(["unshare", "-m", "sh", "-c", command], capture_output=True, text=True,
                                timeout=PATIENCE_S, env=without("XDG_RUNTIME_DIR"))
        self.assert_told(result, "/tmp", "Read-only file system", "XDG_RUNTIME_DIR")

    @unittest.skipUnless(own_mounts_are_allowed() and not TENFOLD.startswith("/tmp/"), "needs mounts of its own")
    def test_a_read_only_tmp_is_no_trouble_where_there_is_a_runtime_directory(self):
        command = f"mount -t tmpfs -o ro none /tmp && exec {TENFOLD} {' '.join(UP[:-1])} 'exit 7'"
        result = subprocess.run(["unshare", "-m", "sh", "-c", command], capture_output=True, text=True,
                                timeout=PATIENCE_S, env=without(XDG_RUNTIME_DIR="/run"))
        self.assertIn("isolation: without tmp (Read-only file system)", result.stderr)
        self.assertIn("exited with status 7", result.stderr)

    def test_a_journal_that_cannot_be_made_is_told(self):
        for env in [without("XDG_STATE_HOME", HOME="/proc"), without("XDG_STATE_HOME", HOME="/dev/null"),
                    without(XDG_STATE_HOME="/proc/state")]:
            self.assert_told(run(*UP, env=env), "journal", "--journal")
        self.assert_told(run("up", "--journal", "/dev/null/journal", *UP[1:]), "/dev/null/journal", "--journal")

    def test_without_a_home_or_a_directory_for_temporary_files_it_serves(self):
        with tempfile.TemporaryDirectory() as state:
            env = without("HOME", "XDG_RUNTIME_DIR", XDG_STATE_HOME=state, TMPDIR="/no/such/directory")
            self.assertIn("exited with status 7", run(*UP, env=env).stderr)
            self.assertEqual(run("explain", env=env).returncode, 0)
        self.assertIn("exited with status 7", run("up", "--journal", "none", *UP[1:], env={}).stderr)

    def test_too_few_descriptors_are_told_at_any_number(self):
        for count in range(6, 20):
            result = run(*UP, preexec_fn=few_files(count))
            self.assertEqual(result.returncode, 1, f"{count}: {result.stderr}")
        self.assert_told(run(*LOAD, preexec_fn=few_files(6)), "may have 6", "ulimit -n", code=2)

    def test_files_that_cannot_be_read_are_told(self):
        for path in ["/tmp", "/proc/self/mem", "/no/such/file", "/dev/null/file", "x" * 5000]:
            for command in [["up", path], ["export", "aca", path], ["simulate", path]]:
                self.assert_told(run(*command), path, code=2)
            self.assert_told(run(*LOAD, "--data", f"@{path}"), path, code=2)
            self.assertNotIn(run("simulate", "--workload", f"trace:{path}").returncode, (0, -signal.SIGABRT))
        directory = os.open("/tmp", os.O_RDONLY)
        result = subprocess.run([TENFOLD, *LOAD, "--data", "@-"], stdin=directory, capture_output=True, text=True)
        os.close(directory)
        self.assert_told(result, "standard input", code=2)

    def test_journals_that_are_none_are_told(self):
        for path in ["/proc", "/dev/null", "/no/such/directory", "x" * 5000]:
            for command in [["explain"], ["journal", "replay"], ["journal", "dump"]]:
                self.assert_told(run(*command, path), path)

    def test_a_full_disk_under_standard_output_is_told(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file, open("/dev/full", "w") as full:
            file.write("location: westeurope\n")
            file.flush()
            for command in [["--help"], ["simulate"], ["export", "aca", file.name]]:
                result = subprocess.run([TENFOLD, *command], stdout=full, stderr=subprocess.PIPE, text=True)
                self.assert_told(result, "standard output", "No space left on device")

    def test_a_full_disk_under_the_output_of_a_service_is_no_trouble(self):
        with open("/dev/full", "w") as full:
            with Service(["sh", "-c", f"echo hello; exec {' '.join(PUPPET)}"], stderr=full) as service:
                self.assertEqual(service.post("/echo").status, 200)


if __name__ == "__main__":
    unittest.main()
