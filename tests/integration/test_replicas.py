"""Replicas that are killed, that kill, that come and go."""
import os
import pathlib
import signal
import tempfile
import unittest

from service import PUPPET, Service, children_of, eventually, is_running, receive_all, run


class LostReplicas(unittest.TestCase):
    def lose_while_it_works(self, fields):
        with Service(PUPPET, min_replicas=2, max_replicas=2) as service:
            held = service.hold(fields=fields)
            victim = next(replica for replica in service.status()["list"] if replica["replica"] == self.holder(service))
            service.release()  # for whoever gets it next
            os.kill(victim["pid"], signal.SIGKILL)
            answer = held.answer()
            self.assertEqual(service.post("/echo").status, 200)
            service.wait_for(lambda status: status["replicas"]["ready"] == 2)
            return victim, answer

    def holder(self, service):
        """The replica that has the only request: the one whose process is not idle in accept has two threads."""
        def threads(pid):
            return len(os.listdir(f"/proc/{pid}/task"))
        return max(service.status()["list"], key=lambda replica: threads(replica["pid"]))["replica"]

    def test_a_request_that_may_not_be_repeated_gets_502_that_says_so(self):
        _, answer = self.lose_while_it_works({})
        self.assertEqual(answer.status, 502)
        self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
        self.assertIn("Idempotency-Key", answer.json()["detail"])

    def test_a_request_with_an_idempotency_key_is_answered_by_another_replica(self):
        victim, answer = self.lose_while_it_works({"Idempotency-Key": "one"})
        self.assertEqual(answer.status, 200)
        self.assertNotEqual(answer.json()["pid"], victim["pid"])

    def test_the_body_is_sent_again_with_the_retry(self):
        with Service(PUPPET, min_replicas=2, max_replicas=2) as service:
            mark = service.directory / "mark"
            body = os.urandom(300_000)
            answer = service.post(f"/die-once?mark={mark}", body, {"Idempotency-Key": "one"})
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.json()["body_bytes"], len(body))

    def test_a_service_that_says_so_has_all_its_requests_repeated(self):
        with Service(PUPPET, "--retry", "safe", min_replicas=2, max_replicas=2) as service:
            self.assertEqual(service.post(f"/die-once?mark={service.directory / 'mark'}").status, 200)

    def test_a_request_that_kills_two_replicas_is_poison(self):
        with Service(PUPPET, min_replicas=2, max_replicas=2) as service:
            answer = service.post("/die", fields={"Idempotency-Key": "one"})
            self.assertEqual(answer.status, 500)
            self.assertIn("poison", answer.json()["type"])
            self.assertIn("Two replicas", answer.json()["detail"])
            self.assertEqual(service.post("/echo").status, 200)

    def test_an_answer_that_breaks_off_is_broken_off_for_the_client_too(self):
        with Service(PUPPET) as service:
            with service.connect() as client:
                client.sendall(b"POST /break HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                received = receive_all(client)
            self.assertTrue(received.startswith(b"HTTP/1.1 200"), received)
            self.assertTrue(received.endswith(b"half"), received)
            self.assertEqual(service.post("/echo").status, 200)

    def test_when_all_are_killed_they_come_back_and_what_waits_is_served(self):
        with Service(PUPPET, min_replicas=3, max_replicas=3) as service:
            for pid in service.replica_pids():
                os.kill(pid, signal.SIGKILL)
            for replica in (1, 2, 3):
                service.says(f"replica {replica} was killed by SIGKILL")
            answers = service.burst(10, "/echo", fields={"Idempotency-Key": "one"})
            self.assertEqual({answer.status for answer in answers}, {200})
            service.wait_for(lambda status: status["replicas"]["ready"] == 3)

    def test_a_replica_that_ends_by_itself_is_told_with_its_last_words(self):
        with Service(["sh", "-c", f"echo licence expired >&2; exec {' '.join(PUPPET)}"]) as service:
            os.kill(service.replica_pids()[0], signal.SIGKILL)
            service.wait_for(lambda status: status["replicas"]["ready"] == 1)
            service.says("replica 1 was killed by SIGKILL")
            service.says("[replica 1] licence expired")

    def test_it_is_told_which_request_it_had(self):
        with Service(PUPPET) as service:
            held = service.hold()
            os.kill(service.replica_pids()[0], signal.SIGKILL)
            self.assertEqual(held.answer().status, 502)
            number = service.status()["recent_failures"][0]["request"]
            service.says(f"replica 1 was killed by SIGKILL while it had request {number}")
            service.wait_for(lambda status: status["replicas"]["ready"] == 1)
            story = run("explain", str(service.journal)).stdout
            self.assertIn(f"was killed by SIGKILL while it had request {number}", story)

    def test_a_crash_loop_is_told_once_with_its_last_words(self):
        script = f"test -e $0 && {{ seq 1 30 >&2; exit 3; }}; exec {' '.join(PUPPET)}"
        with tempfile.TemporaryDirectory() as directory:
            broken = pathlib.Path(directory, "broken")
            with Service(["sh", "-c", script, str(broken)], "--quiet") as service:
                broken.touch()
                self.assertEqual(service.post("/die").status, 502)
                service.says("replicas fail again and again: 3 in a row, the last one exited with status 3; they are "
                             "started after pauses that double")
                service.says("\n11\n12\n")
                self.assertIn("\n29\n30", service.output())
                self.assertNotIn("\n10\n", service.output())
                broken.unlink()
                self.assertEqual(service.post("/echo").status, 200)
                self.assertEqual(service.output().count("again and again"), 1)


class Scaling(unittest.TestCase):
    def test_what_waits_spreads_over_replicas_that_come(self):
        with Service(PUPPET, "--policy", "aca", "--scale-rule-http-concurrency", "1", "--aca-metric", "inflight", "--aca-evaluation-interval",
                     "2s", max_replicas=4) as service:
            requests = [service.begin("/sleep?ms=1000") for _ in range(30)]
            service.wait_for(lambda status: status["replicas"]["ready"] == 4)
            answers = [request.answer() for request in requests]
            self.assertEqual({answer.status for answer in answers}, {200})
            self.assertEqual(len({answer.json()["replica"] for answer in answers}), 4)

    def test_a_service_without_replicas_starts_one_for_the_first_request(self):
        with Service(PUPPET, min_replicas=0) as service:
            self.assertEqual(service.status()["replicas"]["ready"], 0)
            self.assertEqual(service.post("/echo").status, 200)


class Remains(unittest.TestCase):
    def test_a_sigkill_of_tenfold_leaves_no_process(self):
        tree = "setsid sleep 1000 & (setsid sleep 1000 &) ; trap '' TERM; "
        service = Service(["sh", "-c", f"{tree} {' '.join(PUPPET)}"], min_replicas=2, max_replicas=2,
                          exit_code=-signal.SIGKILL)
        with service:
            pids = eventually(lambda: (found := children_of(service.process.pid)) and len(found) >= 9 and found,
                              "the replicas' processes")
            service.process.kill()
            eventually(lambda: not any(map(is_running, pids)), "all processes are gone")

    def test_an_orderly_end_leaves_no_process(self):
        with Service(["sh", "-c", f"setsid sleep 1000 & {' '.join(PUPPET)}"], min_replicas=2, max_replicas=2) as service:
            pids = children_of(service.process.pid)
            self.assertGreaterEqual(len(pids), 7)
            service.interrupt()
            service.wait()
            self.assertEqual([pid for pid in pids if is_running(pid)], [])


if __name__ == "__main__":
    unittest.main()
