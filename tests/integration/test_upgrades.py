"""WebSocket, from a client that people use to a server that people use, through the ingress."""
import os
import pathlib
import signal
import socket
import struct
import sys
import unittest

from service import IS_SANITIZED, PATIENCE_S, PUPPET, SOURCE, Service, eventually

VENV = SOURCE / ".deps/venv"
sys.path += [str(path) for path in pathlib.Path(VENV).glob("lib/python*/site-packages")]
try:
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect
except ImportError:
    connect = None

ON_SOCKET, ON_PORT = ["--uds", "$TENFOLD_SOCKET"], ["--port", "$PORT"]
HANDSHAKE = (b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
# RFC 6455, 1.3: the answer to that key.
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
# RFC 6455, 5.7: "Hello", masked as clients do and unmasked as servers do.
MASKED_HELLO = bytes.fromhex("818537fa213d7f9f4d5158")
HELLO = bytes.fromhex("810548656c6c6f")


def uvicorn(*flags):
    return [str(VENV / "bin/uvicorn"), "upgrading:app", "--app-dir", str(SOURCE / "tests/integration/replicas"),
            "--log-level", "error", *flags]


def read_until(client, end):
    received = b""
    while end not in received:
        piece = client.recv(65536)
        assert piece, f"the connection ended after {received!r}"
        received += piece
    return received


@unittest.skipUnless(connect, "run ./bootstrap --test: it installs uvicorn and websockets")
class WebSocket(unittest.TestCase):
    def open(self, service, path="/echo"):
        return connect(f"ws://127.0.0.1:{service.port}{path}", open_timeout=PATIENCE_S, close_timeout=PATIENCE_S,
                       max_size=None, proxy=None)

    def exchange_a_word(self, chat):
        chat.send("here")
        self.assertEqual(chat.recv(PATIENCE_S), "here")

    def free(self, service):
        service.wait_for(lambda status: status["running"] == 0)

    def test_messages_of_all_sizes_pass_both_ways(self):
        for place in (ON_SOCKET, ON_PORT):
            with self.subTest(place[0]), Service(uvicorn(*place)) as service:
                with self.open(service) as chat:
                    for size in (0, 1, 125, 126, 65535, 65536, 1 << 20, 10 << 20):
                        message = bytes(range(256)) * (size // 256) + bytes(size % 256)
                        chat.send(message)
                        self.assertEqual(chat.recv(PATIENCE_S), message)
                    chat.send("bye")
                    with self.assertRaises(ConnectionClosed):
                        chat.recv(PATIENCE_S)
                    self.assertEqual(chat.close_code, 1000)
                self.free(service)
                self.assertEqual(service.post("/plain").status, 200)

    def test_it_has_its_slot_for_its_life(self):
        with Service(uvicorn(*ON_SOCKET)) as service:
            with self.open(service) as chat:
                self.exchange_a_word(chat)
                waiting = service.begin("/plain")
                service.wait_for(lambda status: (status["running"], status["waiting"]) == (1, 1))
            self.assertEqual(waiting.answer().status, 200)

    def test_a_handshake_that_is_refused_is_an_answer_like_others(self):
        with Service(uvicorn(*ON_SOCKET)) as service:
            with self.assertRaises(InvalidStatus) as refused:
                self.open(service, "/refuse")
            self.assertEqual(refused.exception.response.status_code, 403)
            self.free(service)

    def test_who_asks_a_program_that_knows_no_upgrade_gets_its_plain_answer(self):
        with Service(PUPPET) as service, service.connect() as client:
            client.sendall(HANDSHAKE.replace(b"GET /echo", b"GET /sleep?ms=0"))
            self.assertIn(b"HTTP/1.1 200", read_until(client, b"\r\n\r\n"))

    def test_what_was_sent_with_the_handshake_arrives(self):
        with Service(uvicorn(*ON_SOCKET)) as service, service.connect() as client:
            client.sendall(HANDSHAKE + MASKED_HELLO)
            received = read_until(client, HELLO)
            self.assertIn(b"HTTP/1.1 101 ", received)
            self.assertIn(ACCEPT, received)
            self.assertIn(b"\r\nX-Tenfold-Replica: 1\r\n", received)

    def test_a_client_that_vanishes_frees_its_slot(self):
        with Service(uvicorn(*ON_SOCKET)) as service:
            for leave in ("close", "reset", "half"):
                with self.subTest(leave), service.connect() as client:
                    client.sendall(HANDSHAKE + MASKED_HELLO)
                    read_until(client, HELLO)
                    if leave == "reset":
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    if leave == "half":
                        client.shutdown(1)
                        while client.recv(65536):
                            pass
                    else:
                        client.close()
                    self.free(service)
            self.assertEqual(service.post("/plain").status, 200)

    def test_it_ends_with_its_time(self):
        with Service(uvicorn(*ON_SOCKET), "--timeout", "2s") as service:
            chat = self.open(service)
            with self.assertRaises(ConnectionClosed):
                chat.recv(PATIENCE_S)
            self.free(service)
            self.assertEqual(service.post("/plain").status, 200)

    def test_a_flood_that_nobody_reads_waits_with_its_sender(self):
        with Service(uvicorn(*ON_SOCKET)) as service, service.connect() as client:
            client.sendall(HANDSHAKE.replace(b"/echo", b"/flood"))
            read_until(client, b"\r\n\r\n")
            before = service.resident_bytes()
            taken = 0
            while taken < (16 << 20):
                taken += len(client.recv(1 << 20))
            if not IS_SANITIZED:
                self.assertLess(service.resident_bytes() - before, 8 << 20)

    def test_a_replica_that_dies_ends_it(self):
        with Service(uvicorn(*ON_SOCKET)) as service:
            chat = self.open(service)
            os.kill(service.replica_pids()[0], signal.SIGKILL)
            with self.assertRaises(ConnectionClosed):
                chat.recv(PATIENCE_S)
            self.assertEqual(service.post("/plain").status, 200)

    def test_it_is_counted(self):
        with Service(uvicorn(*ON_SOCKET)) as service:
            with self.open(service) as chat:
                self.exchange_a_word(chat)
            eventually(lambda: service.metric('tenfold_answers_total{class="1xx"}') == 1, "the count")


if __name__ == "__main__":
    unittest.main()
