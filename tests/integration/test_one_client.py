"""What one client can do to the others, and to the memory: little."""
import contextlib
import socket
import threading
import time
import unittest

from service import IS_SANITIZED, PATIENCE_S, PUPPET, Service, eventually

# What the service may come to hold beside what its settings bound. A sanitizer keeps what was freed.
SOME_MEMORY = (256 if IS_SANITIZED else 16) << 20
GET_STATUS = b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n"
POST_LARGE = b"POST /large?bytes=100000 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


def send_while_taken(client, data, patience_s=1.0):
    """Sends until nothing is taken for so long; returns how much was."""
    client.settimeout(patience_s)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < len(data):
            sent += client.send(data[sent:sent + 65536])
    return sent


class OneClient(unittest.TestCase):
    def test_requests_sent_ahead_by_who_never_reads_stay_with_their_sender(self):
        with Service(PUPPET) as service:
            before = service.resident_bytes()
            for port, request in ((service.port, POST_LARGE), (service.admin_port, GET_STATUS)):
                with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
                    send_while_taken(client, request * (20_000_000 // len(request)))
                    self.assertLess(service.resident_bytes() - before, SOME_MEMORY)
                    self.assertEqual(service.post("/echo").status, 200)

    def test_requests_sent_ahead_and_chunks_of_one_byte_starve_nobody(self):
        ahead = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" * 100_000
        chunks = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 2_000_000
        with Service(PUPPET) as service:
            for attack in (ahead, chunks):
                with service.connect() as client:
                    stop = threading.Event()

                    def read():
                        with contextlib.suppress(OSError):
                            while not stop.is_set() and client.recv(1 << 20):
                                pass

                    def send():
                        with contextlib.suppress(OSError):
                            client.sendall(attack)

                    threads = [threading.Thread(target=target, daemon=True) for target in (read, send)]
                    for thread in threads:
                        thread.start()
                    # Others are served while it lasts: a starved one would wait for all of it.
                    for _ in range(20):
                        self.assertEqual(service.post("/echo").status, 200)
                    stop.set()
                    client.shutdown(socket.SHUT_RDWR)
                    for thread in threads:
                        thread.join(PATIENCE_S)

    def test_uploads_that_dawdle_cost_what_the_budget_is_and_no_slot(self):
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
        with Service(PUPPET, "--queue", "10") as service, contextlib.ExitStack() as stack:
            before = service.resident_bytes()
            for _ in range(300 if IS_SANITIZED else 1000):
                client = stack.enter_context(service.connect())
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    client.send(head + b"x" * 200_000)
            self.assertEqual(service.post("/echo").status, 200)
            self.assertEqual(service.status()["running"], 0)
            budget = 64 << 20
            if not IS_SANITIZED:  # which shadows what is touched several times over
                self.assertLess(service.resident_bytes() - before, budget + SOME_MEMORY)

    def test_readers_that_pause_in_a_large_answer_take_no_replica(self):
        with Service(PUPPET, min_replicas=2, max_replicas=2) as service, contextlib.ExitStack() as stack:
            for _ in range(4):
                client = stack.enter_context(service.connect())
                client.sendall(b"POST /large?bytes=4000000 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            eventually(lambda: service.metric("tenfold_requests_total") == 4, "the requests")
            service.wait_for(lambda status: (status["waiting"], status["running"]) == (0, 0))
            self.assertEqual([answer.status for answer in service.burst(10, "/echo")], [200] * 10)

    def test_idle_connections_make_room_for_who_comes(self):
        def few_files():
            import resource
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

        with Service(PUPPET, preexec=few_files) as service, contextlib.ExitStack() as stack:
            for _ in range(600):
                stack.enter_context(service.connect())
            self.assertEqual([answer.status for answer in service.burst(10, "/echo")], [200] * 10)
            eventually(lambda: any("connections" in line for line in service.lines), "the word")
            told = [line for line in service.lines if "connections" in line]
            self.assertEqual(len(told), 1, service.output())


if __name__ == "__main__":
    unittest.main()
