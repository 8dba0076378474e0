"""What a replica may take: limits that hold, and what is told of one that went beyond."""
import glob
import os
import pathlib
import signal
import unittest

from service import PUPPET, Service, eventually


def groups_of(pid):
    """The control groups that a Tenfold has made."""
    return glob.glob(f"/sys/fs/cgroup/**/tenfold-{pid}", recursive=True)


def has_groups():
    with Service(PUPPET, "--cpu", "1", "--memory", "1Gi", replays=False) as service:
        eventually(lambda: "limits: " in service.output(), "how they are kept")
        return "cgroup v" in service.output() and "of each process" not in service.output()


HAS_GROUPS = None


class Groups(unittest.TestCase):
    def setUp(self):
        global HAS_GROUPS
        if HAS_GROUPS is None:
            HAS_GROUPS = has_groups()
        if not HAS_GROUPS:
            self.skipTest("no control groups can be made here")


class Memory(Groups):
    def test_a_replica_beyond_its_memory_is_ended_alone_and_its_request_gets_507(self):
        with Service(PUPPET, "--memory", "128Mi", min_replicas=2, max_replicas=2) as service:
            service.says("limits: memory 128Mi of each replica by cgroup v")
            eventually(lambda: len(service.replica_pids()) == 2, "both ready")
            held = service.hold()
            answer = service.post("/eat?mb=300")
            self.assertEqual(answer.status, 507)
            self.assertEqual(answer.json()["type"], "urn:tenfold:problem:out-of-memory")
            self.assertIn("more than the 128Mi of memory", answer.json()["detail"])
            service.release()
            self.assertEqual(held.answer().status, 200)
            service.says("was ended by the kernel: it took more than its 128Mi of memory (exit code 137)")
            eventually(lambda: service.metric('tenfold_replica_exits_total{reason="out_of_memory"}') == 1, "counted")
            eventually(lambda: len(service.replica_pids()) == 2, "both ready")

    def test_what_is_safe_to_repeat_is_tried_on_another_replica(self):
        with Service(PUPPET, "--memory", "128Mi", min_replicas=2, max_replicas=2) as service:
            mark = service.directory / "mark"
            answer = service.post(f"/eat-once?mb=300&mark={mark}", method="GET")
            self.assertEqual(answer.status, 200)
            self.assertEqual(service.post("/eat?mb=300", method="GET").status, 507)  # ends two replicas


class Cpu(Groups):
    def test_a_replica_gets_the_cpu_of_its_limit(self):
        with Service(PUPPET, "--cpu", "0.25", env={}) as service:
            pid = service.replica_pids()[0]

            def ticks():
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

            before = ticks()
            answer = service.post("/spin?ms=500")  # of CPU time: 2 s at a quarter
            self.assertEqual(answer.status, 200)
            used = ticks() - before
            took = answer.timing_ms()["solve"] / 1000
            # On a machine that others use it may get less, and never more than its limit and one period's quota.
            self.assertLess(used, 0.25 * took * 1.05 + 0.025 + 0.02)


class Remains(Groups):
    def test_no_group_is_left_of_a_tenfold_that_was_killed(self):
        service = Service(PUPPET, "--memory", "256Mi", min_replicas=2, max_replicas=2, exit_code=-9, replays=False)
        with service:
            pid = service.process.pid
            self.assertTrue(groups_of(pid))
            service.interrupt(signal.SIGKILL)
            eventually(lambda: not groups_of(pid), "the groups are gone")

    def test_none_is_left_at_its_end_either(self):
        with Service(PUPPET, "--memory", "256Mi") as service:
            pid = service.process.pid
        self.assertEqual(groups_of(pid), [])


class Process(unittest.TestCase):
    def test_without_groups_the_memory_of_a_process_is_bounded_and_it_is_said(self):
        with Service(PUPPET, "--memory", "256Mi", "--cpu", "0.5", "--replica-limits", "process") as service:
            service.says("limits: memory 0.25Gi of each process by its data limit, cpu 0.5 by niceness alone")
            self.assertNotEqual(service.post("/eat?mb=400").status, 200)  # a MemoryError, and the connection's end
            self.assertEqual(service.post("/eat?mb=50").status, 200)

    def test_off_is_off(self):
        with Service(PUPPET, "--memory", "64Mi", "--replica-limits", "off") as service:
            service.says("memory 64Mi of a replica are not kept")
            self.assertEqual(service.post("/eat?mb=200").status, 200)

    def test_what_was_not_stated_is_no_limit(self):
        with Service(PUPPET) as service:
            self.assertNotIn("limits:", service.output())


if __name__ == "__main__":
    unittest.main()
