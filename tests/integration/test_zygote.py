"""Programs of the SDK: they initialise themselves once, and each replica is a fork of that."""
import json
import os
import pathlib
import signal
import unittest

from service import PUPPET, TENFOLD, Service, children_of, eventually, is_running, run
from test_deploy import App, deploy
from test_limits import Groups

FORKED = [str(pathlib.Path(TENFOLD).parent / "tests/forked")]


class ForkedService(Service):
    """Of the program above, with `replicas` that are ready."""

    def __init__(self, *flags, replicas=1, fault="", mib=1, command=(), **options):
        super().__init__([*(command or FORKED)], *flags, min_replicas=replicas, max_replicas=replicas,
                         env={"FORKED_FAULT": fault, "FORKED_MIB": str(mib)}, **options)
        self.replicas = replicas

    def __enter__(self):
        super().__enter__()
        self.wait_for(lambda status: status["replicas"]["ready"] == self.replicas)
        return self

    def get(self, path):
        return self.post(path, method="GET")

    def about(self):
        """What the replicas say of themselves, by their numbers."""
        known = {}

        def all_have_answered():
            requests = [self.begin("/about", method="GET") for _ in range(self.replicas)]
            for request in requests:
                one = request.answer().json()
                known[int(one["TENFOLD_REPLICA"])] = one
            return set(known) >= {replica["replica"] for replica in self.status()["list"]}
        eventually(all_have_answered, "each replica has answered")
        return known

    def zygote(self):
        return next(iter(self.about().values()))["loaded_by"]


class Forks(unittest.TestCase):
    def test_replicas_share_what_was_loaded_once_and_have_the_rest_for_themselves(self):
        with ForkedService(replicas=3) as service:
            known = service.about().values()
            self.assertEqual(len({one["loaded_by"] for one in known}), 1)
            self.assertEqual(len({one["parent"] for one in known}), 1)
            self.assertEqual(len({one["PORT"] for one in known}), 3)
            self.assertEqual(len({one["random"] for one in known}), 3)
            for one in known:
                self.assertEqual(one["session"], one["pid"])
                self.assertNotIn(one["loaded_by"], (one["pid"], one["parent"]))
                self.assertEqual(one["TENFOLD_CONCURRENCY"], "1")
                self.assertEqual(one["TENFOLD_ZYGOTE"], "")
            self.assertEqual({replica["pid"] for replica in service.status()["list"]}, {one["pid"] for one in known})
            service.says("[zygote] loaded")
            for number in (1, 2, 3):
                service.says(f"[replica {number}] serves")
            self.assertRegex(service.output(), r"replica 3 is ready after \S+ ms, forked from a new zygote")

    def test_the_way_of_each_start_is_told_and_measured_by_itself(self):
        with ForkedService() as service:
            os.kill(service.replica_pids()[0], signal.SIGKILL)
            service.wait_for(lambda status: [one["replica"] for one in status["list"] if one["ready"]] == [2])
            self.assertEqual(service.status()["list"][0]["start"], "fork")
            for way, count in {"exec": 0, "first_fork": 1, "fork": 1}.items():
                self.assertEqual(service.metric(f'tenfold_cold_start_seconds_count{{way="{way}"}}'), count)

            def recorded():
                return json.loads(run("explain", str(service.journal), "--json").stdout)["replicas"]
            eventually(lambda: [one.get("start") for one in recorded()] == ["first fork", "fork"], "the journal's ways")
            self.assertIn("replica 2 is forked and ready, ", run("explain", str(service.journal)).stdout)
        with Service(PUPPET) as service:
            self.assertEqual(service.status()["list"][0]["start"], "exec")
            self.assertEqual(service.metric('tenfold_cold_start_seconds_count{way="exec"}'), 1)

    def test_the_built_in_solver_is_forked_too(self):
        with Service([], min_replicas=2, max_replicas=2) as service:
            service.wait_for(lambda status: status["replicas"]["ready"] == 2)
            service.says("ms, forked", times=2)

    def test_exec_and_other_programs_run_for_themselves(self):
        with ForkedService("--start", "exec", replicas=2) as service:
            self.assertTrue(all(one["loaded_by"] == one["pid"] for one in service.about().values()))
            service.says("[replica 2] loaded")
        with Service(PUPPET) as service:
            service.says("replica 1 is ready")
            self.assertNotIn("forked", service.output())

    def test_a_program_that_wants_its_port_in_its_command_is_run(self):
        with ForkedService(command=[*FORKED, "$PORT"]) as service:
            self.assertEqual(service.zygote(), service.replica_pids()[0])
        told = run("up", "--start", "zygote", "--port", "0", "--admin-port", "0", "--", *FORKED, "$PORT")
        self.assertEqual(told.returncode, 1)
        self.assertIn("'$PORT' in its command would be another for each replica", told.stderr)

    def test_another_program_in_between_is_no_hindrance_if_it_is_asked_for(self):
        with ForkedService("--start", "zygote", command=["sh", "-c", f"{FORKED[0]}; true"]) as service:
            self.assertNotEqual(service.zygote(), service.replica_pids()[0])


