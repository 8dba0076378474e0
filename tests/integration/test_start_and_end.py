"""How `tenfold up` begins, how it ends, and what it says when something is wrong."""
import json
import os
import pathlib
import re
import resource
import shlex
import signal
import socket
import stat
import sys
import tempfile
import time
import unittest

from service import PATIENCE_S, PUPPET, Service, children_of, eventually, run


def up(*arguments, command=PUPPET):
    """Runs a `tenfold up` that is expected to end by itself."""
    return run("up", "--port", "0", "--admin-port", "0", "--journal", "none", *arguments, "--", *command)


class Start(unittest.TestCase):
    def assert_refused(self, result, *words, code=1):
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertNotIn("ready:", result.stdout)

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            self.assert_refused(run("up", "--port", port, "--admin-port", "0", "--journal", "none", "--", *PUPPET),
                                port, "in use")

    def test_an_admin_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            self.assert_refused(run("up", "--port", "0", "--admin-port", port, "--journal", "none", "--", *PUPPET),
                                port, "in use")

    def test_a_command_that_does_not_exist_is_told_before_anything_starts(self):
        self.assert_refused(up(command=["no-such-solver"]), "'no-such-solver' was not found in $PATH")

    def test_a_command_that_may_not_be_executed_is_told(self):
        with tempfile.TemporaryDirectory() as directory:
            program = pathlib.Path(directory, "solver")
            program.write_text("#!/bin/sh\n")
            self.assert_refused(up(command=[str(program)]), "may not be executed", "chmod +x")

    def test_a_command_that_exits_at_once_is_told_with_its_last_words(self):
        self.assert_refused(up(command=["sh", "-c", "echo no licence >&2; exit 3"]), "exited with status 3",
                            "no licence")

    def test_a_command_that_never_becomes_ready_is_told_where_it_should_listen(self):
        self.assert_refused(up("--start-timeout", "300ms", command=["sleep", "1000"]), "was not ready after 0.3 s",
                            "$TENFOLD_SOCKET", "$PORT")

    def test_an_unknown_subcommand_gets_the_nearest_one(self):
        self.assert_refused(run("upp"), "did you mean 'up'?", code=2)

    def test_an_unknown_flag_gets_the_nearest_one(self):
        self.assert_refused(run("up", "--max-replica", "3"), "--max-replica", "--max-replicas", code=2)

    def up_with(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            return run("up", file.name), file.name

    def test_an_unknown_key_gets_its_line_and_the_nearest_one(self):
        result, name = self.up_with("properties:\n  template:\n    scale:\n      minReplica: 2\n")
        self.assert_refused(result, f"{name}:4", "minReplica", "minReplicas", code=2)

    def test_yaml_that_does_not_parse_gets_its_line(self):
        result, name = self.up_with("properties:\n  template: [1, 2\n")
        self.assert_refused(result, name, code=2)

    def test_a_number_that_is_none_is_told(self):
        self.assert_refused(up("--concurrency", "many"), "--concurrency", "many", code=2)

    def test_a_port_is_served_where_the_program_knows_no_unix_socket(self):
        with Service([*PUPPET, "--port"]) as service:
            self.assertEqual(service.post("/echo").status, 200)

    def test_the_port_can_stand_in_the_arguments(self):
        server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]
        with Service(server) as service:
            self.assertEqual(service.post("/", method="GET").status, 200)


