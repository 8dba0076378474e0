"""What a replica cannot see and do: each part of --isolation, by itself, by default, and not at all."""
import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from service import PATIENCE_S, PUPPET, SOURCE, TENFOLD, Service, eventually, run

# chown, dac_override, fowner, fsetid, kill, setgid, setuid, net_bind_service
KEPT = sum(1 << number for number in (0, 1, 3, 4, 5, 6, 7, 10))
NOBODY = 65534
IS_ROOT = os.geteuid() == 0


def landlock_version():
    return ctypes.CDLL(None).syscall(444, None, 0, 1)


def may_mount():
    return shutil.which("unshare") and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


HAS_DOMAINS = landlock_version() >= 6
HAS_MOUNTS = bool(may_mount())


def facts_of(pid):
    """What the kernel says of a process."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)


def capabilities(pid):
    return int(facts_of(pid)["CapBnd"], 16)


def ask(service, program):
    answer = service.post("/run", program.encode())
    assert answer.status == 200, answer
    return answer.json()


def isolated(*words, **options):
    return Service(PUPPET, *(["--isolation", ",".join(words)] if words else ["--isolation", "auto"]), **options)


class Default(unittest.TestCase):
    def test_what_the_kernel_says_of_a_replica(self):
        with isolated() as service:
            pid = service.replica_pids()[0]
            facts = facts_of(pid)
            self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
            self.assertEqual(os.getsid(pid), pid)
            self.assertEqual(int(facts["CapBnd"], 16), capabilities("self") & KEPT if IS_ROOT else capabilities("self"))
            self.assertEqual(int(facts["CapAmb"], 16), 0)
            self.assertEqual(int(facts["CapEff"], 16) & ~KEPT, 0)
            self.assertEqual(facts_of(service.process.pid)["Seccomp"], facts_of("self")["Seccomp"])

    def test_forks_of_a_zygote_are_isolated_too(self):
        with Service(None, "--isolation", "auto", min_replicas=2, max_replicas=2) as service:
            for pid in service.replica_pids():
                facts = facts_of(pid)
                self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
                self.assertEqual(int(facts["CapEff"], 16) & ~KEPT, 0)

    def test_a_program_does_what_programs_do(self):
        with isolated() as service:
            self.assertEqual(ask(service, """
import subprocess, tempfile, threading, multiprocessing
with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
    open(one + "/a", "w").write("moved")
    os.rename(one + "/a", other + "/b")  # from one directory to another
    os.link(other + "/b", one + "/c")
    result = [open(one + "/c").read()]
