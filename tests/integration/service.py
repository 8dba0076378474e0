"""A running Tenfold, for tests: the real binary on free ports, ended in order and replayed.

    with Service(PUPPET, "--max-replicas", "2") as service:
        answer = service.post("/echo", b"hello")
        service.wait_for(lambda status: status["running"] == 0)

Leaving the block sends SIGINT, expects exit code 0, and feeds the journal to `tenfold journal replay`, which must find
that a fresh core takes the same actions.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TENFOLD = os.environ.get("TENFOLD", str(SOURCE / "build/release/tenfold"))
IS_SANITIZED = bool(os.environ.get("TENFOLD_SANITIZE"))
PUPPET = [sys.executable, "-S", str(SOURCE / "tests/integration/replicas/puppet.py")]

# The address sanitizer keeps up to so much of what was freed (256 MiB else): too much beside what tests of memory allow.
QUARANTINE = {"ASAN_OPTIONS": "quarantine_size_mb=64"} if IS_SANITIZED else {}

# Lines are not broken, so that tests find what stands in them.
os.environ["COLUMNS"] = "1000"

# Only a test that fails waits this long.
PATIENCE_S = 60 if IS_SANITIZED else 30


def eventually(fact, what="it"):
    """Waits until fact() is true, and returns its value."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := fact()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {PATIENCE_S} s")
        time.sleep(0.002)
    return value


def run(*arguments, **options):
    """Runs tenfold to its end."""
    return subprocess.run([TENFOLD, *arguments], capture_output=True, text=True, timeout=PATIENCE_S,
                          stdin=subprocess.DEVNULL, **options)


def children_of(pid):
    """The process ids below `pid`, all generations."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                stat = pathlib.Path("/proc", entry, "stat").read_text()
                parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    found, layer = [], {pid}
    while layer:
        layer = {child for child, parent in parents.items() if parent in layer}
        found += layer
    return found


def is_running(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def receive_all(client):
    """What comes until the connection ends, be it by a reset."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            received += piece
    return received


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.body = response.read()
        self.fields = response.headers

    def json(self):
        return json.loads(self.body)

    def timing_ms(self):
        """Server-Timing as {name: milliseconds}."""
        entries = (entry.strip().split(";dur=") for entry in self.fields["Server-Timing"].split(","))
        return {name: float(duration) for name, duration in entries}

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Request(threading.Thread):
    """A request under way. `answer()` waits for it; `leave()` closes the connection instead."""

    def __init__(self, service, method, path, body, fields):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S)
        self.arguments = method, path, body, fields
        self.result = None
        self.error = None
        self.start()

    def run(self):
        try:
            self.connection.request(*self.arguments)
            self.result = Answer(self.connection.getresponse())
            self.connection.close()
        except Exception as error:  # told by answer()
            self.error = error

    def answer(self):
        self.join(PATIENCE_S)
        if self.error:
            raise self.error
        assert self.result, f"no answer within {PATIENCE_S} s"
        return self.result

    def leave(self):
        eventually(lambda: self.connection.sock, "the connection")
        self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.join(PATIENCE_S)


