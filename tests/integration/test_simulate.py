"""`tenfold simulate`, `tune` and `export` as their users call them."""
import json
import pathlib
import tempfile
import unittest
import xml.dom.minidom

from service import PUPPET, Service, run

BURST = ["--workload", "burst:n=100", "--service", "constant:100ms", "--cores", "2", "--cpu", "1"]
POLICIES = [word for name in ("aca", "hpa", "knative", "slo") for word in ("--policy", name)]
TIMES = ["mean_s", "p50_s", "p90_s", "p95_s", "p99_s", "max_s"]
KEYS = {"policy", "wait", "total", "p_wait", "makespan_s", "mean_completion_s", "replica_seconds", "answered", "rejected", "left",
        "requests", "decisions", "starts", "most_replicas", "cost", "cost_unit", "simulated_requests_per_s", "classes"}


def simulate(*words):
    return run("simulate", *words)


class Simulate(unittest.TestCase):
    def test_json_has_the_keys_that_scripts_rely_on(self):
        ran = simulate("--workload", "poisson:rate=15", "--service", "exponential:mean=500ms", "--cold-start", "constant:1s", "--cores", "8", "--cpu", "1",
                       "--requests", "20000", "--min-replicas", "10", "--max-replicas", "10", "--concurrency", "1", "--policy", "slo", "--seed", "1", "--json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        result = json.loads(ran.stdout)
        self.assertEqual(set(result), KEYS)
        self.assertEqual(list(result["wait"]), TIMES)
        self.assertEqual(list(result["total"]), TIMES)
        self.assertEqual(result["requests"], 20000)
        self.assertEqual(result["policy"], "slo")

    def test_several_policies_are_an_array_or_a_table(self):
        results = json.loads(simulate(*BURST, *POLICIES, "--json").stdout)
        self.assertEqual([result["policy"] for result in results], ["aca", "hpa", "knative", "slo"])
        table = simulate(*BURST, *POLICIES).stdout
        self.assertRegex(table, r"aca +hpa +knative +slo")
        self.assertIn("* the best of its row", table)

    def test_the_fifo_burst_is_exact(self):
        result = json.loads(simulate(*BURST, "--max-replicas", "2", "--json").stdout)
        self.assertEqual(result["makespan_s"], 5)
        self.assertEqual(result["mean_completion_s"], 2.55)

    def test_the_same_seed_gives_the_same_bytes(self):
        words = ["--workload", "poisson:rate=10", "--service", "lognormal:mean=500ms,scv=2", "--requests", "2000", "--policy", "slo"]
        self.assertEqual(simulate(*words, "--seed", "4").stdout, simulate(*words, "--seed", "4").stdout)
        self.assertNotEqual(simulate(*words, "--seed", "4").stdout, simulate(*words, "--seed", "5").stdout)

    def test_the_story_tells_why_azures_formula_does_not_scale_out(self):
        story = simulate(*BURST, "--policy", "aca", "--duration", "20s").stdout
        self.assertIn("100 requests arrived in the past 15 s, 6.67 a second", story)
        self.assertIn("It is a rate, not a concurrency", story)

    def test_the_story_tells_why_slo_starts_no_more_than_the_cores(self):
        self.assertIn("2 cores", simulate(*BURST, "--policy", "slo").stdout)

    def test_its_journal_replays_and_tells_the_same_story(self):
        with tempfile.TemporaryDirectory() as directory:
            told = simulate(*BURST, "--policy", "slo", "--journal", f"{directory}/one")
            self.assertEqual(told.returncode, 0, told.stderr)
            replayed = run("journal", "replay", f"{directory}/one")
            self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)
            story = run("explain", f"{directory}/one")
            self.assertIn("simulated burst:n=100, service constant:100ms", story.stdout)
            moments = [line for line in told.stdout.splitlines() if " s  " in line]
            for line in moments:
                self.assertIn(line, story.stdout)
            self.assertIn("there is a journal in", simulate(*BURST, "--journal", f"{directory}/one").stderr)
            self.assertIn("not of several seeds", simulate(*BURST, "--journal", f"{directory}/two", "--seeds", "2").stderr)

    def test_explain_tells_the_cost_that_simulate_tells(self):
        # Under slo: what policies that poll do before the first of it arrives is in the journal, and not in the result.
        words = ["--workload", "poisson:rate=5", "--requests", "200", "--service", "exponential:mean=500ms", "--cpu", "1", "--price-request", "0.01",
                 "--policy", "slo"]
        with tempfile.TemporaryDirectory() as directory:
            result = json.loads(simulate(*words, "--journal", f"{directory}/j", "--json").stdout)
            cost = json.loads(run("explain", f"{directory}/j", "--json").stdout)["cost"]
            self.assertAlmostEqual(cost["cost"], result["cost"], 9)
            self.assertAlmostEqual(cost["month"], result["cost"] * 730 * 3600 / cost["seconds"], 3)
            self.assertGreater(cost["idle_replica_seconds"], 0)
            self.assertEqual((cost["cpu"], cost["cpu_is_stated"], cost["memory_is_stated"]), (1, True, False))
            told = run("explain", f"{directory}/j", "--price-currency", "EUR", "--price-machine-hour", "36").stdout
            self.assertIn(f"The run cost {cost['seconds'] / 100:.4f} EUR: 1 machine for ", told)

    def test_explain_sets_two_journals_side_by_side(self):
        with tempfile.TemporaryDirectory() as directory:
            burst = ["--workload", "burst:n=100", "--service", "constant:100ms"]
            self.assertEqual(simulate(*burst, "--policy", "aca", "--policy", "slo", "--journal", directory).returncode, 0)
            sides = [f"{directory}/aca", f"{directory}/slo"]
            text = run("explain", *sides).stdout
            self.assertRegex(text, r"requests +100 +100 +0\n")
            self.assertIn("policy aca -> slo", text)
            page = pathlib.Path(directory) / "page.html"
            result = json.loads(run("explain", *sides, "--json", "--html", str(page)).stdout)
            self.assertLess(result["difference"]["makespan_s"], 0)
            self.assertIn("2 runs side by side", page.read_text())
            self.assertEqual(run("explain", *sides, "--requests").returncode, 2)
            self.assertEqual(run("explain", f"{directory}/aca,burst=0").returncode, 2)
            self.assertEqual(run("explain", f"{directory}/aca,burst=1", f"{directory}/aca,last").returncode, 0)

    def test_a_page_shows_several_policies(self):
        with tempfile.TemporaryDirectory() as directory:
            page = pathlib.Path(directory) / "page.html"
            self.assertEqual(simulate(*BURST, *POLICIES, "--html", str(page)).returncode, 0)
            self.assertIn("4 runs side by side", page.read_text())

    def test_seeds_give_means_and_intervals(self):
        words = ["--workload", "poisson:rate=10", "--service", "classes:20ms=80,1s=20", "--requests", "500", "--policy", "slo"]
        both = json.loads(simulate(*words, "--seeds", "2", "--json").stdout)
        runs = [json.loads(simulate(*words, "--seed", seed, "--json").stdout) for seed in ("1", "2")]
        self.assertEqual(both["seeds"], 2)
        means = [run["wait"]["mean_s"] for run in runs]
        self.assertAlmostEqual(both["wait"]["mean_s"], sum(means) / 2, 12)
        self.assertAlmostEqual(both["half_width_95"]["wait"]["mean_s"], 12.7062 * abs(means[0] - means[1]) / 2, 9)
        self.assertEqual(both["classes"]["20ms"]["requests"], 400)
        self.assertIn("means of 2 seeds", simulate(*words, "--seeds", "2").stdout)

    def test_csv_has_a_line_for_each_request(self):
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch) / "requests.csv"
            ran = simulate(*BURST, "--policy", "slo", "--policy", "aca", "--csv", str(path), "--json")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            lines = path.read_text().splitlines()
        self.assertEqual(lines[0], "policy,seed,request,arrived_s,class,wait_s,slot_s,total_s,outcome,replica,attempts")
        self.assertEqual(len(lines), 201)
        self.assertTrue(lines[1].startswith("slo,1,1,0.000000000,,0.000000000,"))

    def test_columns_that_are_not_used_are_named(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as trace:
            trace.write("t,size,service\n0,9,1s\n")
            trace.flush()
            ran = simulate("--workload", f"trace:{trace.name}", "--json")
        self.assertEqual(json.loads(ran.stdout)["answered"], 1)
        self.assertIn("these columns are not used: size", ran.stderr)

    def test_classes_of_which_the_service_times_know_nothing_are_named(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as trace, tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            trace.write("t,class\n0,/solve?n=9\n1,/solve\n")
            log.write('127.0.0.1 - - [05/Jan/2026:10:00:00 +0000] "POST /solve HTTP/1.1" 200 9 "-" "-" 0.250\n')
            trace.flush()
            log.flush()
            ran = simulate("--workload", f"trace:{trace.name}", "--service", f"log:{log.name}", "--json")
            self.assertEqual(json.loads(ran.stdout)["answered"], 2)
            self.assertIn(f"--service log:{log.name} has no times of /solve?n=9: each such request took", ran.stderr)

    def test_charts_are_written(self):
        with tempfile.TemporaryDirectory() as scratch:
            svg, html = pathlib.Path(scratch) / "x.svg", pathlib.Path(scratch) / "x.html"
            ran = simulate(*BURST, "--policy", "slo", "--svg", str(svg), "--html", str(html))
            self.assertEqual(ran.returncode, 0, ran.stderr)
            xml.dom.minidom.parse(str(svg))
            self.assertIn("<svg", html.read_text())

    def test_what_is_wrong_is_one_line_and_exit_code_2(self):
        for words, told in ((["--workload", "poison:rate=1"], "did you mean 'poisson'?"),
                            (["--service", "constant:1"], "'1' is no duration"),
                            (["--policy", "sloo"], "slo"),
                            (["--requests", "0"], "--requests"),
                            (["--seed", "-1"], "--seed: '-1' is no whole number"),
                            (["--seed", "1e3"], "--seed: '1e3' is no whole number"),
                            (["--seed", "99999999999999999999"], "--seed"),
                            (["--seeds", "0"], "--seeds: 0"),
                            (["--service", "erlang:mean=1s,k=1.5"], "k: '1.5' is no whole number from 1 to 1000"),
                            (["--workload", "constant:rate=1e-9"], "after 250 years"),
                            (["--warm-up", "1h"], "no request came after it"),
                            (["--warm-up", "1h", "--duration", "1h"], "--warm-up: it must be shorter than --duration"),
                            (["--scale-rate", "0"], "--scale-rate: '0' is no number"),
                            (["--failures", "lives=2h"], "--failures lives=2h: unknown key 'lives'; did you mean 'life'?"),
                            (["--request-memory", "constant:1s"], "'1s' is no size"),
                            (["--nodes", "cpu=0.1"], "no room for a single replica"),
                            (["--duration", "5"], "--duration"),
                            (["--begin", "soon"], "--begin"),
                            (["--min-replicas", "5", "--max-replicas", "2"], "min replicas (5) is above max replicas (2)"),
                            (["--workload", "trace:/no/such/file"], "cannot be read"),
                            (["--workload", "journal:/no/such/dir"], "no journal"),
                            (["/no/such/app.yaml"], "cannot be read"),
                            (["--slo-target", "0s"], "--slo-target")):
            with self.subTest(words=words):
                ran = simulate(*words)
                self.assertEqual(ran.returncode, 2, ran.stdout)
                self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)
                self.assertIn(told, ran.stderr)

    def test_a_trace_with_a_bad_line_names_it(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as trace:
            trace.write("t\n0\n1\nnever\n")
            trace.flush()
            ran = simulate("--workload", f"trace:{trace.name}")
            self.assertEqual(ran.returncode, 2)
            self.assertIn(f"{trace.name}:4: ", ran.stderr)

    def test_faults_replay_by_seed(self):
        first, again = (run("simulate", "--faults", "--seed", "11", "--duration", "10min") for _ in range(2))
        self.assertEqual(first.returncode, 0, first.stdout)
        self.assertEqual(first.stdout, again.stdout)
        self.assertIn("every promise was kept", first.stdout)
        self.assertIn("timer due", run("simulate", "--faults", "--seed", "11", "--duration", "10s", "--trace").stdout)

    def test_a_live_run_can_be_run_again_under_another_policy(self):
        with Service(PUPPET, min_replicas=2, max_replicas=4) as service:
            for _ in range(3):
                service.burst(20, "/sleep?ms=20")
            service.interrupt()
            service.wait()
            journal = f"journal:{service.journal}"
            results = json.loads(simulate("--workload", journal, "--service", journal, "--cold-start", journal, "--policy", "aca",
                                          "--policy", "slo", "--json").stdout)
        self.assertEqual([result["requests"] for result in results], [60, 60])
        for result in results:
            self.assertGreater(result["total"]["mean_s"], 0.015)


class Tune(unittest.TestCase):
    def test_the_choice_is_a_file_that_gives_what_it_promises(self):
        scenario = ["--workload", "poisson:rate=15", "--service", "exponential:mean=500ms", "--duration", "1min"]
        with tempfile.TemporaryDirectory() as scratch:
            chosen, svg = pathlib.Path(scratch) / "chosen.yaml", pathlib.Path(scratch) / "frontier.svg"
            ran = run("tune", *scenario, "--policy", "aca", "--slo", "p95 wait < 500ms", "--output", str(chosen), "--svg", str(svg), "--json")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            tuning = json.loads(ran.stdout)
            self.assertTrue(tuning["is_met"])
            self.assertFalse(tuning["today"]["is_met"])
            self.assertEqual(chosen.read_text(), tuning["yaml"])
            xml.dom.minidom.parse(str(svg))
            again = json.loads(simulate(str(chosen), *scenario, "--json").stdout)
        self.assertAlmostEqual(again["replica_seconds"], tuning["best"]["replica_seconds"], 6)
        self.assertAlmostEqual(again["wait"]["p95_s"], tuning["best"]["p95_wait_s"], 6)

    def test_what_it_chose_gives_the_same_digits_when_it_is_simulated(self):
        scenario = ["--workload", "poisson:rate=3", "--service", "exponential:mean=500ms", "--duration", "2min", "--cores", "own", "--seed", "3"]
        with tempfile.TemporaryDirectory() as scratch:
            chosen = pathlib.Path(scratch) / "chosen.yaml"
            ran = run("tune", *scenario, "--for", "aca", "--cpu", "0.5", "--slo", "p95 total < 4s", "--output", str(chosen), "--json")
            self.assertEqual(ran.returncode, 0, ran.stderr)
            best = json.loads(ran.stdout)["best"]
            again = json.loads(simulate(str(chosen), *scenario, "--json").stdout)
        self.assertEqual(again["total"]["p95_s"], best["objective_s"])
        self.assertEqual(again["replica_seconds"], best["replica_seconds"])
        self.assertEqual(again["cost"], best["cost"])
        self.assertGreaterEqual(best["unseen"]["met"], 38)
        self.assertIn("az containerapp update", json.loads(ran.stdout)["az"])

    def test_what_cannot_be_met_is_told_with_the_best_that_was_found(self):
        ran = run("tune", *BURST, "--slo", "p95 wait < 1ms")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("No settings that were tried meet 'p95 wait < 1ms'. The nearest:", ran.stdout)

    def test_an_objective_that_cannot_be_read_is_told(self):
        ran = run("tune", *BURST, "--slo", "p95 wait > 1s")
        self.assertEqual(ran.returncode, 2)
        self.assertIn("write 'p95 wait < 500ms'", ran.stderr)


class Export(unittest.TestCase):
    def test_the_file_is_printed_without_our_key(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write('name: x\nproperties:\n  template:\n    scale:\n      maxReplicas: 4\n      rules:\n        - name: h\n          http:\n'
                       '            metadata:\n              concurrentRequests: "50"\ntenfold:\n  policy: slo\n')
            file.flush()
            ran = run("export", "aca", file.name)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertNotIn("tenfold", ran.stdout)
        self.assertIn('concurrentRequests: "50"', ran.stdout)
        self.assertEqual(run("export", "aca", "/no/such").returncode, 2)


if __name__ == "__main__":
    unittest.main()
