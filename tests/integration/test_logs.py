"""`tenfold logs`: what replicas printed and what Tenfold said, from the admin port."""
import contextlib
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from service import PATIENCE_S, PUPPET, TENFOLD, Service, eventually, run

# Prints a line on each stream before it serves.
TALKER = ["sh", "-c", f"echo to stdout $TENFOLD_REPLICA; echo to stderr >&2; exec {shlex.join(PUPPET)}"]
TOKEN = "a-token-of-many-characters"


def chatterbox(gate):
    """A replica that serves, and prints as fast as it can until the file `gate` exists."""
    chat = f"import os\nwhile not os.path.exists({str(gate)!r}): print('x' * 999)\nprint('the last line', flush=True)"
    return ["sh", "-c", f"{shlex.join([sys.executable, '-c', chat])} & exec {shlex.join(PUPPET)}"]


def admin_of(service):
    return f"http://127.0.0.1:{service.admin_port}"


@contextlib.contextmanager
def quiet(command):
    """A service that shows nothing, not even where its admin port is."""
    with contextlib.closing(socket.socket()) as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    with Service(command, "--quiet", "--admin-port", str(port)) as service:
        service.admin_port = port
        yield service


class Follower:
    """`tenfold logs -f` under way, and what it has printed."""

    def __init__(self, service, *flags):
        self.process = subprocess.Popen([TENFOLD, "logs", "-f", "--admin", admin_of(service), *flags],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def read_until(self, pattern):
        deadline = time.monotonic() + PATIENCE_S
        looked = 0
        while not re.search(pattern, self.out[looked:]):
            looked = max(0, len(self.out) - 1000)
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"{pattern} did not come; the end: {self.out[-400:]}")
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            assert piece, f"it ended before {pattern} came: {self.process.stderr.read()}"
            self.out += piece
        return self.out

    def end(self):
        """Its exit code, the rest of what it printed, and what it complained of."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        self.out += out
        return self.process.returncode, err.decode()


class Logs(unittest.TestCase):
    def test_they_are_told_with_time_replica_and_stream(self):
        with Service(TALKER, min_replicas=2, max_replicas=2) as service:
            eventually(lambda: run("logs", "--admin", admin_of(service)).stdout.count("to stderr") == 2, "all lines")
            told = run("logs", "--admin", admin_of(service))
            self.assertEqual((told.returncode, told.stderr), (0, ""))
            for n in (1, 2):
                self.assertRegex(told.stdout, rf"(?m)^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z \[replica {n}\] to stdout {n}$")
                self.assertRegex(told.stdout, rf"(?m)^\S+Z \[replica {n} stderr\] to stderr$")
                self.assertRegex(told.stdout, rf"(?m)^\S+Z tenfold: replica {n} is ready after")
            self.assertRegex(told.stdout, r"(?m)^\S+Z tenfold: ready: http://127\.0\.0\.1:")
            of_two = run("logs", "--admin", admin_of(service), "--replica", "2", "--json")
            lines = [json.loads(line) for line in of_two.stdout.splitlines()]
            self.assertEqual({(line["replica"], line["stream"], line["line"]) for line in lines},
                             {(2, "stdout", "to stdout 2"), (2, "stderr", "to stderr")})
            self.assertEqual(len(run("logs", "--admin", admin_of(service), "--last", "1").stdout.splitlines()), 1)

    def test_they_are_kept_where_the_console_shows_none(self):
        with quiet(TALKER) as service:
            told = eventually(lambda: "to stderr" in (got := run("logs", "--admin", admin_of(service)).stdout) and got)
            self.assertIn("[replica 1] to stdout 1", told)
            self.assertNotIn("to stdout", service.output())

    def test_they_are_followed_until_ctrl_c(self):
        with Service(TALKER) as service, Follower(service) as follower:
            follower.read_until(rb"\[replica 1 stderr\] to stderr")
            os.kill(service.replica_pids()[0], signal.SIGKILL)
            follower.read_until(rb"tenfold: replica 1 was killed by SIGKILL")
            follower.read_until(rb"\[replica 2\] to stdout 2")
            follower.process.send_signal(signal.SIGINT)
            self.assertEqual(follower.end(), (0, ""))

    def test_the_services_end_ends_them_after_its_last_words(self):
        with Service(TALKER) as service, Follower(service) as follower:
            follower.read_until(b"to stderr")
            service.interrupt()
            self.assertEqual(follower.end(), (0, f"tenfold logs: the service at {admin_of(service)} has ended\n"))
            self.assertIn(b"tenfold: shutting down", follower.out)

    def test_who_stalls_holds_nothing_up_and_is_told_what_it_missed(self):
        with tempfile.TemporaryDirectory() as scratch:
            gate = os.path.join(scratch, "gate")
            with quiet(chatterbox(gate)) as service, Follower(service, "--last", "0", "--json") as follower:
                follower.read_until(b"xxx")
                dropped = lambda: service.admin("/logs?last=0").json()["dropped"]
                before = dropped()
                eventually(lambda: dropped() > before + 50_000, "many lines")
                for _ in range(20):
                    self.assertEqual(service.post("/echo").status, 200)
                open(gate, "w").close()
                follower.read_until(b"the last line")
                missed = [json.loads(line)["missed"] for line in follower.out.splitlines() if line.startswith(b'{"missed"')]
                self.assertGreater(sum(missed), 10_000)

    def test_that_nothing_listens_or_a_token_is_wanted_is_said(self):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            admin = f"http://127.0.0.1:{place.getsockname()[1]}"
            for flags in ([], ["-f"]):
                told = run("logs", "--admin", admin, *flags)
                self.assertEqual((told.returncode, told.stdout), (1, ""))
                self.assertRegex(told.stderr, f"^tenfold logs: no Tenfold answers at {admin}: .*\n$")
        self.assertEqual(run("logs", "--admin", "ftp://x").returncode, 2)
        self.assertEqual(run("logs", "--replica", "0").returncode, 2)
        with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
            file.write(TOKEN)
            file.flush()
            with Service(TALKER, "--admin-token-file", file.name) as service:
                for flags in ([], ["-f"]):
                    told = run("logs", "--admin", admin_of(service), *flags)
                    self.assertEqual(told.returncode, 1)
                    self.assertIn("asks for a token: --admin-token-file", told.stderr)
                told = run("logs", "--admin", admin_of(service), "--admin-token-file", file.name)
                self.assertEqual((told.returncode, told.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
