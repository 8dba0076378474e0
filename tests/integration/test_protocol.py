"""HTTP as it meets the world: limits, malformed input, slow clients, what is passed on and what is not."""
import hashlib
import socket
import time
import unittest

from service import IS_SANITIZED, PUPPET, Service, receive_all

HEAD = b"POST /echo HTTP/1.1\r\nHost: x\r\n"

MALFORMED = {
    "Content-Length with Transfer-Encoding": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths that differ": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a length that repeats": HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a length that is none": HEAD + b"Content-Length: 3x\r\n\r\nabc",
    "a negative length": HEAD + b"Content-Length: -3\r\n\r\nabc",
    "a length with a sign": HEAD + b"Content-Length: +3\r\n\r\nabc",
    "a bare line feed": b"POST /echo HTTP/1.1\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a bare line feed in the fields": HEAD + b"A: b\nContent-Length: 0\r\n\r\n",
    "a bare carriage return": HEAD + b"A: b\rc\r\nContent-Length: 0\r\n\r\n",
    "a folded line": HEAD + b"A: b\r\n  c\r\nContent-Length: 0\r\n\r\n",
    "a chunk size that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a chunk size that is endless": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "a chunk without its end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
    "a blank before the colon": HEAD + b"Content-Length : 0\r\n\r\n",
    "no host": b"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
}