result.append(subprocess.run(["sh", "-c", "echo out; kill -9 $$"], capture_output=True, text=True).stdout)
child = subprocess.Popen(["sleep", "60"])
child.terminate()
result.append(child.wait())
thread = threading.Thread(target=lambda: result.append("thread"))
thread.start()
thread.join()
listening = socket.create_server(("127.0.0.1", 0))
connection = socket.create_connection(listening.getsockname())
result.append("connected")
"""), ["moved", "out\n", -15, "thread", "connected"])


class Off(unittest.TestCase):
    def test_off_is_off(self):
        with isolated("off") as service:
            facts, ours = facts_of(service.replica_pids()[0]), facts_of("self")
            for name in ("NoNewPrivs", "Seccomp", "CapBnd", "CapEff"):
                self.assertEqual(facts[name], ours[name], name)
            self.assertNotIn("isolation", service.output())
            self.assertEqual(os.stat(f"/proc/{service.replica_pids()[0]}/ns/mnt").st_ino,
                             os.stat("/proc/self/ns/mnt").st_ino)


class ByName(unittest.TestCase):
    def test_privileges(self):
        with isolated("privileges") as service:
            facts = facts_of(service.replica_pids()[0])
            self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", facts_of("self")["Seccomp"]))
            self.assertEqual(facts["CapBnd"], facts_of("self")["CapBnd"])

    @unittest.skipUnless(IS_ROOT, "only root has any")
    def test_capabilities(self):
        with isolated("capabilities") as service:
            facts = facts_of(service.replica_pids()[0])
            self.assertEqual(int(facts["CapBnd"], 16), capabilities("self") & KEPT)
            self.assertEqual(facts["NoNewPrivs"], facts_of("self")["NoNewPrivs"])

    def test_system_calls(self):
        calls = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def error_of(call, *arguments):
    ctypes.set_errno(0)
    call(*arguments)
    return os.strerror(ctypes.get_errno())
result = [error_of(libc.mount, b"none", b"/mnt", b"tmpfs", 0, None), error_of(libc.swapoff, b"/no/such/file"),
          error_of(libc.ptrace, 1 << 20, 0, None, None), error_of(libc.personality, 0)]
"""
        refused = "Operation not permitted"
        with isolated("privileges", "syscalls") as service:
            self.assertEqual(ask(service, calls), [refused, refused, "No such process", "Success"])
        with isolated("privileges", "syscalls", "no-syscalls") as service:
            self.assertEqual(facts_of(service.replica_pids()[0])["Seccomp"], facts_of("self")["Seccomp"])

    @unittest.skipUnless(HAS_DOMAINS, "needs Landlock's scopes, Linux 6.12")
    def test_processes(self):
        with isolated("privileges", "capabilities", "processes", min_replicas=2, max_replicas=2) as service:
            tenfold = service.process.pid
            held = service.hold()  # so that it is known which of both answers
            mine = int(ask(service, "result = os.getpid()"))
            other = next(pid for pid in service.replica_pids() if pid != mine)
            for pid in (tenfold, other, os.getpid()):
                self.assertEqual(ask(service, f"os.kill({pid}, 0)")["error"], "PermissionError")
                self.assertEqual(ask(service, f"open('/proc/{pid}/environ').read()")["error"], "PermissionError")
            self.assertEqual(ask(service, "os.kill(os.getpid(), 0)\nresult = 'itself'"), "itself")
            service.release()
            self.assertEqual(held.answer().status, 200)

    @unittest.skipUnless(HAS_MOUNTS, "needs mounts of its own")
    def test_sockets(self):
        with isolated("sockets", min_replicas=2, max_replicas=2) as service:
            held = service.hold()  # so that it is known which of both answers
            own, replica = ask(service, "result = [os.environ[name] for name in ('TENFOLD_SOCKET', 'TENFOLD_REPLICA')]")
            directory = pathlib.Path(own).parent.parent
            other = next(str(path) for path in directory.glob("*/*.sock") if str(path) != own)
            self.assertEqual(ask(service, f"socket.socket(socket.AF_UNIX).connect({other!r})")["error"],
                             "FileNotFoundError")
            self.assertEqual(ask(service, f"result = os.listdir({str(directory)!r})"), [replica])
            service.release()
            self.assertEqual(held.answer().status, 200)

    @unittest.skipUnless(HAS_MOUNTS, "needs mounts of its own")
    def test_tmp(self):
        name = f"tenfold-test-{os.getpid()}"
        for place in ("/tmp", "/var/tmp"):
            with self.subTest(place), isolated("tmp") as service:
                path = f"{place}/{name}"
                self.assertEqual(ask(service, f"result = os.listdir({place!r})"), [])
                ask(service, f"open({path!r}, 'w').write('its own')")
                self.assertEqual(ask(service, f"result = open({path!r}).read()"), "its own")
                self.assertEqual(ask(service, f"result = oct(os.stat({place!r}).st_mode)"), "0o41777")
                self.assertFalse(pathlib.Path(path).exists())
                kept = [str(path) for path in pathlib.Path(place).glob(f"tenfold-tmp-*/*/{name}")]
                self.assertEqual(len(kept), 1, kept)
            self.assertFalse(os.path.exists(kept[0]))

    @unittest.skipUnless(HAS_MOUNTS, "needs mounts of its own")
    def test_what_is_left_in_tmp_goes_with_the_replica(self):
        name = f"tenfold-test-{os.getpid()}"
        with isolated("tmp", "sockets") as service:
            ask(service, f"os.makedirs('/tmp/{name}/deep')\nopen('/tmp/{name}/deep/file', 'w').write('left')")
            kept = list(pathlib.Path("/tmp").glob(f"tenfold-tmp-*/*/{name}"))
            service.post("/die")
            eventually(lambda: not kept[0].exists(), "what it left is gone")
            self.assertEqual(ask(service, "result = os.listdir('/tmp')"), [])

    def test_admin(self):
        knock = """
client = socket.create_connection(("127.0.0.1", PORT))
client.sendall(b"GET /status HTTP/1.0\\r\\n\\r\\n")
result = client.recv(9).decode()
"""
        for command in (PUPPET, [*PUPPET, "--port"]):
            with self.subTest(command), Service(command, "--isolation", "admin") as service:
                told = ask(service, knock.replace("PORT", str(service.admin_port)))
                self.assertIn(told, ("", {"error": "ConnectionResetError", "words": "[Errno 104] Connection reset by peer"}))
                service.says("of a replica is kept from the admin port; --isolation no-admin lets replicas in")
                ask(service, knock.replace("PORT", str(service.admin_port)))
                self.assertEqual(service.admin("/status").status, 200)
                service.says("of a replica is kept from the admin port")
        with isolated("no-admin") as service:
            self.assertEqual(ask(service, knock.replace("PORT", str(service.admin_port))), "HTTP/1.1 ")

    def test_environment(self):
        with isolated("environment", env={"PASSWORD_OF_SOMETHING": "x", "LC_TIME": "C", "HOME": "/home/x"}) as service:
            told = service.post("/environment").json()
            contract = {"PORT", "TENFOLD_SOCKET", "TENFOLD_REPLICA", "TENFOLD_CONCURRENCY", "NOTIFY_SOCKET"}
            also = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "LC_TIME", "LC_ALL", "LC_CTYPE"}
            self.assertEqual(set(told) - also, contract)
            self.assertEqual((told["HOME"], told["LC_TIME"]), ("/home/x", "C"))
        with isolated("environment", "no-environment", env={"STAYS": "yes"}) as service:
            self.assertEqual(service.post("/environment").json()["STAYS"], "yes")
        with Service(PUPPET, "--isolation", "environment", "--env", "KEPT=yes") as service:
            self.assertEqual(service.post("/environment").json()["KEPT"], "yes")


