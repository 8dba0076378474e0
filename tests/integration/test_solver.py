"""The built-in solver behind the ingress, with real models."""
import csv
import gzip
import json
import os
import signal
import time
import unittest

from service import IS_SANITIZED, SOURCE, Service

MODELS = SOURCE / "data/models"
# Stigler's diet of 1945 costs 39.66 dollars a year at its optimum; FT06's makespan is 55.
STIGLER = (MODELS / "stigler.mps").read_bytes()
STIGLER_COST = 39.6617
FT06 = (MODELS / "ft06.lp").read_bytes()
# Models with published optima that may lie beside the checkout.
SHARED = SOURCE.parent / "shared/data/mps"


# HiGHS's QP solver does not look at its time limit, nor whether it is told to stop, while it works on this one.
QP_S = 0.5


def stubborn_qp(columns=4000, rows=1000):
    entries = {(row, (row * 4 + k * k * 37 + k) % columns): (-1) ** k for row in range(rows) for k in range(6)}
    return json.dumps({
        "columns": [{"cost": column % 5 - 2, "lower": None} for column in range(columns)],
        "rows": [{"lower": row % 3, "upper": row % 3} for row in range(rows)],
        "matrix": {"rows": [row for row, _ in entries], "columns": [column for _, column in entries],
                   "values": list(entries.values())},
        "hessian": {"rows": list(range(columns)), "columns": list(range(columns)),
                    "values": [1 + column % 2 for column in range(columns)]}}).encode()


class Solver(unittest.TestCase):
    def test_100_posts_at_once_are_all_solved_to_the_published_optimum(self):
        with Service([], min_replicas=2, max_replicas=10) as service:
            answers = service.burst(100, "/solve", STIGLER)
            self.assertEqual({answer.status for answer in answers}, {200})
            for answer in answers:
                self.assertEqual(answer.json()["status"], "optimal")
                self.assertAlmostEqual(answer.json()["objective"], STIGLER_COST, places=3)
            shares = [answer.fields["X-Tenfold-Replica"] for answer in answers]
            self.assertGreaterEqual(shares.count("1"), 1)
            self.assertGreaterEqual(shares.count("2"), 1)

    def test_it_says_that_it_can_cancel(self):
        with Service([]) as service:
            self.assertEqual([replica["cancels"] for replica in service.status()["list"]], [True])

    def test_a_zipped_model_is_solved_too(self):
        with Service([]) as service:
            answer = service.post("/solve", gzip.compress(STIGLER), {"Content-Encoding": "gzip"})
            self.assertAlmostEqual(answer.json()["objective"], STIGLER_COST, places=3)

    def test_an_integer_model_in_the_other_format(self):
        with Service([]) as service:
            self.assertAlmostEqual(service.post("/solve", FT06).json()["objective"], 55, places=6)

    def test_a_body_that_is_no_model_gets_a_4xx_that_says_where(self):
        with Service([]) as service:
            for body in (b"{\"columns\": [", b"NAME x\nROWS\n Q cost\nCOLUMNS\n a cost 1\nENDATA\n", b"hello", b""):
                with self.subTest(body=body):
                    answer = service.post("/solve", body)
                    self.assertIn(answer.status, (400, 415, 422), answer)
                    self.assertTrue(answer.body)

    def test_a_replica_killed_while_it_solves_is_made_good(self):
        with Service([], min_replicas=2, max_replicas=2) as service:
            requests = [service.begin("/solve", FT06, {"Idempotency-Key": str(n)}) for n in range(8)]
            service.wait_for(lambda status: status["running"] == 2)
            os.kill(service.replica_pids()[0], signal.SIGKILL)
            answers = [request.answer() for request in requests]
            self.assertEqual([answer for answer in answers if answer.status != 200], [])
            for answer in answers:
                self.assertAlmostEqual(answer.json()["objective"], 55, places=6)

    def test_a_time_limit_that_highs_does_not_keep_ends_the_replica_and_its_answer_is_sent_first(self):
        with Service([]) as service:
            begun = time.monotonic()
            answer = service.post(f"/solve?time_limit={QP_S}", stubborn_qp())
            took_s = time.monotonic() - begun
            self.assertEqual((answer.status, answer.json()["status"]), (200, "time_limit"))
            self.assertLess(answer.json()["times"]["solve_s"], QP_S + 1 + (5 if IS_SANITIZED else 1), took_s)
            after = service.post("/solve", STIGLER)
            self.assertAlmostEqual(after.json()["objective"], STIGLER_COST, places=3)
            if not answer.json()["message"]:
                return  # a machine so slow that HiGHS had not come to where it does not look; Watch.* needs no machine
            self.assertIn("its replica ends", answer.json()["message"])
            self.assertNotEqual(after.fields["X-Tenfold-Replica"], answer.fields["X-Tenfold-Replica"])

    def test_a_client_that_leaves_frees_the_slot_also_where_highs_does_not_look(self):
        with Service([]) as service:
            request = service.begin("/solve", stubborn_qp())
            service.wait_for(lambda status: status["running"] == 1)
            request.leave()
            self.assertAlmostEqual(service.post("/solve", STIGLER).json()["objective"], STIGLER_COST, places=3)

    def test_names_of_any_length_hurt_nobody(self):
        with Service([]) as service:
            name = b"n" * 100_000
            answer = service.post("/solve", b"min\n obj: " + name + b"\nst\n c: " + name + b" >= 2\nend\n")
            self.assertEqual(answer.json()["columns"][name.decode()]["value"], 2)
            self.assertAlmostEqual(service.post("/solve", STIGLER).json()["objective"], STIGLER_COST, places=3)

    @unittest.skipUnless((SHARED / "expected.tsv").exists(), "the shared models are not here")
    def test_every_shared_model_gives_its_published_status_and_objective(self):
        with open(SHARED / "expected.tsv", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        self.assertTrue(rows)
        with Service([], "--timeout", "600s", min_replicas=2, max_replicas=2) as service:
            for row in rows:
                with self.subTest(model=row):
                    self.check_shared_model(service, row)

    def check_shared_model(self, service, row):
        model = (SHARED / row["file"]).read_bytes()
        plain = service.begin("/solve?mip_rel_gap=0", model)
        zipped = service.begin("/solve?mip_rel_gap=0", gzip.compress(model), {"Content-Encoding": "gzip"})
        for answer in (plain.answer(), zipped.answer()):
            if row["status"] == "invalid":
                self.assertIn(answer.status, (400, 422), answer)
                self.assertIn("line", answer.body.decode())
                continue
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.json()["status"], row["status"])
            if row["objective"]:
                expected, tolerance = float(row["objective"]), float(row["rel_tol"])
                self.assertAlmostEqual(answer.json()["objective"], expected, delta=tolerance * max(1, abs(expected)))


if __name__ == "__main__":
    unittest.main()