class Framing(unittest.TestCase):
    def test_malformed_requests_get_400_and_the_connection_closes(self):
        with Service(PUPPET) as service:
            for what, request in MALFORMED.items():
                with self.subTest(what), service.connect() as client:
                    client.sendall(request)
                    self.assertTrue(receive_all(client).startswith(b"HTTP/1.1 400 "))
            self.assertEqual(service.post("/echo").status, 200)
            service.wait_for(lambda status: status["running"] == 0 and status["waiting"] == 0)

    def test_a_request_behind_a_malformed_one_is_not_served(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.sendall(MALFORMED["two lengths that differ"] + HEAD + b"Content-Length: 0\r\n\r\n")
            self.assertEqual(receive_all(client).count(b"HTTP/1.1 "), 1)

    def test_requests_in_a_row_are_answered_in_order(self):
        with Service(PUPPET, concurrency=4) as service, service.connect() as client:
            for number in range(5):
                client.sendall(b"POST /sleep?ms=%d HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nX-Number: %d\r\n%s\r\n"
                               % (40 - 10 * number, number, b"Connection: close\r\n" if number == 4 else b""))
            received = receive_all(client)
        self.assertEqual(received.count(b"HTTP/1.1 200 "), 5)
        places = [received.index(b'["X-Number", "%d"]' % number) for number in range(5)]
        self.assertEqual(places, sorted(places))

    def test_a_chunked_body_arrives_whole(self):
        with Service(PUPPET) as service:
            pieces = [b"abc", b"d" * 100_000, b"e"]
            answer = service.post("/echo", iter(pieces))  # of unknown length: http.client sends chunks
            self.assertIn(["Transfer-Encoding", "chunked"], answer.json()["fields"])
            self.assertEqual(answer.json()["sha256"], hashlib.sha256(b"".join(pieces)).hexdigest())

    def test_who_waits_for_100_continue_gets_it(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.sendall(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 100 "))
            client.sendall(b"abc")
            self.assertIn(b'"body_bytes": 3', receive_all(client))


class Endings(unittest.TestCase):
    def test_a_client_that_ends_its_side_gets_its_answer(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.sendall(b"POST /sleep?ms=300 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            client.shutdown(socket.SHUT_WR)
            received = receive_all(client)
        self.assertTrue(received.startswith(b"HTTP/1.1 200 "), received)
        self.assertIn(b'"body_bytes": 3', received)

    def test_an_answer_that_is_cut_off_is_not_told_as_complete(self):
        with Service([*PUPPET, "--port"]) as service:
            for client_fields in (b"", b"Connection: close\r\n"):
                with service.connect() as client:
                    client.sendall(b"GET /reset HTTP/1.1\r\nHost: x\r\n" + client_fields + b"\r\n")
                    received = receive_all(client)
                self.assertNotIn(b"\r\n0\r\n\r\n", received)
            with service.connect() as client:  # it knows no chunks: the end of its connection is the end of its answer
                client.sendall(b"GET /reset HTTP/1.0\r\n\r\n")
                with self.assertRaises(ConnectionResetError):
                    while client.recv(65536):
                        pass

    def test_early_hints_pass_before_the_answer(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.sendall(b"GET /hints HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = receive_all(client)
        self.assertTrue(received.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 200 "), received)

    def test_a_status_beyond_599_passes_and_counts_as_an_error(self):
        with Service(PUPPET) as service:
            for status in (600, 700, 999):
                self.assertEqual(service.post(f"/code?status={status}").status, status)
            self.assertEqual(service.metric('tenfold_answers_total{class="5xx"}'), 3)


class Limits(unittest.TestCase):
    def test_a_body_over_the_limit_gets_413_by_its_length(self):
        with Service(PUPPET, "--max-body", "1MiB") as service, service.connect() as client:
            client.sendall(HEAD + b"Content-Length: 1048577\r\n\r\n")
            received = receive_all(client)
            self.assertTrue(received.startswith(b"HTTP/1.1 413 "), received)
            self.assertIn(b"application/problem+json", received)

    def test_a_chunked_body_over_the_limit_gets_413_when_it_passes_it(self):
        with Service(PUPPET, "--max-body", "1MiB") as service, service.connect() as client:
            client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            try:
                for _ in range(17):
                    client.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertTrue(receive_all(client).startswith(b"HTTP/1.1 413 "))
            self.assertEqual(service.post("/echo").status, 200)

    def test_a_body_at_the_limit_passes(self):
        with Service(PUPPET, "--max-body", "1MiB") as service:
            self.assertEqual(service.post("/echo", b"x" * (1 << 20)).json()["body_bytes"], 1 << 20)

    def test_a_head_over_the_limit_gets_431(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.sendall(HEAD + b"A: " + b"x" * 33_000 + b"\r\n\r\n")
            self.assertTrue(receive_all(client).startswith(b"HTTP/1.1 431 "))

    def test_a_client_of_one_byte_a_second_gets_408_and_holds_no_slot(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(1)
            received = b""
            began = time.monotonic()
            for byte in (HEAD + b"X-Padding: " + b"x" * 100)[:60]:
                client.sendall(bytes([byte]))
                try:
                    received = client.recv(4096)
                    break
                except TimeoutError:
                    self.assertEqual(service.status()["running"], 0)
            self.assertTrue(received.startswith(b"HTTP/1.1 408 "), received)
            self.assertAlmostEqual(time.monotonic() - began, 10, delta=3)
            self.assertEqual(service.post("/echo").status, 200)

    def test_a_body_that_drips_holds_up_nobody_in_the_queue(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
            for _ in range(3):
                client.sendall(b"x")
                self.assertEqual(service.post("/echo").status, 200)


class Streaming(unittest.TestCase):
    def test_a_body_of_a_gibibyte_passes_with_flat_memory(self):
        total = (128 << 20) if IS_SANITIZED else (1 << 30)
        piece = b"0123456789abcdef" * (1 << 16)
        digest = hashlib.sha256()
        sent = 0
        with Service(PUPPET, "--max-body", "2GiB") as service, service.connect() as client:
            service.post("/echo", piece)
            before = most = service.resident_bytes()
            client.sendall(HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % total)
            while sent < total:
                client.sendall(piece)
                digest.update(piece)
                sent += len(piece)
                if sent % (16 << 20) == 0:
                    most = max(most, service.resident_bytes())
            received = receive_all(client)
        self.assertIn(b'"body_bytes": %d' % total, received)
        self.assertIn(digest.hexdigest().encode(), received)
        self.assertLess(most - before, (64 << 20) if IS_SANITIZED else (8 << 20))


class Forwarding(unittest.TestCase):
    def echoed(self, fields, *flags):
        with Service(PUPPET, *flags) as service:
            return {name.lower(): value for name, value in service.post("/echo", fields=fields).json()["fields"]}

    def test_the_trace_is_passed_on(self):
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        fields = self.echoed({"traceparent": trace, "tracestate": "a=b"})
        self.assertEqual((fields["traceparent"], fields["tracestate"]), (trace, "a=b"))

    def test_what_is_meant_for_this_hop_alone_is_removed(self):
        fields = self.echoed({"Connection": "keep-alive, X-Private", "X-Private": "secret", "Keep-Alive": "timeout=9",
                              "TE": "trailers", "Proxy-Authorization": "secret", "Upgrade": "nothing", "X-Public": "kept"})
        self.assertEqual(fields["x-public"], "kept")
        for name in ("x-private", "keep-alive", "te", "proxy-authorization", "upgrade"):
            self.assertNotIn(name, fields)

    def test_and_so_on_the_way_back(self):
        with Service(PUPPET) as service:
            answer = service.post("/hop")
        self.assertEqual(answer.fields["X-Public"], "kept")
        self.assertNotIn("X-Private", answer.fields)
        self.assertNotIn("Keep-Alive", answer.fields)

    def test_the_replica_learns_who_asked(self):
        fields = self.echoed({"Host": "solver.example", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Port": "1"})
        self.assertEqual(fields["x-forwarded-for"], "127.0.0.1")
        self.assertNotIn("x-forwarded-port", fields)
        self.assertEqual(fields["x-forwarded-proto"], "http")
        self.assertEqual(fields["x-forwarded-host"], "solver.example")
        self.assertIn("for=127.0.0.1", fields["forwarded"])
        self.assertTrue(fields["x-request-id"])

    def test_a_trusted_proxy_is_believed(self):
        fields = self.echoed({"Host": "inner", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "outer"},
                             "--trusted-proxies", "127.0.0.0/8")
        self.assertEqual(fields["x-forwarded-for"], "192.0.2.1, 127.0.0.1")
        self.assertEqual(fields["x-forwarded-host"], "outer")

    def test_an_id_that_the_client_gave_is_kept(self):
        self.assertEqual(self.echoed({"X-Request-Id": "mine"})["x-request-id"], "mine")


if __name__ == "__main__":
    unittest.main()
