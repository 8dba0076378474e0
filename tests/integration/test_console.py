"""What Tenfold says: a reader that does not read, or is not there, holds nothing up."""
import contextlib
import os
import re
import select
import shlex
import signal
import sys
import time
import unittest

from service import PATIENCE_S, PUPPET, Service, run

# Writes 10 MB before it serves, so that when it is ready all of them were said.
CHATTERBOX = ["sh", "-c", f"{sys.executable} -c 'print((\"x\" * 99 + chr(10)) * 100000, end=str())'; "
              f"exec {shlex.join(PUPPET)}"]


def admin_port_of(service):
    """Where its admin API is, from the kernel: it was said on a stderr that is not read."""
    pid, inodes = service.process.pid, set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            inodes.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    ports = {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}
    return (ports - {service.port}).pop()


def read_until(descriptor, pattern):
    text = ""
    deadline = time.monotonic() + PATIENCE_S
    while not re.search(pattern, text):
        left = deadline - time.monotonic()
        if left < 0 or not select.select([descriptor], [], [], left)[0]:
            raise AssertionError(f"'{pattern}' did not come; the end: {text[-400:]}")
        text += os.read(descriptor, 1 << 16).decode()
    return text


def kill_the_replica(service):
    """What follows is said, to nobody."""
    os.kill(service.replica_pids()[0], signal.SIGKILL)
    service.wait_for(lambda status: [each["replica"] for each in status["list"] if each["ready"]] == [2])


class Console(unittest.TestCase):
    def test_a_stderr_that_nobody_reads_holds_no_request_up_and_the_loss_is_told(self):
        reader, writer = os.pipe()
        with Service(CHATTERBOX, stderr=writer) as service:
            os.close(writer)
            service.admin_port = admin_port_of(service)
            for _ in range(20):
                self.assertEqual(service.post("/echo").status, 200)
            kill_the_replica(service)
            self.assertEqual(service.post("/echo").status, 200)
            text = read_until(reader, r"\d+ lines were not shown.*\n")
            missing = int(re.search(r"(\d+) lines were not shown", text)[1])
            self.assertGreater(missing, 50_000)
            self.assertGreaterEqual(text.count("x" * 99) + missing, 100_000)
        os.close(reader)

    def test_a_stopped_terminal_holds_no_request_up(self):
        terminal, end = os.openpty()
        with Service(["sh", "-c", f"echo on the terminal; exec {shlex.join(PUPPET)}"], stderr=end) as service:
            service.admin_port = admin_port_of(service)
            read_until(terminal, "on the terminal")
            os.write(terminal, b"\x13")  # Ctrl-S
            kill_the_replica(service)
            self.assertEqual(service.post("/echo").status, 200)
            os.write(terminal, b"\x11")  # Ctrl-Q
            read_until(terminal, "replica 2 is ready")
        os.close(end)
        os.close(terminal)

    def test_closed_standard_streams_are_not_taken_for_files_or_clients(self):
        def close_both():
            os.close(0)
            os.close(2)
        # Leaving the block replays the journal: no sentence has got into it.
        with Service(["sh", "-c", f"echo lost words; exec {shlex.join(PUPPET)}"], preexec=close_both) as service:
            service.admin_port = admin_port_of(service)
            kill_the_replica(service)
            self.assertEqual({answer.status for answer in service.burst(20, "/echo")}, {200})

    def test_the_last_words_before_a_refused_start_are_shown(self):
        refused = run("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--", "no-such-solver")
        self.assertEqual(refused.stderr.count("\n"), 1)
        self.assertIn("'no-such-solver' was not found", refused.stderr)


if __name__ == "__main__":
    unittest.main()