class ForkedLives(unittest.TestCase):
    def test_a_replica_that_dies_is_replaced_by_a_fork_and_the_others_serve_on(self):
        with ForkedService(replicas=2) as service:
            before = service.about()
            self.assertEqual(service.get("/die").status, 500)  # poison: it is tried once more
            service.says("was killed by SIGSEGV", times=2)
            service.wait_for(lambda status: status["replicas"]["ready"] == 2)
            after = service.about()
            self.assertFalse(set(before) & set(after))
            self.assertEqual({one["loaded_by"] for one in after.values()},
                             {one["loaded_by"] for one in before.values()})

    def test_what_a_replica_leaves_behind_ends_with_it(self):
        with ForkedService() as service:
            daemon = int(service.get("/daemon").body)
            self.assertTrue(is_running(daemon))
            os.kill(service.replica_pids()[0], signal.SIGKILL)
            service.says("was killed by SIGKILL")
            self.assertFalse(is_running(daemon))
            service.wait_for(lambda status: status["replicas"]["ready"] == 1)

    def test_nothing_is_left_of_a_tenfold_that_was_killed(self):
        with ForkedService(replicas=2, exit_code=-signal.SIGKILL, replays=False) as service:
            service.get("/daemon")
            pids = children_of(service.process.pid)
            self.assertGreaterEqual(len(pids), 6)
            service.interrupt(signal.SIGKILL)
            eventually(lambda: not any(map(is_running, pids)), "all processes are gone")

    def test_nothing_is_left_at_an_orderly_end(self):
        with ForkedService(replicas=2) as service:
            service.get("/daemon")
            pids = children_of(service.process.pid)
            service.interrupt()
            service.wait()
            eventually(lambda: not any(map(is_running, pids)), "all processes are gone")

    def test_one_that_does_not_end_is_killed_after_its_grace(self):
        with ForkedService("--grace", "200ms") as service:
            request = service.begin("/hang", method="GET")
            service.wait_for(lambda status: status["running"] == 1)
            service.interrupt()
            self.assertEqual(service.wait(), 0)
            request.answer()

    def test_its_cpu_time_is_measured(self):
        with ForkedService(replicas=2) as service:
            request = service.begin("/spin?ms=60000", method="GET")

            def cores(replica):
                return service.metric(f'tenfold_replica_cpu_cores{{replica="{replica}"}}')
            eventually(lambda: max(cores(1), cores(2)) > 0.1, "one is seen to work")
            self.assertLess(min(cores(1), cores(2)), 0.1)
            request.leave()


class Zygotes(unittest.TestCase):
    def test_when_the_zygote_is_killed_its_replicas_serve_on_and_the_next_start_makes_another(self):
        with ForkedService(replicas=2) as service:
            zygote = service.zygote()
            os.kill(zygote, signal.SIGKILL)
            service.says("the zygote was killed by SIGKILL; its replicas serve on")
            self.assertEqual(service.zygote(), zygote)
            victim = service.replica_pids()[0]
            os.kill(victim, signal.SIGKILL)
            service.wait_for(lambda status: status["replicas"]["ready"] == 2 and
                             victim not in [replica["pid"] for replica in status["list"]])
            self.assertEqual(len({one["loaded_by"] for one in service.about().values()}), 2)
            service.says("[zygote] loaded", times=2)

    def told_by(self, fault, *flags):
        told = run("up", "--port", "0", "--admin-port", "0", "--journal", "none", *flags, "--", *FORKED,
                   env={**os.environ, "FORKED_FAULT": fault})
        self.assertEqual(told.returncode, 1, told.stderr)
        return told.stderr

    def test_a_hook_that_throws_is_told_with_its_words(self):
        told = self.told_by("throws")
        self.assertIn("[zygote] a hook of before_fork() failed: model.bin is missing", told)
        self.assertIn("no replica starts; the last one could not be started: its zygote exited with status 1", told)

    def test_a_thread_that_a_fork_would_lose_is_named(self):
        # The thread sanitizer has one of its own.
        self.assertRegex(self.told_by("thread"), r"\[zygote\] (1 thread runs|2 threads run) before serve\(\): .*model-cache\.")

    def test_a_program_that_ends_is_told(self):
        self.assertIn("its zygote exited with status 7", self.told_by("exits"))

    def test_one_that_does_not_come_to_serve_is_given_up(self):
        self.assertIn("was not ready after 0.3 s: its zygote has not come to serve()",
                      self.told_by("hangs", "--start-timeout", "300ms"))


class ForkedRevisions(unittest.TestCase):
    def test_a_revision_has_a_zygote_of_its_own_that_ends_with_its_last_replica(self):
        def zygote_of(service):
            return service.post("/about", method="GET").json()["loaded_by"]
        with App() as app:
            app.write(command=FORKED, version="1")
            with app.serve() as service:
                first = zygote_of(service)
                app.write(command=FORKED, version="2")
                self.assertEqual(deploy(service).returncode, 0)
                eventually(lambda: zygote_of(service) != first, "the new revision serves")
                eventually(lambda: not is_running(first), "the old zygote is gone")


class ForkedLimits(Groups):
    def test_a_replica_beyond_its_memory_is_ended_alone_and_what_was_loaded_counts_for_none(self):
        with ForkedService("--memory", "64Mi", replicas=2, mib=100) as service:
            before = set(service.about())
            answer = service.post("/eat?mib=200", method="GET")
            self.assertEqual(answer.status, 507)
            service.says("was ended by the kernel: it took more than its 64Mi of memory (exit code 137)", times=2)
            service.wait_for(lambda status: status["replicas"]["ready"] == 2)
            self.assertFalse(set(service.about()) & before)


if __name__ == "__main__":
    unittest.main()
