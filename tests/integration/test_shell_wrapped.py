"""Replicas behind a shell, as `npm start` and entry point scripts have them: a SIGTERM ends the shell at once."""
import pathlib
import shlex
import tempfile
import unittest

from service import PUPPET, Service, children_of, eventually, is_running

# The `:` keeps the shell from becoming the program.
WRAPPED = ["sh", "-c", f"{shlex.join(PUPPET)}; :"]
# Grows and shrinks within seconds with what is in flight.
QUICK = ["--policy", "aca", "--aca-metric", "inflight", "--aca-evaluation-interval", "1s",
         "--aca-scale-down-stabilization", "1s", "--scale-rule-http-concurrency", "1"]


class ShellWrapped(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.finish = pathlib.Path(directory.name, "finished")

    def finished(self):
        return sorted(path.name for path in self.finish.parent.iterdir())

    def test_at_shutdown_the_program_may_finish_within_the_grace(self):
        with Service(WRAPPED, env={"FINISH": str(self.finish)}, min_replicas=2, max_replicas=2) as service:
            pids = children_of(service.process.pid)
            service.interrupt()
            self.assertEqual(service.wait(), 0)
            self.assertEqual(self.finished(), ["finished.1", "finished.2"])
            self.assertEqual([pid for pid in pids if is_running(pid)], [])

    def test_at_scale_in_too(self):
        with Service(WRAPPED, *QUICK, env={"FINISH": str(self.finish)}, max_replicas=2) as service:
            held = [service.hold("one"), service.begin("/echo"), service.begin("/echo")]
            service.wait_for(lambda status: status["replicas"]["ready"] == 2)
            service.release("one")
            self.assertEqual({request.answer().status for request in held}, {200})
            service.wait_for(lambda status: status["replicas"]["stopping"] == 1)
            eventually(lambda: len(self.finished()) == 1, "the program finishes")
            service.wait_for(lambda status: len(status["list"]) == 1)

    def test_what_does_not_finish_within_the_grace_is_killed(self):
        with Service(["sh", "-c", "trap '' TERM; " + WRAPPED[2]], "--grace", "200ms") as service:
            pids = children_of(service.process.pid)
            service.interrupt()
            self.assertEqual(service.wait(), 0)
            self.assertEqual([pid for pid in pids if is_running(pid)], [])


if __name__ == "__main__":
    unittest.main()
