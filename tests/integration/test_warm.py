"""Replicas that are kept warm: a program that takes its time to start serves at once when more of it is wanted."""
import shlex
import unittest

from service import PUPPET, Service, run

SLOW_TO_START = ["sh", "-c", f"sleep 1; exec {shlex.join(PUPPET)}"]


def states(status):
    return sorted(replica["state"] for replica in status["list"])


class Warm(unittest.TestCase):
    def test_what_is_wanted_next_is_there_already(self):
        with Service(SLOW_TO_START, "--warm", "1", "--policy", "per-request", max_replicas=3) as service:
            service.says("kept warm beside 1 wanted: 1 starting")
            service.wait_for(lambda status: states(status) == ["ready", "warm"])
            self.assertEqual(service.status()["replicas"]["warm"], 1)
            self.assertEqual(service.metric('tenfold_replicas{state="warm"}'), 1)
            held = service.hold()
            answer = service.post("/")
            self.assertEqual(answer.fields["X-Tenfold-Replica"], "2")
            self.assertEqual(answer.timing_ms()["coldstart"], 0)
            service.says("1 taken from the warm")
            # It is made up for, and all together are no more than max.
            service.wait_for(lambda status: states(status) == ["ready", "ready", "warm"])
            service.release()
            held.join()
            told = run("explain", str(service.journal)).stdout
        self.assertIn("took 1 that was warm", told)
        self.assertIn("of replicas kept warm; one was taken when more were wanted", " ".join(told.split()))

    def test_a_replica_that_is_lost_is_made_up_for_at_once(self):
        with Service(SLOW_TO_START, "--warm", "1", max_replicas=2) as service:
            service.wait_for(lambda status: states(status) == ["ready", "warm"])
            self.assertEqual(service.post("/die").status, 502)
            answer = service.post("/")
            self.assertEqual((answer.status, answer.fields["X-Tenfold-Replica"]), (200, "2"))
            self.assertEqual(answer.timing_ms()["coldstart"], 0)


if __name__ == "__main__":
    unittest.main()
