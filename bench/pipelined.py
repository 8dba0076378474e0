"""What one client's 100,000 requests sent ahead do to another's latency.

One client sends 100,000 requests at once on one connection and reads their answers as they come; another asks one after the
other meanwhile, on a connection of its own. One thread a proxy, the same native upstream; core 0 is the proxy's, core 1 all
others'.
"""
import socket
import threading
import time

import peers

ROUNDS = 3
AHEAD = 100_000
REQUEST = b"POST /solve HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n\r\n" + b"x" * 20


def read_answer(client, rest):
    """Reads one answer of the native upstream, whose last byte is the only }."""
    while b"}\n" not in rest:
        rest += client.recv(65536)
    return rest.partition(b"}\n")[2]


class Flood:
    """A client that has sent all before it reads."""

    def __init__(self, port):
        self.client = socket.create_connection(("127.0.0.1", port))
        self.is_over = threading.Event()
        self.began = time.monotonic()
        threading.Thread(target=self.send, daemon=True).start()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def send(self):
        try:
            self.client.sendall(REQUEST * AHEAD)
        except OSError:
            self.is_over.set()

    def read(self):
        answers = 0
        while answers < AHEAD and (piece := self.client.recv(1 << 20)):
            answers += piece.count(b"}\n")
        self.answers = answers
        self.seconds = time.monotonic() - self.began
        self.is_over.set()


def measure(side):
    with socket.create_connection(("127.0.0.1", side.port)) as other:
        other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        flood = Flood(side.port)
        latencies, rest = [], b""
        while not flood.is_over.is_set():
            asked = time.monotonic()
            other.sendall(REQUEST)
            rest = read_answer(other, rest)
            latencies.append(time.monotonic() - asked)
        flood.reader.join()
    flood.client.close()
    latencies.sort()
    return {"p50_s": latencies[len(latencies) // 2], "p99_s": latencies[len(latencies) * 99 // 100],
            "max_s": latencies[-1], "flood_s": flood.seconds, "answers": flood.answers, "asked": len(latencies)}


def run():
    everyone = peers.proxies()
    runs = {side.name: [] for side in everyone}
    try:
        for _ in range(ROUNDS):
            for side in everyone:
                runs[side.name].append(measure(side))
    finally:
        for side in everyone:
            side.stop()
    return {name: {key: peers.median([one[key] for one in each]) for key in each[0]} for name, each in runs.items()}


def table(rows):
    print(f"pipelined: one client sends {AHEAD} requests ahead, another asks meanwhile; medians of {ROUNDS} rounds")
    print(f"{'':12}{'p50':>12}{'p99':>12}{'longest':>12}{'asked':>9}{'the 100,000 took':>18}")
    for name, row in rows.items():
        print(f"{name:12}{1e3 * row['p50_s']:9.2f} ms{1e3 * row['p99_s']:9.2f} ms{1e3 * row['max_s']:9.2f} ms"
              f"{row['asked']:9}{row['flood_s']:16.2f} s")