class Service:
    """One `tenfold up`. A flag given by the test overrides the ones below, of which None leaves a value to the file;
    exit_code None: whatever it is."""

    def __init__(self, command, *flags, min_replicas=1, max_replicas=1, concurrency=1, exit_code=0, replays=True,
                 env=None, preexec=None, file=None, stderr=subprocess.STDOUT):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tenfold-test-"))
        self.journal = self.directory / "journal"
        self.exit_code = exit_code
        self.replays = replays
        self.port = self.admin_port = None
        self.lines = []
        self.is_ending = False
        arguments = [TENFOLD, "up", *([str(file)] if file else []), "--port", "0", "--admin-port", "0",
                     "--journal", str(self.journal), *flags]
        if "--isolation" not in flags:
            arguments += ["--isolation", "no-tmp"]  # what tests and replicas share lies in /tmp
        for flag, value in {"min-replicas": min_replicas, "max-replicas": max_replicas,
                            "concurrency": concurrency}.items():
            if value is not None and f"--{flag}" not in flags:
                arguments += [f"--{flag}", str(value)]
        if command:
            arguments += ["--", *command]
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=stderr, text=True, preexec_fn=preexec,
                                        env={**os.environ, **QUARANTINE, **self.state(), **(env or {})})
        self.reader = threading.Thread(target=self.read_lines, daemon=True)
        self.reader.start()

    def state(self):
        """The environment in which tenfold notes its starts, and finds them, apart from the user's own."""
        return {"XDG_STATE_HOME": str(self.directory / "state")}

    def read_lines(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            _, found, place = line.rpartition("http://127.0.0.1:")
            if found and line.startswith("ready: "):
                self.port = int(place)
            elif found and "admin" in line:
                self.admin_port = int(place)

    def stop_reading(self):
        """Closes the reading end of its output. A line that is read just now still comes."""
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), self.process.stdout.fileno())

    def output(self):
        return "\n".join(self.lines)

    def says(self, text, times=1):
        """Waits until it has said `text`, not more than `times` times. Its words come by another way than its status
        and its answers: who has seen those has not seen these yet."""
        eventually(lambda: self.output().count(text) >= times, f"'{text}' in its output")
        assert self.output().count(text) == times, self.output()

    def __enter__(self):
        try:
            eventually(lambda: self.port or self.process.poll() is not None, "ready")
            assert self.port, f"it ended before it was ready:\n{self.output()}"
        except BaseException:
            self.clean_up()
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            if kind:
                return
            below = [] if self.is_ending else children_of(self.process.pid)
            if not self.is_ending:
                self.interrupt()
            code = self.wait()
            left = [pid for pid in below if pathlib.Path(f"/proc/{pid}").exists()]
            assert not left, f"it has ended, and processes {left} have not:\n{self.output()}"
            if self.exit_code is not None:
                assert code == self.exit_code, f"exit code {code}, not {self.exit_code}:\n{self.output()}"
            if self.replays:
                self.check_replay()
        finally:
            if kind:
                print(self.output()[-4000:], file=sys.stderr)
            self.clean_up()

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(PATIENCE_S)
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def check_replay(self):
        replay = run("journal", "replay", str(self.journal))
        assert replay.returncode == 0, f"the replay differs:\n{replay.stdout}{replay.stderr}"

    def interrupt(self, number=signal.SIGINT):
        self.is_ending = True
        self.process.send_signal(number)

    def wait(self):
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end:\n{self.output()}") from None
        self.reader.join(PATIENCE_S)
        return code

    # Requests.

    def begin(self, path, body=b"", fields=None, method="POST"):
        return Request(self, method, path, body, fields or {})

    def post(self, path, body=b"", fields=None, method="POST"):
        return self.begin(path, body, fields, method).answer()

    def burst(self, count, path, body=b"", fields=None):
        """`count` posts at once; their answers in the order of their start."""
        requests = [self.begin(path, body, fields) for _ in range(count)]
        return [request.answer() for request in requests]

    def hold(self, name="gate", fields=None):
        """A request that keeps its slot until `release(name)`."""
        request = self.begin(f"/hold?gate={self.directory / name}", fields=fields)
        eventually((self.directory / f"{name}.held").exists, "the replica has the request")
        return request

    def release(self, name="gate"):
        (self.directory / name).touch()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        return contextlib.closing(connection)

    # What it says of itself.

    def admin(self, path, fields=None, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=PATIENCE_S)
        connection.request(method, path, headers=fields or {})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def status(self):
        return self.admin("/status").json()

    def metric(self, name):
        """A sample by its name and labels, without that of the app."""
        wanted = name.replace("{", '{app="",') if "{" in name else name + '{app=""}'
        for line in self.admin("/metrics").body.decode().splitlines():
            if re.sub('app="[^"]*"', 'app=""', line).startswith(wanted + " "):
                return float(line.split()[-1])
        raise KeyError(name)

    def wait_for(self, fact):
        """Waits until fact(status) is true."""
        return eventually(lambda: fact(self.status()), "the status")

    def replica_pids(self):
        return [replica["pid"] for replica in self.status()["list"] if replica["ready"]]

    def resident_bytes(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGESIZE")
