"""Traces: what a collector gets over OTLP, read by OpenTelemetry's own protobuf; W3C context on its way to a replica; and
collectors that are not there, or never answer."""
import contextlib
import http.server
import json
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from service import PUPPET, SOURCE, Service, eventually, run

VENV = SOURCE / ".deps/venv/bin/python"
THEIRS = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"

# What OpenTelemetry's protobuf makes of a request: strict, for what it does not know is an error. Its mapping of JSON has
# bytes in base64, where OTLP's has ids in hexadecimal: they are turned around, strictly too.
READER = """
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
for line in sys.stdin:
    request = json.loads(line)
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name, size in ("traceId", 16), ("spanId", 8), ("parentSpanId", 8):
                    if name in span:
                        raw = bytes.fromhex(span[name])
                        assert len(raw) == size and span[name] == raw.hex(), span[name]
                        span[name] = base64.b64encode(raw).decode()
    read = json_format.ParseDict(request, ExportTraceServiceRequest())
    value = lambda one: getattr(one.value, one.value.WhichOneof("value"))
    for resource in read.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                print(json.dumps({
                    "resource": {one.key: value(one) for one in resource.resource.attributes},
                    "scope": scope.scope.name, "trace": span.trace_id.hex(), "span": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(), "state": span.trace_state, "flags": span.flags, "name": span.name, "kind": span.kind,
                    "begin": span.start_time_unix_nano, "end": span.end_time_unix_nano, "status": span.status.code,
                    "attributes": {one.key: value(one) for one in span.attributes}}))
"""


class Collector:
    """Takes OTLP over HTTP and answers with the statuses that it was given, the last one again and again."""

    def __init__(self, *statuses, body=b"{}", fields=()):
        self.bodies, self.heads = [], []
        statuses = list(statuses or [200])
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                collector.heads.append((self.path, dict(self.headers.items())))
                collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
                for name, text in fields:
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def spans(self):
        """All that came, as OpenTelemetry's protobuf reads it."""
        ran = subprocess.run([VENV, "-c", READER], input="\n".join(self.bodies), capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]


def fields_of(answer):
    """What the replica was sent."""
    return {name.lower(): value for name, value in answer.json()["fields"]}


