"""Who starts Tenfold and is told how it fares: sd_notify, socket activation, and upgrades without a refused connection."""
import contextlib
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from service import PATIENCE_S, PUPPET, SOURCE, TENFOLD, Service, eventually, is_running, run


class Manager:
    """The socket of a service manager, and what was told there."""

    def __init__(self, directory=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = str(pathlib.Path(directory, "notify")) if directory else f"\0tenfold-test-{os.getpid()}-{id(self)}"
        self.socket.bind(address)
        self.address = address.replace("\0", "@")
        self.told = []
        self.reader = threading.Thread(target=self.read, daemon=True)  # its queue is short: what nobody reads is lost
        self.reader.start()

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self.reader.join()
        self.socket.close()

    def read(self):
        while message := self.socket.recv(4096).decode():
            self.told.append(dict(line.split("=", 1) for line in message.split("\n")))

    def hears(self, name, value=None):
        """Waits for a message with the field, and returns it."""
        def find():
            return next((message for message in self.told if name in message and value in (None, message[name])), None)
        return eventually(find, f"{name}={value} from the service")


class Notify(unittest.TestCase):
    def test_begin_reload_and_end_are_told_and_life_is_shown(self):
        with tempfile.TemporaryDirectory() as directory:
            for manager in (Manager(directory), Manager()):
                with contextlib.closing(manager), self.subTest(manager.address):
                    file = pathlib.Path(directory, "app.yaml")
                    file.write_text("properties:\n  template:\n    scale:\n      minReplicas: 1\n      maxReplicas: 1\n")
                    environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "100000"}
                    with Service(PUPPET, file=file, env=environment, min_replicas=None, max_replicas=None) as service:
                        self.assertIn(f"ready: http://127.0.0.1:{service.port}", manager.hears("READY", "1")["STATUS"])
                        manager.told.clear()
                        manager.hears("WATCHDOG", "1")
                        manager.told.clear()
                        manager.hears("WATCHDOG", "1")
                        service.process.send_signal(signal.SIGHUP)
                        reloading = manager.hears("RELOADING", "1")
                        self.assertLess(abs(int(reloading["MONOTONIC_USEC"]) - time.monotonic_ns() // 1000), PATIENCE_S * 1_000_000)
                        manager.hears("READY", "1")
                        service.interrupt(signal.SIGTERM)
                        self.assertIn("shutting down", manager.hears("STOPPING", "1")["STATUS"])
                        self.assertEqual(service.wait(), 0)

    def test_a_watchdog_for_another_process_is_left_alone(self):
        with contextlib.closing(Manager()) as manager:
            environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "10000", "WATCHDOG_PID": "1"}
            with Service(PUPPET, env=environment) as service:
                manager.hears("READY", "1")
                service.interrupt()
                manager.hears("STOPPING", "1")
                service.wait()
                self.assertFalse([message for message in manager.told if "WATCHDOG" in message])

    def test_a_start_that_fails_says_why(self):
        with contextlib.closing(Manager()) as manager:
            environment = {**os.environ, "NOTIFY_SOCKET": manager.address}
            run("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--", "no-such-solver", env=environment)
            self.assertIn("no-such-solver", manager.hears("STATUS")["STATUS"])
            manager.told.clear()
            run("up", "--min-replicas", "5", "--max-replicas", "2", "--", "true", env=environment)
            self.assertIn("replicas", manager.hears("STATUS")["STATUS"])

    def test_what_is_for_tenfold_is_not_for_its_replicas(self):
        with contextlib.closing(Manager()) as manager:
            environment = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}
            show = 'echo "socket $NOTIFY_SOCKET"; echo "others <$WATCHDOG_USEC$WATCHDOG_PID$LISTEN_FDS$LISTEN_FDNAMES>"; '
            with Service(["sh", "-c", show + "exec " + " ".join(PUPPET)], env=environment) as service:
                service.says("[replica 1] others <>")
                self.assertNotIn(f"socket {manager.address}", service.output())


