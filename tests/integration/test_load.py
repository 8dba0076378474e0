"""The load generator as a person runs it: against servers of the test's own, which stall, lie and vanish."""
import contextlib
import http.server
import json
import os
import pathlib
import pty
import signal
import subprocess
import tempfile
import threading
import unittest

from service import PUPPET, TENFOLD, Service, eventually, run


class Server(http.server.ThreadingHTTPServer):
    """Answers `{"ok": true}` but while it is stalled; keeps what it was asked."""
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self):
        self.asked = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *arguments):
        self.goes_on.set()
        self.shutdown()
        super().__exit__(*arguments)

    def stall(self, seconds):
        self.goes_on.clear()
        threading.Timer(seconds, self.goes_on.set).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, self.headers.get("Content-Type"), body.decode()))
        self.server.goes_on.wait()
        answer = b'{"ok": true}' if self.path != "/bad" else b'{"detail": "no model"}'
        self.send_response(200 if self.path != "/bad" else 422)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


def load(*arguments, code=0):
    ran = run("load", *arguments)
    assert ran.returncode == code, f"{ran.returncode}, not {code}: {ran.stdout}{ran.stderr}"
    return ran


def load_json(*arguments, code=0):
    return json.loads(load(*arguments, "--json", code=code).stdout)


class Load(unittest.TestCase):
    def test_an_open_loop_shows_a_stall_in_its_p99(self):
        # Two seconds of six: a third of all requests were due while nothing was answered, and one in a hundred for
        # nearly all of it. A closed loop over one connection sees a single slow answer.
        with Server() as server:
            threading.Timer(1.5, server.stall, [2]).start()
            open_loop = load_json(server.url, "--workload", "constant:rate=100", "--duration", "6s", "--connections", "4")
            self.assertEqual(open_loop["sent"], 600)
            self.assertGreater(open_loop["time"]["p99_s"], 1.8)
            self.assertGreater(open_loop["time"]["p90_s"], 1.0)
            self.assertGreater(open_loop["parts"]["late"]["p99_s"], 1.5)
            threading.Timer(0.5, server.stall, [2]).start()
            closed_loop = load_json(server.url, "--connections", "1", "--duration", "4s")
            self.assertGreater(closed_loop["time"]["max_s"], 1.5)
            self.assertLess(closed_loop["time"]["p99_s"], 0.5)

    def test_a_constant_rate_is_kept(self):
        with Server() as server:
            result = load_json(server.url, "--workload", "constant:rate=200", "--duration", "3s")
            self.assertEqual(result["sent"], 600)
            self.assertAlmostEqual(result["throughput_per_s"], 200, delta=4)

    def test_bodies_urls_and_methods_take_turns(self):
        with Server() as server, tempfile.TemporaryDirectory() as directory:
            bodies = pathlib.Path(directory, "bodies.jsonl")
            bodies.write_text('{"n": {{index}}}\n\n{"m": 1}\n')
            load(f"{server.url}/a", f"PUT {server.url}/b", "--data", f"@{bodies}", "--data", "text", "--connections", "1",
                 "--requests", "6")
            self.assertEqual(server.asked, [("POST", "/a", "application/json", '{"n": 0}'),
                                            ("PUT", "/b", "application/json", '{"n": 1}'),
                                            ("POST", "/a", "application/json", '{"m": 1}'),
                                            ("PUT", "/b", "application/json", '{"m": 1}'),
                                            ("POST", "/a", None, "text"), ("PUT", "/b", None, "text")])

    def test_a_threshold_that_is_crossed_ends_with_3(self):
        with Server() as server:
            ran = load(server.url, "--burst", "10", "--fail-if", "p95 > 30s", "--fail-if", "rate > 0", code=3)
            self.assertIn("kept       p95 > 30s: ", ran.stdout)
            self.assertIn("crossed    rate > 0: ", ran.stdout)
            load(server.url, "--burst", "10", "--fail-if", "p95 > 30s", "--fail-if", "errors > 0")
            load(f"{server.url}/bad", "--burst", "10", "--fail-if", "p95 > 30s", code=1)
            load(f"{server.url}/bad", "--burst", "10", "--fail-if", "errors > 100%")
            load(f"{server.url}/bad", "--burst", "10", "--fail-if", "errors >= 100%", code=3)

    def test_the_first_wrong_answer_is_shown(self):
        with Server() as server:
            self.assertIn('first      422: {"detail": "no model"}\n', load(f"{server.url}/bad", "--burst", "3", code=1).stdout)
            wrong = load(server.url, "--burst", "3", "--expect-json", "ok=false", code=1).stdout
            self.assertIn('first      ok is true, not false: {"ok": true}\n', wrong)

    def test_ctrl_c_ends_it_with_the_summary_of_what_was_done(self):
        with Server() as server:
            process = subprocess.Popen([TENFOLD, "load", server.url, "--workload", "constant:rate=50", "--duration", "1h",
                                        "--json"], stdout=subprocess.PIPE, text=True)
            eventually(lambda: len(server.asked) > 20)
            process.send_signal(signal.SIGINT)
            result = json.loads(process.communicate(timeout=30)[0])
            self.assertTrue(result["interrupted"])
            self.assertGreater(result["status"]["200"], 9)
            self.assertEqual(process.returncode, 1)

    def test_progress_is_shown_on_a_terminal_only(self):
        with Server() as server:
            self.assertEqual(load(server.url, "--connections", "1", "--duration", "500ms").stderr, "")
            ours, theirs = pty.openpty()
            process = subprocess.Popen([TENFOLD, "load", server.url, "--connections", "1", "--duration", "500ms"],
                                       stdout=subprocess.DEVNULL, stderr=theirs)
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # the terminal's other end is closed
                while piece := os.read(ours, 4096):
                    shown += piece
            os.close(ours)
            process.wait()
            self.assertIn(b" s of 500ms: ", shown)
            self.assertTrue(shown.endswith(b"\r\x1b[K"), shown[-40:])

    def test_ten_thousand_at_once(self):
        with Service(PUPPET, "--queue", "100") as service:
            result = load_json(f"http://127.0.0.1:{service.port}/echo", "--burst", "10000", "--data", "x", code=1)
            self.assertEqual(sum(result["status"].values()), 10000)
            self.assertEqual(result["errors"], {})
            self.assertGreaterEqual(result["status"]["200"], 101)

    def test_the_time_is_split_where_the_server_is_tenfold(self):
        with Service(PUPPET) as service:
            page = pathlib.Path(tempfile.mkdtemp(prefix="tenfold-test-"), "load.html")
            result = load_json(f"http://127.0.0.1:{service.port}/sleep?ms=50", "--burst", "4", "--html", str(page))
            parts = result["parts"]
            self.assertGreaterEqual(parts["solve"]["min_s"], 0.05)
            self.assertGreater(parts["queue"]["max_s"], 0.12)
            self.assertAlmostEqual(sum(parts[part]["mean_s"] for part in ("network", "queue", "coldstart", "solve")), result["time"]["mean_s"], delta=0.02)
            self.assertEqual(result["parts"]["network"]["count"], 4)
            text = page.read_text()
            self.assertIn("coldstart", text)
            for what in ("<script", "src=", "href="):
                self.assertNotIn(what, text)

    def test_what_is_wrong_is_told_in_one_line(self):
        with tempfile.TemporaryDirectory() as directory:
            empty = pathlib.Path(directory, "empty.jsonl")
            empty.write_text("\n")
            url = "http://127.0.0.1:1/"
            for arguments, said in [
                    ([url, "--fail-if", "p95"], "it compares nothing"),
                    ([url, "--fail-if", "speed > 1"], "'speed' is not measured"),
                    ([url, "--data", f"@{empty}"], "holds no body"),
                    ([url, "--data", f"@{directory}/none.jsonl"], "No such file"),
                    ([url, "--data", "{{indx}}"], "{{indx}} is not filled in"),
                    ([url, "--workload", "poison:rate=5"], "--workload"),
                    ([url, "--workload", "poisson:rate=x"], "--workload"),
                    ([url, "--workload", f"trace:{directory}/none.csv"], "none.csv"),
                    ([url, "--workload", f"journal:{directory}"], directory),
                    ([url, "--burst", "5", "--workload", "poisson:rate=5"], "--burst is a workload of its own"),
                    ([url, "--workload", "poisson:rate=5", "--think", "1s"], "closed:"),
                    ([url, "--connections", "2", "--think", "soon"], "--think"),
                    ([url, "--duration", "5"], "--duration"),
                    ([url, "--duration", "5s", "--warm-up", "5s"], "--warm-up"),
                    ([url, "--header", "x"], "NAME:VALUE"),
                    (["http://127.0.0.1:70000/"], "ports are 1 to 65535"),
                    (["http://nowhere.invalid/"], "'nowhere.invalid' is not known"),
                    ([url], "127.0.0.1:1 cannot be reached: Connection refused"),
                    ([url, "--duration", "1h"], "127.0.0.1:1 cannot be reached: Connection refused")]:
                with self.subTest(arguments=arguments):
                    ran = load(*arguments, code=2)
                    self.assertEqual(ran.stdout, "")
                    self.assertIn(said, ran.stderr)
                    self.assertEqual(ran.stderr.count("\n"), 1, ran.stderr)


if __name__ == "__main__":
    unittest.main()