class End(unittest.TestCase):
    def test_what_runs_and_what_waits_is_served(self):
        with Service(PUPPET) as service:
            held = service.hold()
            waiting = [service.begin("/echo") for _ in range(3)]
            service.wait_for(lambda status: status["waiting"] == 3)
            service.interrupt()
            service.says("shutting down: 1 running and 3 waiting may finish within 30 s; again to end at once")
            service.release()
            for request in [held, *waiting]:
                self.assertEqual(request.answer().status, 200)
                self.assertEqual(request.answer().fields["Connection"], "close")
            self.assertEqual(service.wait(), 0)

    def test_what_cannot_make_it_within_the_grace_is_refused(self):
        with Service(PUPPET, "--grace", "500ms") as service:
            held = service.hold()
            waiting = service.begin("/echo")
            service.wait_for(lambda status: status["waiting"] == 1)
            service.interrupt()
            self.assertEqual(waiting.answer().status, 503)
            self.assertIn("shutting-down", waiting.answer().json()["type"])
            self.assertEqual(waiting.answer().fields["Retry-After"], "1")
            self.assertEqual(held.answer().status, 502)
            self.assertEqual(service.wait(), 0)

    def test_a_replica_that_dies_meanwhile_is_replaced_for_what_waits(self):
        with Service(PUPPET) as service:
            held = service.hold(fields={"Idempotency-Key": "held"})
            waiting = service.begin("/echo")
            service.wait_for(lambda status: status["waiting"] == 1)
            pid, = service.replica_pids()
            service.interrupt()
            service.says("shutting down: 1 running and 1 waiting")
            os.kill(pid, signal.SIGKILL)
            service.says("replica 2 is ready")
            service.release()
            self.assertEqual(held.answer().status, 200)
            self.assertEqual(waiting.answer().status, 200)
            self.assertEqual(service.wait(), 0)

    def test_sigterm_is_as_good(self):
        with Service(PUPPET) as service:
            held = service.hold()
            service.interrupt(signal.SIGTERM)
            eventually(lambda: "shutting down" in service.output(), "the message")
            service.release()
            self.assertEqual(held.answer().status, 200)
            self.assertEqual(service.wait(), 0)

    def test_the_grace_is_the_longest_that_it_takes(self):
        with Service(PUPPET, "--grace", "300ms") as service:
            held = service.hold()
            began = time.monotonic()
            service.interrupt()
            self.assertEqual(service.wait(), 0)
            self.assertLess(time.monotonic() - began, 5)
            held.join()

    def test_a_second_interrupt_ends_at_once(self):
        with Service(PUPPET, exit_code=130) as service:
            held = service.hold()
            service.interrupt()
            eventually(lambda: "shutting down" in service.output(), "the message")
            began = time.monotonic()
            service.interrupt()
            service.wait()
            self.assertLess(time.monotonic() - began, 3)
            held.join()

    def test_no_connection_is_taken_while_it_ends(self):
        with Service(PUPPET) as service:
            held = service.hold()
            service.interrupt()
            eventually(lambda: "shutting down" in service.output(), "the message")

            def connect():
                with service.connect():
                    return False
            with self.assertRaises(ConnectionRefusedError):
                eventually(connect, "refusal")
            service.release()
            held.answer()

    def test_no_process_is_left_when_it_has_ended(self):
        for interrupts in (1, 2):
            # The second may come too late, or with the first.
            with Service(PUPPET, min_replicas=8, max_replicas=8, exit_code=None) as service:
                service.wait_for(lambda status: status["replicas"]["ready"] == 8)
                pids = children_of(service.process.pid)
                for _ in range(interrupts):
                    service.interrupt()
                service.process.wait(PATIENCE_S)
                self.assertEqual([pid for pid in pids if pathlib.Path(f"/proc/{pid}").exists()], [])

    def test_nothing_is_left_in_the_directory_for_sockets(self):
        with tempfile.TemporaryDirectory() as runtime:
            with Service(PUPPET, env={"XDG_RUNTIME_DIR": runtime}) as service:
                directory, = os.listdir(runtime)
                self.assertEqual(stat.S_IMODE(os.stat(pathlib.Path(runtime, directory)).st_mode), 0o700)
                self.assertEqual(service.post("/echo").status, 200)
            self.assertEqual(os.listdir(runtime), [])