class Traces(unittest.TestCase):
    def test_a_request_as_opentelemetry_reads_it(self):
        with Collector() as collector, Service(PUPPET, "--otlp-endpoint", collector.url, "--name", "demo", min_replicas=0) as service:
            begun = time.time_ns()
            answer = service.post("/echo?x=1", b"hello", {"traceparent": f"00-{THEIRS}-{PARENT}-01", "tracestate": "a=1", "X-Request-Id": "mine"})
            sent = fields_of(answer)
            eventually(lambda: collector.bodies, "the spans")
            ended = time.time_ns()
            eventually(lambda: service.metric("tenfold_spans_sent_total") == len(collector.spans()), "the counter")
        spans = {span["name"]: span for span in collector.spans()}
        self.assertEqual(set(spans), {"POST /echo", "queue", "cold start", "POST"})
        server, queue, cold_start, attempt = (spans[name] for name in ("POST /echo", "queue", "cold start", "POST"))
        for span in spans.values():
            self.assertEqual((span["trace"], span["state"], span["scope"]), (THEIRS, "a=1", "tenfold"))
            self.assertLessEqual(begun, span["begin"] + 2_000_000, "the wall clock's time; it is asked once a request")
            self.assertLessEqual(span["begin"], span["end"])
            self.assertLessEqual(span["end"], ended)
            self.assertEqual(span["resource"]["service.name"], "demo")
            self.assertEqual(span["resource"]["process.pid"], str(service.process.pid))
            self.assertEqual(span["resource"]["host.name"], socket.gethostname())
        self.assertEqual([server["kind"], queue["kind"], cold_start["kind"], attempt["kind"]], [2, 1, 1, 3])
        self.assertEqual([server["parent"], queue["parent"], cold_start["parent"], attempt["parent"]],
                         [PARENT, server["span"], queue["span"], server["span"]])
        self.assertEqual(sent["traceparent"], f"00-{THEIRS}-{attempt['span']}-01")
        self.assertEqual(sent["tracestate"], "a=1")
        for name, value in {"http.request.method": "POST", "url.path": "/echo", "url.query": "x=1", "http.response.status_code": 200,
                            "client.address": "127.0.0.1", "tenfold.request.id": "mine"}.items():
            self.assertEqual(server["attributes"][name], value)
        self.assertEqual(attempt["attributes"]["tenfold.replica.id"], 1)
        self.assertEqual(attempt["attributes"]["http.response.status_code"], 200)
        path, head = collector.heads[0]
        self.assertEqual((path, head["Content-Type"]), ("/v1/traces", "application/json"))

    def test_a_trace_begins_here_where_there_is_none(self):
        with Collector() as collector, Service(PUPPET, "--otlp-endpoint", collector.url) as service:
            seen = []
            for fields in {}, {"traceparent": f"00-{THEIRS}-{PARENT}-1", "tracestate": "a=1"}, {"tracestate": "a=1"}:
                sent = fields_of(service.post("/echo", fields=fields))
                self.assertNotIn("tracestate", sent)
                version, trace, span, flags = sent["traceparent"].split("-")
                self.assertEqual((version, flags), ("00", "03"))
                self.assertNotEqual(trace, THEIRS)
                seen.append((trace, span))
            self.assertEqual(len({trace for trace, _ in seen}), 3)
        spans = collector.spans()
        self.assertEqual([(span["trace"], span["span"]) for span in spans if span["kind"] == 3], seen, "the rest came at the end")
        self.assertEqual({span["parent"] for span in spans if span["kind"] == 2}, {""})

    def test_who_decides_what_is_recorded(self):
        with Collector() as collector, Service(PUPPET, "--otlp-endpoint", collector.url, "--trace-sample", "0") as service:
            flags = [fields_of(service.post("/echo", fields=fields))["traceparent"][-2:]
                     for fields in ({}, {"traceparent": f"00-{THEIRS}-{PARENT}-00"}, {"traceparent": f"00-{THEIRS}-{PARENT}-01"})]
            self.assertEqual(flags, ["02", "00", "01"])
        self.assertEqual({span["trace"] for span in collector.spans()}, {THEIRS}, "only what the client wants to see")

    def test_a_replica_that_dies_is_an_attempt_of_its_own(self):
        with Collector() as collector, Service(PUPPET, "--otlp-endpoint", collector.url, max_replicas=2) as service:
            mark = service.directory / "mark"
            self.assertEqual(service.post(f"/die-once?mark={mark}", fields={"Idempotency-Key": "1"}).status, 200)
            self.assertEqual(service.post("/die").status, 502)
        spans = collector.spans()
        first, second, third = (span for span in spans if span["kind"] == 3)
        self.assertEqual((first["status"], first["attributes"]["error.type"]), (2, "no answer"))
        self.assertEqual((second["status"], second["attributes"]["http.request.resend_count"]), (0, 1))
        self.assertEqual(third["attributes"]["error.type"], "no answer")
        servers = [span for span in spans if span["kind"] == 2]
        self.assertEqual([span["status"] for span in servers], [0, 2])
        self.assertEqual(servers[1]["attributes"]["tenfold.reject.reason"], "replica lost")

    def test_a_reload_changes_what_is_recorded(self):
        with tempfile.TemporaryDirectory() as directory, Collector() as collector:
            file = pathlib.Path(directory) / "app.yaml"
            write = lambda share: file.write_text(f"tenfold: {{traces: {{endpoint: '{collector.url}', sample: {share}}}}}")
            write(0)
            with Service(PUPPET, file=file) as service:
                self.assertEqual(fields_of(service.post("/echo"))["traceparent"][-2:], "02")
                write(1)
                service.process.send_signal(signal.SIGHUP)
                eventually(lambda: "trace sample 0 -> 1" in service.output(), "the reload")
                self.assertEqual(fields_of(service.post("/echo"))["traceparent"][-2:], "03")
                file.write_text("tenfold: {traces: {endpoint: none}}")
                service.process.send_signal(signal.SIGHUP)
                eventually(lambda: "otlp endpoint: needs a restart" in service.output(), "the word")

    def test_what_the_environment_says(self):
        with Collector() as collector:
            env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "from-env", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b"}
            with Service(PUPPET, env=env) as service:
                service.post("/echo")
            self.assertEqual({span["resource"]["service.name"] for span in collector.spans()}, {"from-env"})
            self.assertEqual(collector.heads[0][1]["x-key"], "a b")
            sent = len(collector.bodies)
            with Service(PUPPET, "--otlp-endpoint", "none", env=env) as service:
                self.assertNotIn("traceparent", fields_of(service.post("/echo")))
            self.assertEqual(len(collector.bodies), sent)
        with Service(PUPPET, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:1"}) as service:
            service.post("/echo")
        self.assertIn("no traces: OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:1/v1/traces' needs TLS", service.output())

    def test_what_cannot_be_is_told_at_the_start(self):
        for endpoint, words in {"https://x:4318": "needs TLS", "x:4318": "is no URL of a collector"}.items():
            ran = run("up", "--port", "0", "--admin-port", "0", "--journal", "none", "--otlp-endpoint", endpoint, "--", *PUPPET)
            self.assertEqual(ran.returncode, 1)
            self.assertRegex(ran.stderr, f"--otlp-endpoint: '{re.escape(endpoint)}/v1/traces' {words}")
        ran = run("up", "--trace-sample", "2", "--", *PUPPET)
        self.assertEqual(ran.returncode, 2)
        self.assertIn("--trace-sample: '2' is no number from 0 to 1", ran.stderr)

    def test_a_collector_that_is_not_there_costs_a_line(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with Service(PUPPET, "--otlp-endpoint", f"http://127.0.0.1:{port}") as service:
            for _ in range(20):
                self.assertEqual(service.post("/echo").status, 200)
            eventually(lambda: "no traces at" in service.output(), "the line")
            began = time.monotonic()
            service.interrupt()
            service.wait()
            self.assertLess(time.monotonic() - began, 10)
        lines = [line for line in service.lines if "no traces" in line]
        self.assertEqual(len(lines), 1)
        self.assertIn(f"nobody accepts connections at 127.0.0.1:{port}", lines[0])
        self.assertIn("40 spans did not reach", service.output())

    def test_a_collector_that_never_answers_holds_nothing_up(self):
        with contextlib.ExitStack() as stack:
            silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            service = stack.enter_context(Service(PUPPET, "--otlp-endpoint", f"http://127.0.0.1:{silent.getsockname()[1]}"))
            service.post("/echo")
            silent.settimeout(30)
            stack.enter_context(silent.accept()[0])
            self.assertEqual({service.post("/echo").status for _ in range(20)}, {200})
            began = time.monotonic()
            service.interrupt()
            service.wait()
            self.assertLess(time.monotonic() - began, 10, "a second for the last traces")
            self.assertIn("42 spans did not reach", service.output())

    def test_what_could_not_be_taken_comes_again(self):
        with Collector(503, 200) as collector, Service(PUPPET, "--otlp-endpoint", collector.url) as service:
            service.post("/echo")
            eventually(lambda: len(collector.bodies) == 2, "another try")
            self.assertEqual(collector.bodies[0], collector.bodies[1])
            eventually(lambda: service.metric("tenfold_spans_sent_total") == 2, "the counter")

    def test_what_is_refused_is_counted_and_told(self):
        refusal = b'{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}'
        with Collector(body=refusal) as collector, Service(PUPPET, "--otlp-endpoint", collector.url) as service:
            service.post("/echo")
            eventually(lambda: service.metric('tenfold_spans_lost_total{reason="refused"}') == 1, "the counter")
            eventually(lambda: service.metric("tenfold_spans_sent_total") == 1, "the counter")
        self.assertIn("refuses 1 spans: too old", service.output())

    def test_without_traces_all_passes_as_it_is(self):
        with Service(PUPPET) as service:
            mine = {"traceparent": "not lawful", "tracestate": "NOT EITHER"}
            sent = fields_of(service.post("/echo", fields=mine))
            self.assertEqual({name: sent[name] for name in mine}, mine)


if __name__ == "__main__":
    unittest.main()
