"""What becomes of requests: answers, the queue, deadlines, clients that leave."""
import re
import time
import unittest

from service import PUPPET, Service, eventually, run


class Answers(unittest.TestCase):
    def test_a_burst_is_answered_whole_and_shared_equally(self):
        with Service(PUPPET, min_replicas=2, max_replicas=2) as service:
            answers = service.burst(40, "/sleep?ms=20", b"x" * 200)
        self.assertEqual([answer.status for answer in answers], [200] * 40)
        shares = [answer.json()["replica"] for answer in answers]
        self.assertAlmostEqual(shares.count("1"), 20, delta=3)

    def test_the_limit_of_concurrency_is_never_passed(self):
        with Service(PUPPET, min_replicas=2, max_replicas=2, concurrency=3) as service:
            requests = [service.begin("/sleep?ms=100") for _ in range(20)]
            most = 0
            while any(request.is_alive() for request in requests):
                most = max(most, service.status()["running"])
            self.assertEqual({request.answer().status for request in requests}, {200})
        self.assertLessEqual(most, 6)

    def test_each_says_where_its_time_went_and_which_replica_had_it(self):
        with Service(PUPPET) as service:
            first = service.hold()
            second = service.begin("/sleep?ms=50")
            service.wait_for(lambda status: status["waiting"] == 1)
            time.sleep(0.1)
            service.release()
            first.answer()
            answer = second.answer()
        self.assertEqual(answer.fields["X-Tenfold-Replica"], "1")
        timing = answer.timing_ms()
        self.assertGreaterEqual(timing["queue"], 100)
        self.assertGreaterEqual(timing["solve"], 50)
        self.assertEqual(timing["coldstart"], 0)

    def test_a_cold_start_is_told_to_the_request_that_waited_for_it(self):
        with Service(PUPPET, min_replicas=0) as service:
            answer = service.post("/echo")
        self.assertEqual(answer.status, 200)
        self.assertGreater(answer.timing_ms()["coldstart"], 1)

    def test_also_errors_say_where_the_time_went(self):
        with Service(PUPPET, "--queue", "1") as service:
            held = service.hold()
            waiting = service.begin("/echo")
            service.wait_for(lambda status: status["waiting"] == 1)
            answer = service.post("/echo")
            self.assertEqual(answer.status, 503)
            self.assertEqual(list(answer.timing_ms()), ["queue"])
            self.assertNotIn("X-Tenfold-Replica", answer.fields)
            service.release()
            held.answer()
            waiting.answer()


class Queue(unittest.TestCase):
    def test_what_waits_is_served_first_come_first_served(self):
        with Service(PUPPET) as service:
            held = service.hold()
            waiting = []
            for number in range(5):
                waiting.append(service.begin(f"/sleep?ms=30&number={number}"))
                service.wait_for(lambda status, count=number + 1: status["waiting"] == count)
            service.release()
            held.answer()
            for request in waiting:
                self.assertEqual(request.answer().status, 200)
            service.interrupt()
            service.wait()
            dispatched = re.findall(r"dispatch request (\d+)", run("journal", "dump", str(service.journal)).stdout)
        # Not by their waits: who comes later than a request takes waits for less.
        self.assertEqual([int(number) for number in dispatched], [1, 2, 3, 4, 5, 6])

    def test_the_request_that_does_not_fit_gets_503_and_a_time_to_come_again(self):
        with Service(PUPPET, "--queue", "2") as service:
            held = service.hold()
            waiting = [service.begin("/echo") for _ in range(2)]
            service.wait_for(lambda status: status["waiting"] == 2)
            answer = service.post("/echo")
            self.assertEqual(answer.status, 503)
            self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
            self.assertEqual(answer.json()["status"], 503)
            self.assertGreaterEqual(int(answer.fields["Retry-After"]), 1)
            service.release()
            self.assertEqual([request.answer().status for request in [held, *waiting]], [200] * 3)


class Deadlines(unittest.TestCase):
    def expire_while_it_waits(self, fields):
        with Service(PUPPET) as service:
            held = service.hold()
            answer = service.post("/echo", fields=fields)
            self.assertEqual(answer.status, 504)
            self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
            self.assertEqual(service.status()["waiting"], 0)
            service.release()
            held.answer()
            # Never dispatched: the replica had the request that held it and the one after.
            self.assertEqual(service.post("/echo").status, 200)
            self.assertEqual(service.status()["list"][0]["answered"], 2)

    def test_one_that_passes_in_the_queue_is_answered_504(self):
        self.expire_while_it_waits({"X-Request-Timeout": "200ms"})

    def test_the_standard_field_is_known_too(self):
        self.expire_while_it_waits({"Prefer": "wait=1"})

    def test_one_that_cannot_be_met_is_answered_at_once(self):
        with Service(PUPPET) as service:
            for _ in range(3):  # the pace: half a second each
                service.post("/sleep?ms=500")
            held = service.hold()
            waiting = [service.begin("/echo") for _ in range(4)]
            service.wait_for(lambda status: status["waiting"] == 4)
            began = time.monotonic()
            answer = service.post("/echo", fields={"X-Request-Timeout": "1s"})
            self.assertLess(time.monotonic() - began, 0.9)
            self.assertEqual(answer.status, 504)
            service.release()
            self.assertEqual({request.answer().status for request in [held, *waiting]}, {200})

    def test_one_that_passes_while_it_runs_is_answered_and_the_replica_told(self):
        with Service(PUPPET, "--cancel", "close") as service:
            held = service.hold(fields={"X-Request-Timeout": "300ms"})
            self.assertEqual(held.answer().status, 504)
            eventually((service.directory / "gate.left").exists, "the replica hears of it")
            self.assertEqual(service.post("/echo").status, 200)

    def test_the_services_own_timeout_holds_where_the_client_says_nothing(self):
        with Service(PUPPET, "--timeout", "300ms") as service:
            self.assertEqual(service.hold().answer().status, 504)


class Clients(unittest.TestCase):
    def test_one_that_leaves_the_queue_is_never_dispatched(self):
        with Service(PUPPET) as service:
            held = service.hold()
            waiting = service.begin("/echo")
            service.wait_for(lambda status: status["waiting"] == 1)
            waiting.leave()
            service.wait_for(lambda status: status["waiting"] == 0)
            service.release()
            held.answer()
            service.post("/echo")
            self.assertEqual(service.status()["list"][0]["answered"], 2)

    def test_one_that_leaves_while_it_runs_frees_its_slot_and_the_replica_is_told(self):
        with Service(PUPPET, "--cancel", "close") as service:
            held = service.hold()
            held.leave()
            eventually((service.directory / "gate.left").exists, "the replica hears of it")
            service.wait_for(lambda status: status["running"] == 0)
            self.assertEqual(service.post("/echo").status, 200)

    def test_the_slot_is_free_when_the_replica_says_so_and_not_before(self):
        with Service(PUPPET) as service:
            stubborn = service.begin("/sleep?ms=600")
            service.wait_for(lambda status: status["running"] == 1)
            began = time.monotonic()
            stubborn.leave()
            self.assertEqual(service.post("/echo").status, 200)
            self.assertGreater(time.monotonic() - began, 0.3)


if __name__ == "__main__":
    unittest.main()