class Output(unittest.TestCase):
    def test_the_service_outlives_the_reader_of_its_output(self):
        with Service([*PUPPET]) as service:
            service.stop_reading()
            os.kill(service.replica_pids()[0], signal.SIGKILL)  # is told, to nobody
            service.wait_for(lambda status: [replica["replica"] for replica in status["list"]] == [2])
            self.assertEqual(service.post("/echo").status, 200)

    def test_replicas_have_the_limits_that_tenfold_was_started_with(self):
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        with Service(["sh", "-c", f"ulimit -n; exec {' '.join(PUPPET)}"]) as service:
            eventually(lambda: f"[replica 1] {limits[0]}" in service.output(), "the limit")

    def test_silence_is_kept_on_request(self):
        with Service(["sh", "-c", f"echo hello; exec {' '.join(PUPPET)}"], "--quiet") as service:
            service.post("/echo")
            self.assertEqual(service.output(), f"ready: http://127.0.0.1:{service.port}")


class Journal(unittest.TestCase):
    def test_a_full_disk_is_told_once_and_the_service_goes_on(self):
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
        with Service(PUPPET, preexec=small_files, replays=False) as service:
            for _ in range(8):
                answers = service.burst(50, "/echo")
                self.assertEqual({answer.status for answer in answers}, {200})
            eventually(lambda: service.metric("tenfold_journal_lost_total") > 0, "records are counted as lost")
            service.says("File too large")

    def test_a_flipped_byte_is_found_by_the_replay(self):
        with Service(PUPPET, replays=False) as service:
            service.burst(20, "/echo")
            service.interrupt()
            service.wait()
            file = max(service.journal.iterdir(), key=lambda path: path.stat().st_size)
            content = bytearray(file.read_bytes())
            content[48] ^= 0x10  # behind the file's header: the size of the first record
            file.write_bytes(content)
            replay = run("journal", "replay", str(service.journal))
            self.assertEqual(replay.returncode, 1, replay.stdout + replay.stderr)
            self.assertIn("records missing: 1\n", replay.stdout)
            self.assertIn("places damaged: 1, the first: ", replay.stdout)
            told = run("explain", str(service.journal))
            self.assertEqual(told.returncode, 0, told.stderr)
            self.assertIn("The journal is damaged in 1 place, the first: ", told.stdout)
            self.assertIn("20 requests", told.stdout)

    def test_what_was_recorded_until_a_sigkill_replays(self):
        with Service(PUPPET, exit_code=-signal.SIGKILL) as service:
            service.burst(20, "/echo")
            service.process.kill()
            service.wait()

    def test_two_services_do_not_share_a_directory(self):
        with Service(PUPPET) as service:
            service.burst(5, "/echo")
            second = run("up", "--port", "0", "--admin-port", "0", "--journal", str(service.journal), "--", *PUPPET)
            self.assertEqual(second.returncode, 1)
            self.assertIn("is in use by another service that still runs; choose another with --journal", second.stderr)
            service.burst(5, "/echo")

    def test_a_journal_is_its_users_alone(self):
        with Service(PUPPET) as service:
            files = eventually(lambda: [file for file in service.journal.iterdir() if file.stat().st_size], "a file")
            self.assertEqual({stat.S_IMODE(file.stat().st_mode) for file in files}, {0o600})
            self.assertEqual(stat.S_IMODE(service.journal.stat().st_mode), 0o700)

    def test_explain_takes_the_service_that_started_last_wherever_its_journal_lies(self):
        with Service(PUPPET) as first, Service(PUPPET, env=first.state()) as second:
            first.post("/echo")  # the first's journal is the one that is written last
            second.post("/echo")
            first.post("/echo")
            second.interrupt()
            second.wait()
            told = run("explain", env={**os.environ, **first.state()})
            self.assertIn(f"http://127.0.0.1:{second.port} ", told.stdout, told.stderr)

    def test_a_request_is_found_by_the_id_that_its_client_gave_it(self):
        with Service(PUPPET) as service:
            service.post("/echo", fields={"X-Request-Id": "mine-42"})
            service.post("/echo")
            service.interrupt()
            service.wait()
            told = run("explain", str(service.journal), "--request", "mine-42")
            self.assertEqual(told.returncode, 0, told.stderr)
            self.assertIn("Request 1 (X-Request-Id mine-42): POST /echo from 127.0.0.1", told.stdout)
            self.assertRegex(told.stdout, r"(?m)^ +[\d.]+ s  answered, \d+ bytes, status 200, after ")
            lines = run("explain", str(service.journal), "--requests", "--json").stdout.splitlines()
            self.assertEqual([json.loads(line)["request"] for line in lines], [1, 2])
            self.assertEqual(run("explain", str(service.journal), "--request", "no-such").returncode, 1)

    def test_a_request_that_was_alone_says_what_it_used(self):
        def is_idle():
            cores = re.search(r"tenfold_replica_cpu_cores\{[^}]*\} (\S+)", service.admin("/metrics").body.decode())
            return cores and float(cores[1]) < 0.05

        def requests():
            return [json.loads(line) for line in run("explain", str(service.journal), "--requests", "--json").stdout.splitlines()]

        with Service(PUPPET) as service:
            eventually(is_idle, "a sample of the idle replica")
            service.post("/spin?ms=700")
            eventually(lambda: requests() and requests()[0]["cpu_s"] is not None, "the sample of its work")
            service.post("/sleep?ms=10")
            service.interrupt()
            service.wait()
            spun, slept = requests()
            self.assertTrue(0.6 < spun["cpu_s"] < 0.9, spun)
            self.assertGreater(spun["most_memory_bytes"], 1 << 20)
            self.assertEqual((slept["cpu_s"], slept["most_memory_bytes"]), (None, None), "it ended with its replica, before the next sample")
            told = run("explain", str(service.journal), "--request", "1").stdout
            self.assertRegex(told, r"(?m)^  used \S+ m?s of CPU; its replica took \d+ MiB at most meanwhile$")

    def test_journal_list_tells_where_services_were(self):
        with Service(PUPPET) as service:
            service.burst(5, "/echo")
            service.interrupt()
            service.wait()
            told = run("journal", "list", env={**os.environ, **service.state()})
            self.assertRegex(told.stdout, rf"(?m)^\d{{4}}-.* UTC +[\d.]+ m?s +5 +1 +[\d.]+ KiB  {re.escape(str(service.journal))}$")

    def test_what_explain_advises_is_what_its_command_prints(self):
        with Service(PUPPET, "--max-replicas", "10", "--policy", "aca") as service:
            service.burst(40, "/sleep?ms=200")
            service.interrupt()
            service.wait()
            story = json.loads(run("explain", str(service.journal), "--json").stdout)
            self.assertTrue(story["advice"], story["no_advice"])
            for advice in story["advice"]:
                printed = run(*shlex.split(advice["command"])[1:], "--json")
                self.assertEqual(printed.returncode, 0, printed.stderr)
                self.assertEqual(json.loads(printed.stdout)["makespan_s"], advice["makespan_s"])
                told = "makespan_s" if "ended after" in advice["advice"] else "wait_p95_s"
                self.assertIn(f"{advice[told]:.3f} s instead of ", advice["advice"])

    def test_journals_beyond_what_is_kept_go_at_the_next_start(self):
        with tempfile.TemporaryDirectory() as state:
            old = pathlib.Path(state, "tenfold/journal/20200101T000000Z-1")
            old.mkdir(parents=True)
            (old / "000001.tfj").write_bytes(b"old")
            for path in (old / "000001.tfj", old):
                os.utime(path, (1e9, 1e9))
            environment = {"XDG_STATE_HOME": state}
            with Service(PUPPET, "--journal-keep", "all", env=environment):
                self.assertTrue(old.exists())
            with Service(PUPPET, env=environment):
                self.assertFalse(old.exists(), "the default keeps 7 days")

    def test_a_journal_that_is_not_there_is_told(self):
        replay = run("journal", "replay", "/no/such/journal")
        self.assertEqual(replay.returncode, 1)
        self.assertIn("/no/such/journal", replay.stderr)


if __name__ == "__main__":
    unittest.main()