class Shared(unittest.TestCase):
    @unittest.skipUnless(HAS_MOUNTS, "needs mounts of its own")
    def test_a_program_in_tmp_shares_it_and_that_is_told(self):
        with tempfile.TemporaryDirectory(prefix="tenfold-program-", dir="/tmp") as directory:
            program = shutil.copy(SOURCE / "tests/integration/replicas/puppet.py", directory)
            with Service([*PUPPET[:-1], program], "--isolation", "auto") as service:
                service.says(f"isolation: without tmp ({program} is used)")
                self.assertIn(os.path.basename(directory), ask(service, "result = os.listdir('/tmp')"))

    def test_a_program_in_tmp_is_not_found_where_tmp_is_asked_for(self):
        if not HAS_MOUNTS:
            self.skipTest("needs mounts of its own")
        with tempfile.TemporaryDirectory(prefix="tenfold-program-", dir="/tmp") as directory:
            program = pathlib.Path(directory, "program")
            program.write_text("#!/bin/sh\nexit 0\n")
            program.chmod(0o755)
            told = run("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--isolation", "tmp", "--",
                       str(program))
            self.assertEqual(told.returncode, 1, told.stderr)
            self.assertIn(f"{program} lies in /tmp", told.stderr)


@unittest.skipUnless(IS_ROOT, "needs root to become somebody else")
class Unprivileged(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="tenfold-nobody-")
        self.addCleanup(self.directory.cleanup)
        os.chmod(self.directory.name, 0o777)
        self.environment = {**os.environ, "HOME": self.directory.name, "XDG_STATE_HOME": self.directory.name}
        self.environment.pop("XDG_RUNTIME_DIR", None)
        if self.as_nobody("--version").returncode != 0:
            self.skipTest("the binary is in a directory that others cannot enter")

    def as_nobody(self, *arguments):
        try:
            return subprocess.run([TENFOLD, *arguments], capture_output=True, text=True, timeout=PATIENCE_S,
                                  stdin=subprocess.DEVNULL, user=NOBODY, group=NOBODY, extra_groups=[],
                                  env=self.environment)
        except PermissionError:
            self.skipTest("the binary is in a directory that others cannot enter")

    def up(self, isolation):
        return self.as_nobody("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--isolation", isolation,
                              "--", "sh", "-c", "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status; exit 7")

    def test_what_cannot_be_had_is_told_once_and_the_rest_holds(self):
        told = self.up("auto").stderr
        self.assertEqual(told.count("isolation: without sockets (Operation not permitted), tmp (Operation not "
                                    "permitted)"), 1, told)
        self.assertIn("NoNewPrivs:\t1", told)
        self.assertIn("Seccomp:\t2", told)

    def test_what_is_asked_for_and_cannot_be_had_is_one_message(self):
        for part in ("tmp", "sockets"):
            told = self.up(part)
            self.assertEqual((told.returncode, told.stderr),
                             (1, f"tenfold: the isolation that is asked for cannot be had: {part} (Operation not "
                                 "permitted)\n"))

    def test_system_calls_are_not_refused_to_who_may_gain_privileges(self):
        told = self.up("syscalls")
        self.assertEqual(told.returncode, 1)
        self.assertIn("cannot be had: syscalls (Permission denied)", told.stderr)


class Words(unittest.TestCase):
    def test_a_slip_is_told(self):
        told = run("up", "--isolation", "sycalls", "--", "true")
        self.assertEqual(told.returncode, 2)
        self.assertIn("'sycalls' is not known; did you mean 'syscalls'?", told.stderr)


if __name__ == "__main__":
    unittest.main()
