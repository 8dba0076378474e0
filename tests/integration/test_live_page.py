"""The admin port for people: its page and stream, `tenfold status` and `tenfold top`."""
import contextlib
import http.client
import http.server
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from service import IS_SANITIZED, PATIENCE_S, PUPPET, SOURCE, TENFOLD, Service, eventually, run

PLAYWRIGHT = SOURCE / ".deps/playwright/node_modules/playwright-core"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NODE = shutil.which("node")
TOKEN = "a-token-of-many-characters"


class Stream(threading.Thread):
    """The messages of /events, as they come, each with the time at which it came."""

    def __init__(self, service, fields=None):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", service.admin_port, timeout=PATIENCE_S)
        self.connection.request("GET", "/events", headers=fields or {})
        self.answer = self.connection.getresponse()
        self.messages = []
        self.start()

    def run(self):
        event = None
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
            while line := self.answer.readline().decode():
                if line.startswith("event: "):
                    event = line[7:].strip()
                elif line.startswith("data: "):
                    self.messages.append((time.monotonic(), event, json.loads(line[6:])))


class Browser:
    """A page in a real Chromium: see browser.mjs."""

    def __enter__(self):
        self.process = subprocess.Popen([NODE, SOURCE / "tests/integration/browser.mjs", PLAYWRIGHT, CHROMIUM],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __call__(self, do, **arguments):
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, f"{do} {arguments}: {answer['error']}"
        return answer["value"]

    def wait(self, code):
        return self("wait", code=code, ms=PATIENCE_S * 1000)


class FakeStream:
    """The page with a stream of ours: so many replicas, of which some change four times a second."""

    def __init__(self, replicas, changes):
        rows = [{"replica": n, "pid": n, "state": "ready", "started_ms": 0, "running": 0, "answered": n, "cpu_cores": 0.5,
                 "rss_bytes": 1 << 24} for n in range(1, replicas + 1)]
        now = dict.fromkeys(["waiting", "running", "withdrawn", "queue_age_s", "desired", "starting", "ready", "serving",
                             "draining", "stopping", "slots"], 1) | {"ending": False}
        spans = {"count": 1, "p50_s": 0.1, "p95_s": 0.2, "p99_s": 0.3}

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(SOURCE / "web/dist"))

            def do_GET(self):
                if self.path != "/events":
                    return super().do_GET()
                self.send_response(200)
                self.end_headers()
                seconds = [[int(time.time()) - age, 1, 1, 1, 1, 1, 1, 1, 1] for age in range(600, -1, -1)]
                state = {"now": now, "requests": 1, "failed": 0, "minute": {"wait": spans, "total": spans},
                         "decisions": [], "failures": []}
                self.tell("snapshot", state | {"app": "a", "version": "0", "began_s": 0, "policy": "slo", "min_replicas": 1,
                                               "max_replicas": replicas, "seconds": seconds, "replicas": rows})
                with contextlib.suppress(OSError):
                    for turn in range(1, 1000):
                        time.sleep(0.25)
                        changed = [row | {"answered": row["answered"] + turn, "cpu_cores": turn % 7 / 7}
                                   for row in rows[turn % 10::replicas // changes]]
                        self.tell("change", state | {"seconds": [[int(time.time()), *[turn % 9] * 8]], "replicas": changed,
                                                     "gone": []})

            def tell(self, event, data):
                self.wfile.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.block_on_close = False  # a stream may still be told
        self.server.shutdown()
        self.server.server_close()


class Events(unittest.TestCase):
    def test_a_burst_is_told_while_it_is_there(self):
        with Service(PUPPET, max_replicas=2) as service:
            stream = Stream(service)
            eventually(lambda: stream.messages, "the snapshot")
            self.assertEqual(stream.messages[0][1], "snapshot")
            self.assertEqual(stream.answer.headers["Content-Type"], "text/event-stream")
            requests = [service.begin("/hold?gate=" + str(service.directory / "gate")) for _ in range(20)]
            began = time.monotonic()
            queued = lambda message: message[1] == "change" and message[2]["now"]["waiting"] >= 18
            eventually(lambda: any(map(queued, stream.messages)), "a change with what waits")
            shown = next(message[0] for message in stream.messages if queued(message))
            self.assertLess(shown - began, 10 if IS_SANITIZED else 3)
            service.release()
            for request in requests:
                self.assertEqual(request.answer().status, 200)
            over = lambda message: message[2]["requests"] == 20 and message[2]["now"]["running"] == 0
            eventually(lambda: over(stream.messages[-1]), "the end")
            last = stream.messages[-1][2]
            self.assertEqual(last["minute"]["total"]["count"], 20)
            changes = [message for message in stream.messages if message[1] == "change"]
            self.assertEqual(len(stream.messages) - len(changes), 1, "one snapshot is enough for who keeps up")
            pace = len(changes) / (changes[-1][0] - stream.messages[0][0])
            self.assertLess(pace, 5, "changes a second")
            decisions = stream.messages[0][2]["decisions"] + [one for _, _, data in changes for one in data["decisions"]]
            numbers = [decision["number"] for decision in decisions]
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
            self.assertTrue(any(decision["sentence"].endswith("started 1") for decision in decisions), decisions)

    def test_failures_say_whose_they_are(self):
        with Service(PUPPET, "--queue", "1") as service:
            self.assertEqual(service.post("/code?status=422").status, 422)
            held = service.hold()
            waits = service.begin("/echo")
            service.wait_for(lambda status: status["waiting"] == 1)
            self.assertEqual(service.post("/echo").status, 503)
            failures = service.status()["recent_failures"]
            self.assertEqual([(failure["status"], failure["reason"]) for failure in failures],
                             [(422, None), (503, "queue full")])
            self.assertEqual(failures[0]["replica"], 1)
            service.release()
            held.answer(), waits.answer()


class AdminPort(unittest.TestCase):
    def test_beyond_this_machine_it_wants_a_token(self):
        refused = run("up", "--port", "0", "--admin-port", "0", "--admin-address", "0.0.0.0", "--journal", "none", "--",
                      *PUPPET)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--admin-token-file", refused.stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
            file.write(TOKEN + "\n")
            file.flush()
            with Service(PUPPET, "--admin-address", "0.0.0.0", "--admin-token-file", file.name) as service:
                service.admin_port = int(re.search(r"admin: http://0\.0\.0\.0:(\d+)", service.output())[1])
                self.assertEqual(service.admin("/status").status, 401)
                self.assertEqual(service.admin("/healthz").status, 200)
                self.assertEqual(service.admin("/metrics", {"Authorization": f"Bearer {TOKEN}"}).status, 200)
                admin = f"http://127.0.0.1:{service.admin_port}"
                self.assertIn("--admin-token-file", run("status", "--admin", admin).stderr)
                told = run("status", "--admin", admin, "--admin-token-file", file.name)
                self.assertEqual(told.returncode, 0, told.stderr)

    def test_a_name_that_is_not_ours_is_refused(self):
        with Service(PUPPET, "--admin-host", "tenfold.example") as service:
            for host, status in {"evil.example": 421, "tenfold.example": 200, "localhost:1": 200}.items():
                self.assertEqual(service.admin("/status", {"Host": host}).status, status, host)


class WhatIf(unittest.TestCase):
    @staticmethod
    def ask(service, question, fields=None, method="POST"):
        connection = http.client.HTTPConnection("127.0.0.1", service.admin_port, timeout=PATIENCE_S)
        connection.request(method, "/what-if", json.dumps(question), {"Content-Type": "application/json", **(fields or {})})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, body

    @classmethod
    def answered(cls, service, question, count):
        """The result once the journal tells of so many answers; it is written a moment after them."""
        status, told = cls.ask(service, question)
        return status == 200 and told["result"]["was"]["answered"] == count and told["result"]

    def test_it_is_answered_from_the_journal_beside_the_service(self):
        with Service(PUPPET, max_replicas=4) as service:
            status, refused = self.ask(service, {})
            self.assertEqual((status, refused["detail"]), (409, "no request arrived then"))
            for answer in service.burst(20, "/sleep?ms=100"):
                self.assertEqual(answer.status, 200)
            result = eventually(lambda: self.answered(service, {"min_replicas": 4}, 20), "all in the journal")
            was, would = result["was"], result["what_if"]
            self.assertEqual((was["requests"], would["requests"]), (20, 20))
            self.assertLess(would["wait"]["p95_s"], was["wait"]["p95_s"])
            self.assertEqual(would["most_replicas"], 4)
            # Twenty requests of 100 ms over four slots from the beginning: five turns.
            self.assertGreater(would["makespan_s"], 0.49)
            self.assertLess(would["makespan_s"], was["makespan_s"])

    def test_what_makes_no_sense_is_refused_with_a_sentence(self):
        with Service(PUPPET) as service:
            service.post("/echo")
            eventually(lambda: self.answered(service, {}, 1), "the journal")
            for question, word in [({"policy": "none"}, "policy"), ({"min_replicas": 9, "max_replicas": 2}, "max"),
                                   ({"minutes": 0}, "minutes"), ({"polcy": "aca"}, "polcy"), ([], "object")]:
                status, refused = self.ask(service, question)
                self.assertEqual(status, 422, refused)
                self.assertIn(word, refused["detail"])
            self.assertEqual(self.ask(service, {"policy": "x" * 5000})[0], 413)
            self.assertEqual(self.ask(service, {}, {"Content-Type": "text/plain"})[0], 415)
            self.assertEqual(self.ask(service, {}, method="PUT")[0], 405)

    def test_pages_of_others_and_who_has_no_token_are_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
            file.write(TOKEN)
            file.flush()
            with Service(PUPPET, "--admin-token-file", file.name) as service:
                service.post("/echo")
                bearer = {"Authorization": f"Bearer {TOKEN}"}
                ours = f"127.0.0.1:{service.admin_port}"
                self.assertEqual(self.ask(service, {})[0], 401)
                for fields in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
                               {"Origin": "http://evil.example"}, {"Origin": "http://localhost:1"}):
                    self.assertEqual(self.ask(service, {}, bearer | fields)[0], 403, fields)
                self.assertEqual(self.ask(service, {}, bearer | {"Host": "evil.example"})[0], 421)
                same = {"Origin": f"http://{ours}", "Sec-Fetch-Site": "same-origin"}
                eventually(lambda: self.ask(service, {}, bearer | same)[0] == 200, "an answer")

    def test_who_leaves_makes_room_for_the_next_question(self):
        with Service(PUPPET) as service:
            service.post("/echo")
            with socket.create_connection(("127.0.0.1", service.admin_port)) as asks:
                asks.sendall(b"POST /what-if HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             b"Content-Length: 100\r\n\r\n{")
                eventually(lambda: self.ask(service, {})[0] == 503, "its turn")
            eventually(lambda: self.ask(service, {})[0] == 200, "room")

    def test_in_a_terminal_it_is_a_table(self):
        with Service(PUPPET) as service:
            service.post("/echo")
            eventually(lambda: self.answered(service, {}, 1), "the journal")
            told = run("what-if", "--journal", str(service.journal), "--policy", "aca")
            self.assertEqual((told.returncode, told.stderr), (0, ""))
            self.assertRegex(told.stdout.splitlines()[0], r"^ +as it was +simulated +what if")
            self.assertEqual(run("what-if", "--journal", "/none").returncode, 1)
            self.assertIn("did not keep a CPU busy", run("what-if", "--journal", str(service.journal), "--cores", "4").stderr)


class Status(unittest.TestCase):
    def test_it_is_told_once_for_people_and_as_json(self):
        with Service(PUPPET, "--name", "my app") as service:
            for _ in range(3):
                service.post("/echo")
            admin = f"http://127.0.0.1:{service.admin_port}"
            told = run("status", "--admin", admin)
            self.assertEqual((told.returncode, told.stderr), (0, ""))
            for line in ("my app: policy slo, 1 to 1 replicas", "queue     0 waiting", "slots     0 of 1 taken",
                         "requests  3, 0 of them failed", "last decisions", "replica  state"):
                self.assertIn(line, told.stdout)
            self.assertRegex(told.stdout, r"\n +1  ready +0 +3 ")
            self.assertEqual(json.loads(run("status", "--json", "--admin", admin).stdout)["requests"], 3)
            self.assertEqual(run("top", "--admin", admin).stdout.splitlines()[0].split(",")[0], "my app: policy slo")

    def test_that_nothing_listens_is_said(self):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            admin = f"http://127.0.0.1:{place.getsockname()[1]}"
            for command in ("status", "top"):
                told = run(command, "--admin", admin)
                self.assertEqual((told.returncode, told.stdout), (1, ""))
                self.assertRegex(told.stderr, f"^tenfold {command}: no Tenfold answers at {admin}: .*\n$")
        self.assertEqual(run("status", "--admin", "ftp://x").returncode, 2)

    def test_top_draws_on_a_terminal_and_leaves_it_as_it_was(self):
        with Service(PUPPET) as service:
            main, terminal = pty.openpty()
            top = subprocess.Popen([TENFOLD, "top", "--admin", f"http://127.0.0.1:{service.admin_port}"],
                                   stdin=terminal, stdout=terminal, stderr=terminal)
            os.close(terminal)
            drawn = b""

            def draw():
                nonlocal drawn
                if select.select([main], [], [], 0.1)[0]:
                    with contextlib.suppress(OSError):
                        drawn += os.read(main, 65536)
                return drawn
            eventually(lambda: draw().count(b"0 waiting") >= 2, "drawn twice")
            top.send_signal(signal.SIGINT)
            eventually(lambda: top.poll() is not None, "its end")
            draw()
            os.close(main)
            self.assertEqual(top.returncode, 0)
            self.assertTrue(drawn.startswith(b"\x1b[?1049h"))
            self.assertTrue(drawn.endswith(b"\x1b[?1049l"))
            lines = drawn.split(b"\x1b[H")[1].split(b"\r\n")
            self.assertLessEqual(len(lines), 25)
            self.assertTrue(all(len(line.replace(b"\x1b[K", b"")) <= 80 for line in lines), lines)


@unittest.skipUnless(PLAYWRIGHT.exists() and CHROMIUM and NODE, "run ./bootstrap --test: it installs Chromium and Playwright")
class LivePage(unittest.TestCase):
    SHOWS_WAITING = "Number(document.querySelector('.figures dd strong')?.textContent) >= 15"

    def test_it_shows_a_burst_within_a_second_and_no_error(self):
        with Service(PUPPET, max_replicas=2) as service, Browser() as page:
            page("open", url=f"http://127.0.0.1:{service.admin_port}/")
            page.wait("document.querySelector('.link.live')")
            gate = service.directory / "gate"
            requests = [service.begin(f"/hold?gate={gate}") for _ in range(20)]
            service.wait_for(lambda status: status["waiting"] >= 15)
            shown_ms = page.wait(self.SHOWS_WAITING)
            self.assertLess(shown_ms, 5000)
            gate.touch()
            for request in requests:
                request.answer()
            service.post("/code?status=404")
            page.wait("[...document.querySelectorAll('#failures ~ div td')].some(cell => cell.textContent === 'the program')")
            page.wait("document.querySelectorAll('.decisions li').length > 0")
            page.wait("document.querySelectorAll('.uplot canvas').length === 2")
            self.assertEqual(page("errors"), [])

    def test_it_survives_a_restart(self):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            port = str(place.getsockname()[1])
        with Browser() as page:
            with Service(PUPPET, "--admin-port", port) as service:
                service.post("/echo")
                page("open", url=f"http://127.0.0.1:{port}/")
                page.wait("document.querySelector('header').textContent.includes(', 1 request')")
                self.assertEqual(page("errors"), [])
            page.wait("document.querySelector('.link.lost')")
            with Service(PUPPET, "--admin-port", port) as service:
                page.wait("document.querySelector('.link.live')")
                page.wait("document.querySelector('header').textContent.includes(', 0 requests')")
            # Chromium itself tells of each request that found nobody.
            self.assertEqual([error for error in page("errors") if "net::ERR_" not in error], [])

    def test_it_asks_for_the_token(self):
        with tempfile.NamedTemporaryFile("w", suffix=".token") as file, Browser() as page:
            file.write(TOKEN)
            file.flush()
            with Service(PUPPET, "--admin-token-file", file.name) as service:
                page("open", url=f"http://127.0.0.1:{service.admin_port}/")
                page.wait("document.querySelector('input[type=password]')")
                page("type", into="#token", text=TOKEN)
                page.wait("document.querySelector('.link.live') && document.querySelector('.figures')")

    def test_it_tells_what_would_have_been_under_other_settings(self):
        cell = "[...document.querySelectorAll('#what-if ~ div tbody tr')].find(row => row.cells[0].textContent === '{}')" \
               ".cells[{}].textContent"
        with Service(PUPPET, max_replicas=4) as service, Browser() as page:
            for request in [service.begin("/sleep?ms=200") for _ in range(20)]:
                self.assertEqual(request.answer().status, 200)
            eventually(lambda: WhatIf.answered(service, {}, 20), "the journal")
            page("open", url=f"http://127.0.0.1:{service.admin_port}/")
            page.wait("document.querySelector('.question')")
            page("type", into=".question [name=min]", text="4")
            page.wait("document.querySelectorAll('#what-if ~ div tbody tr').length > 5")
            self.assertEqual(page("evaluate", code=cell.format("requests", 1)), "20")
            self.assertEqual(page("evaluate", code=cell.format("requests", 3)), "20")
            self.assertEqual(page("evaluate", code=cell.format("replicas at most", 3)), "4")
            command = page("evaluate", code="document.querySelector('#what-if ~ div code').textContent")
            self.assertRegex(command, r"^tenfold what-if --journal=\S+ --from=\S+ --to=\S+ --min-replicas=4$")
            told = run(*command.split()[1:], "--json")
            self.assertEqual(json.loads(told.stdout)["what_if"]["requests"], 20, told.stderr)
            page("type", into=".question [name=min]", text="9")
            page.wait("document.querySelector('#what-if ~ div .wrong')?.textContent.includes('max')")
            # Chromium itself tells of an answer that is no success.
            self.assertEqual([error for error in page("errors") if "422" not in error], [])

    def test_without_a_journal_it_says_that_nothing_can_be_simulated(self):
        with Service(PUPPET, "--journal", "none", replays=False) as service, Browser() as page:
            page("open", url=f"http://127.0.0.1:{service.admin_port}/")
            page.wait("document.querySelector('.question')")
            page("type", into=".question [name=min]", text="4")
            page.wait("document.querySelector('#what-if ~ div .wrong')?.textContent.includes('keeps no journal')")

    def test_it_is_usable_by_keyboard_by_name_and_on_a_narrow_screen(self):
        with Service(PUPPET) as service, Browser() as page:
            page("open", url=f"http://127.0.0.1:{service.admin_port}/")
            page.wait("document.querySelector('.figures')")
            page("look", width=400, height=800, scheme="dark")
            page.wait("document.documentElement.scrollWidth <= 400")
            page("press", key="Tab")
            page("press", key="Enter")
            page.wait("document.querySelector('.choice button').getAttribute('aria-pressed') === 'true'")
            unnamed = "[...document.querySelectorAll('section, [role=region], [role=img], input')].filter(one => " \
                      "!one.getAttribute('aria-label') && !one.getAttribute('aria-labelledby') && !one.labels?.length).length"
            self.assertEqual(page("evaluate", code=unnamed), 0)
            self.assertEqual(page("evaluate", code="document.querySelectorAll('main h2').length"), 5)
            self.assertEqual(page("errors"), [])

    def test_of_a_thousand_replicas_only_those_that_change_are_drawn_anew(self):
        watch = """
            window.touched = window.turns = 0;
            new MutationObserver((all) => {
              window.turns += 1;
              const rowOf = ({ target }) => (target.closest ? target : target.parentElement).closest("tr");
              window.touched += new Set(all.map(rowOf)).size;
            }).observe(document.querySelector("#replicas ~ div tbody"), { subtree: true, childList: true, characterData: true });
        """
        with FakeStream(replicas=1000, changes=13) as stream, Browser() as page:
            page("open", url=stream.url)
            page.wait("document.querySelector('#replicas ~ button')")
            page("evaluate", code="document.querySelector('#replicas ~ button').click()")
            page.wait("document.querySelectorAll('#replicas ~ div tbody tr').length === 1000")
            page("evaluate", code=watch)
            page.wait("window.turns >= 8")
            self.assertLess(page("evaluate", code="window.touched / window.turns"), 3 * 14)
            self.assertEqual(page("errors"), [])


if __name__ == "__main__":
    unittest.main()
