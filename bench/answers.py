"""What large answers cost a proxy: CPU time for each MB, of answers of 1 MB and of 160.

The client reads as fast as it can. Core 0 is the proxy's, core 1 the client's and the upstream's.
"""
import pathlib
import socket
import sys

import peers

ROUNDS = 5
MB = 1_000_000
TOTAL = 320
SIZES = (1, 10, 160)


def serve(path):
    """The upstream: `GET /N` is answered with N MB."""
    body = memoryview(bytes(MB))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        while True:
            client, _ = listener.accept()
            with client:
                while request := client.recv(65536):
                    megabytes = int(request.split()[1][1:] or b"0")
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (megabytes * MB))
                    for _ in range(megabytes):
                        client.sendall(body)


COMMAND = ["taskset", "-c", "1", sys.executable, "-S", pathlib.Path(__file__).resolve(), "$TENFOLD_SOCKET"]


def upstream(side):
    path = side.directory / "upstream.sock"
    side.start([*COMMAND[:-1], path])
    side.wait_for(path)
    return path


def sides():
    return [
        peers.tenfold("tenfold", "--min-replicas", 1, "--max-replicas", 1, core=0, command=COMMAND),
        peers.haproxy("HAProxy", lambda side: [f"unix@{upstream(side)} maxconn 1"], core=0),
        peers.nginx(core=0, make_upstream=upstream),
    ]


def fetch(port, megabytes, times):
    block = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port)) as client:
        for _ in range(times):
            client.sendall(b"GET /%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % megabytes)
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"answers: {head[:200]!r}")
            left = megabytes * MB - len(head.partition(b"\r\n\r\n")[2])
            while left > 0:
                got = client.recv_into(block)
                if not got:
                    raise SystemExit("answers: the answer was cut")
                left -= got


def measure(side, megabytes):
    before = sum(side.cpu_seconds())
    fetch(side.port, megabytes, TOTAL // megabytes)
    return 1e3 * (sum(side.cpu_seconds()) - before) / TOTAL


def run():
    everyone = sides()
    runs = {side.name: {size: [] for size in SIZES} for side in everyone}
    try:
        for _ in range(ROUNDS):
            for side in everyone:
                for size in SIZES:
                    runs[side.name][size].append(measure(side, size))
    finally:
        for side in everyone:
            side.stop()
    return {name: {f"{size}_mb_ms_per_mb": peers.median(times) for size, times in sizes.items()} for name, sizes in runs.items()}


def table(rows):
    print(f"answers: the proxy's CPU time for each MB of answers, ms; medians of {ROUNDS} rounds of {TOTAL} MB")
    print(f"{'':12}" + "".join(f"{f'of {size} MB':>12}" for size in SIZES) + f"{'160 MB / 1 MB':>16}")
    for name, row in rows.items():
        each = [row[f"{size}_mb_ms_per_mb"] for size in SIZES]
        print(f"{name:12}" + "".join(f"{time:12.3f}" for time in each) + f"{each[-1] / each[0]:16.2f}")


if __name__ == "__main__":
    serve(sys.argv[1])
