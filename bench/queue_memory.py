"""What a waiting request costs: 5,000 requests of 200 bytes in the queue, private memory of the proxy per request."""
import resource
import time

import peers

REQUESTS = 5_000


def blocked(side):
    """One upstream that is busy with its first request for a minute."""
    path = side.directory / "blocked.sock"
    side.start([peers.SERVER, "--listen", path, "--spin-ms", 60_000])
    side.wait_for(path)
    return path


def tenfold():
    return peers.tenfold("tenfold", "--min-replicas", 1, "--max-replicas", 1, "--concurrency", 1, "--grace", "1s",
                         command=[peers.SERVER, "--spin-ms", 60_000])


def haproxy():
    return peers.haproxy("HAProxy maxconn 1", lambda side: [f"unix@{blocked(side)} maxconn 1"])


def connect_all(port):
    import socket
    request = (b"POST /solve HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
               b"Content-Type: application/octet-stream\r\nContent-Length: 200\r\n\r\n" + b"x" * 200)
    clients = []
    for _ in range(REQUESTS + 1):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(request)
        clients.append(client)
    return clients


def settled(side):
    """Private memory once it has stopped growing."""
    last, same = 0, 0
    while same < 5:
        time.sleep(0.2)
        now = side.private_bytes()
        same = same + 1 if now == last else 0
        last = now
    return last


def failed(clients):
    """Those that were answered or closed: none should be."""
    import select
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLIN)
    return len(poll.poll(0))


def measure(make):
    with make() as side:
        before = settled(side)
        clients = connect_all(side.port)
        after = settled(side)
        errors = failed(clients)
        for client in clients:
            client.close()
        return side.name, {"bytes_per_request": (after - before) / REQUESTS, "errors": errors}


def run():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    return dict(measure(make) for make in (tenfold, haproxy))


def table(rows):
    print(f"queue: {REQUESTS} requests of 200 bytes wait; private memory of the proxy for each")
    for name, row in rows.items():
        print(f"{name:32}{row['bytes_per_request'] / 1024:8.2f} KiB{row['errors']:6} errors")