class SocketActivation(unittest.TestCase):
    """By a parent that hands sockets over as systemd does."""

    def listen(self):
        return socket.create_server(("127.0.0.1", 0))

    def hand_over(self, sockets):
        """Runs in the child: puts them at 3 and on."""
        def prepare():
            copies = [os.dup2(one.fileno(), 100 + i, inheritable=True) for i, one in enumerate(sockets)]
            for i, copy in enumerate(copies):
                os.dup2(copy, 3 + i, inheritable=True)
                os.close(copy)
        return prepare

    def start(self, sockets, names, *flags):
        directory = tempfile.mkdtemp(prefix="tenfold-test-")
        self.addCleanup(shutil.rmtree, directory, True)
        # Through a shell that becomes Tenfold: it knows the process id.
        script = 'export LISTEN_PID=$$; exec "$@"'
        environment = {**os.environ, "XDG_STATE_HOME": directory, "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": names}
        process = subprocess.Popen(["sh", "-c", script, "sh", TENFOLD, "up", "--port", "1", "--admin-port", "0",
                                    "--journal", "none", "--min-replicas", "1", "--max-replicas", "1", *flags, "--", *PUPPET],
                                   env=environment, preexec_fn=self.hand_over(sockets), close_fds=False, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def get(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        connection.request("POST" if path == "/echo" else "GET", path)
        return connection.getresponse().status

    def read_until(self, process, text):
        for line in process.stdout:
            if text in line:
                return line
        self.fail(f"it never said '{text}'")

    def test_clients_and_admin_come_in_by_the_sockets_that_were_handed_over(self):
        with self.listen() as admin, self.listen() as front:
            admin_port, port = admin.getsockname()[1], front.getsockname()[1]
            process = self.start([admin, front], "admin:http")
            self.assertIn(f":{port}", self.read_until(process, "ready: "))
            self.assertEqual(self.get(port, "/echo"), 200)
            self.assertEqual(self.get(admin_port, "/readyz"), 200)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_who_connects_before_there_is_a_service_is_served(self):
        with self.listen() as front:
            early = http.client.HTTPConnection("127.0.0.1", front.getsockname()[1], timeout=PATIENCE_S)
            early.request("POST", "/echo")
            process = self.start([front], "")
            self.assertEqual(early.getresponse().status, 200)
            early.close()
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_what_does_not_listen_is_told(self):
        with socket.socket() as deaf:
            process = self.start([deaf], "http")
            self.read_until(process, "descriptor 3 is no listening socket")
            self.assertEqual(process.wait(PATIENCE_S), 1)


class LameDuck(unittest.TestCase):
    def test_connections_are_taken_while_it_says_that_it_is_not_ready(self):
        with Service(PUPPET, "--lame-duck", "2s") as service:
            self.assertEqual(service.admin("/readyz").status, 200)
            service.interrupt(signal.SIGTERM)
            service.says("not ready any more: connections are taken for 2 s yet; again to end at once")
            self.assertEqual(service.admin("/readyz").status, 503)
            answer = service.post("/echo")
            self.assertEqual(answer.status, 200)
            self.assertNotEqual(answer.fields["Connection"], "close")
            held = service.hold()
            service.says("shutting down: 1 running and 0 waiting may finish within 30 s")
            service.release()
            self.assertEqual(held.answer().status, 200)
            self.assertEqual(held.answer().fields["Connection"], "close")
            self.assertEqual(service.wait(), 0)

    def test_a_second_signal_ends_it_at_once(self):
        with Service(PUPPET, "--lame-duck", "1h", exit_code=130) as service:
            service.interrupt(signal.SIGTERM)
            service.says("not ready any more")
            service.interrupt(signal.SIGTERM)
            service.wait()

    def test_a_request_on_a_kept_connection_as_the_doors_close_is_served(self):
        with Service(PUPPET) as service:
            client = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S)
            client.request("POST", "/echo")
            client.getresponse().read()
            held = service.hold()
            service.interrupt(signal.SIGTERM)
            service.says("shutting down: ")
            with contextlib.suppress(ConnectionError, http.client.RemoteDisconnected):
                client.request("POST", "/echo")  # within its farewell, if the machine does not stall
                threading.Timer(0.05, service.release).start()
                self.assertEqual(client.getresponse().status, 200)
            service.release()
            self.assertEqual(held.answer().status, 200)
            client.close()


class Load(threading.Thread):
    """Clients that never pause, half of them on connections that they keep: what they were answered, and what failed."""

    def __init__(self, port, clients=4):
        super().__init__(daemon=True)
        self.port = port
        self.answers = {}
        self.errors = []
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.clients = [threading.Thread(target=self.post_on, args=(i % 2 == 0,), daemon=True) for i in range(clients)]
        for client in self.clients:
            client.start()

    def post_on(self, keeps):
        connection = None
        while not self.is_over.is_set():
            try:
                # As pools of connections do: one that was closed while it was idle is not used again.
                if connection and select.select([connection.sock], [], [], 0)[0]:
                    connection.close()
                    connection = None
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
                connection.request("POST", "/echo", b"x")
                response = connection.getresponse()
                response.read()
                with self.lock:
                    self.answers[response.status] = self.answers.get(response.status, 0) + 1
                if not keeps or response.getheader("Connection") == "close":
                    connection.close()
                    connection = None
            except Exception as error:
                with self.lock:
                    self.errors.append(repr(error))
                connection = None
        if connection:
            connection.close()

    def end(self):
        self.is_over.set()
        for client in self.clients:
            client.join(PATIENCE_S)


class Upgrade(unittest.TestCase):
    def served_by(self, service):
        return json.loads(service.admin("/upgrade").body)["pid"]

    def end(self, pid):
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not is_running(pid), "the end of the successor")

    def test_three_upgrades_under_load_lose_nothing(self):
        with Service(PUPPET, "--min-replicas", "2", "--max-replicas", "2", replays=False) as service:
            load = Load(service.port)
            pids = [self.served_by(service)]
            try:
                for _ in range(3):
                    told = run("upgrade", "--admin", f"http://127.0.0.1:{service.admin_port}")
                    self.assertEqual(told.returncode, 0, told.stderr + service.output())
                    self.assertRegex(told.stdout, rf"^upgraded: process \d+ \(tenfold .*\) serves in place of process {pids[-1]}\n$")
                    pids.append(int(told.stdout.split()[2]))
                    eventually(lambda: not is_running(pids[-2]), "the end of the one before")
                    before = sum(load.answers.values())
                    eventually(lambda: sum(load.answers.values()) > before + 20, "answers of the new one")
            finally:
                load.end()
                self.end(pids[-1])
            self.assertEqual(service.wait(), 0)
            self.assertEqual(load.errors, [])
            self.assertEqual(set(load.answers), {200})
            self.assertEqual(len(set(pids)), 4)
            for directory in (service.journal, pathlib.Path(f"{service.journal}.2")):
                replay = run("journal", "replay", str(directory))
                self.assertEqual(replay.returncode, 0, replay.stdout + replay.stderr)

    def test_a_signal_is_as_good_and_who_waits_is_served_by_the_old_one(self):
        with Service(PUPPET, replays=False) as service:
            held = service.hold()
            waiting = service.begin("/echo")
            service.wait_for(lambda status: status["waiting"] == 1)
            service.process.send_signal(signal.SIGUSR2)
            service.says("upgraded: process ")
            eventually(lambda: self.served_by(service) != service.process.pid, "the successor")
            successor = self.served_by(service)
            self.assertEqual(service.post("/echo").status, 200, "the new one's")
            service.release()
            self.assertEqual(held.answer().status, 200)
            self.assertEqual(waiting.answer().status, 200)
            service.is_ending = True
            eventually(lambda: not is_running(service.process.pid), "the end of the old one")
            self.end(successor)

    def test_who_does_not_get_ready_changes_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            program = pathlib.Path(directory, "solver")
            program.write_text("#!/bin/sh\nexec " + " ".join(PUPPET) + ' "$@"\n')
            program.chmod(0o755)
            with Service([str(program)]) as service:
                program.write_text("#!/bin/sh\necho no licence >&2\nexit 3\n")
                told = run("upgrade", "--admin", f"http://127.0.0.1:{service.admin_port}")
                self.assertEqual(told.returncode, 1, told.stdout)
                self.assertIn(f"not upgraded, process {service.process.pid} serves on: the new process exited with status 1 "
                              "before it was ready: no replica starts; the last one exited with status 3", told.stderr)
                service.says("not upgraded, this process serves on: ")
                self.assertEqual(service.post("/echo").status, 200)
                self.assertEqual(self.served_by(service), service.process.pid)

    def test_the_manager_hears_who_serves(self):
        with contextlib.closing(Manager()) as manager:
            with Service(PUPPET, env={"NOTIFY_SOCKET": manager.address}, replays=False) as service:
                manager.hears("READY", "1")
                told = run("upgrade", "--admin", f"http://127.0.0.1:{service.admin_port}")
                self.assertEqual(told.returncode, 0, told.stderr)
                successor = int(told.stdout.split()[2])
                manager.hears("MAINPID", str(successor))
                service.is_ending = True
                self.assertEqual(service.process.wait(PATIENCE_S), 0)
                self.assertFalse([message for message in manager.told if "STOPPING" in message])
                self.end(successor)
                manager.hears("STOPPING", "1")

    def test_a_service_that_ends_is_not_upgraded(self):
        with Service(PUPPET, "--lame-duck", "1h", exit_code=130) as service:
            service.interrupt()
            service.says("not ready any more")
            told = run("upgrade", "--admin", f"http://127.0.0.1:{service.admin_port}")
            self.assertEqual(told.returncode, 1)
            self.assertIn("answers 409: the service is shutting down", told.stderr)
            service.interrupt()
            service.wait()

    def test_where_nobody_serves_it_says_so(self):
        told = run("upgrade", "--admin", "http://127.0.0.1:1")
        self.assertEqual(told.returncode, 1)
        self.assertIn("no Tenfold answers at http://127.0.0.1:1", told.stderr)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Units(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tenfold-test-"))
        self.addCleanup(shutil.rmtree, self.directory)
        for unit in (SOURCE / "deploy/systemd").iterdir():
            (self.directory / unit.name).write_text(unit.read_text().replace("/usr/bin/tenfold", TENFOLD))

    def test_systemd_finds_nothing_wrong_with_them(self):
        units = sorted(str(unit) for unit in self.directory.iterdir())
        self.assertEqual(len(units), 2)
        verified = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((verified.returncode, verified.stdout + verified.stderr), (0, ""))

    def test_what_the_service_runs_is_a_line_that_tenfold_takes(self):
        unit = (self.directory / "tenfold.service").read_text()
        line = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).removeprefix("ExecStart=").split()
        file = self.directory / "app.yaml"
        file.write_text("properties:\n  template:\n    scale:\n      maxReplicas: 2\n")
        line[line.index("/etc/tenfold/app.yaml")] = str(file)
        started = run(*line[1:], "--port", "0", "--admin-port", "0", "--journal", "none", "--", "false")
        self.assertEqual(started.returncode, 1, started.stderr)
        self.assertIn("no replica starts; the last one exited with status 1", started.stderr)


if __name__ == "__main__":
    unittest.main()
