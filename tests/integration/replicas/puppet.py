#!/usr/bin/env python3
"""A replica that does what a test tells it to: HTTP/1.1 with keep-alive on $TENFOLD_SOCKET, or on $PORT with --port.
With FINISH=PATH in its environment it takes a second to end after a SIGTERM, and then makes PATH.N, N its number.

    /echo              the request as it arrived: method, path, header fields, size and SHA-256 of the body
    /environment       its environment
    /run               runs its body, a Python program, and answers with what that leaves as `result`
    /sleep?ms=N        answers after N ms
    /spin?ms=N         answers after N ms of CPU time
    /hold?gate=PATH    makes PATH.held, answers once PATH exists; makes PATH.left if the connection is closed before
    /die               ends by SIGKILL, without an answer
    /die-once?mark=P   the same if it is the first to make the file P, else answers
    /break             sends half of an answer, then ends by SIGKILL
    /eat?mb=N          answers when it has taken so much memory
    /eat-once?mb=N&mark=P  the same if it is the first to make the file P, else answers
    /large?bytes=N     answers with a body of N bytes
    /hop               answers with hop-by-hop fields
    /hints             answers with 103 before 200
    /code?status=N     answers with that status
    /well              answers 503 while the file $SICK.N is there, N its number
    /reset             begins an answer that ends with the connection, and resets it (--port)
"""
import hashlib
import http.server
import json
import os
import select
import signal
import socket
import socketserver
import struct
import sys
import time
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = False  # a unix socket has none

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        self.size, self.digest = self.read_body()
        action = getattr(self, url.path.strip("/").replace("-", "_") or "echo", None)
        if action is None:
            return self.answer({"unknown": url.path}, 404)
        action(query)

    do_GET = do_PUT = do_DELETE = do_POST

    def pieces(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return
        left = int(self.headers.get("Content-Length", 0))
        while left > 0:
            piece = self.rfile.read(min(left, 1 << 20))
            if not piece:
                return
            left -= len(piece)
            yield piece

    def read_body(self):
        size, digest = 0, hashlib.sha256()
        self.beginning = b""
        for piece in self.pieces():
            size += len(piece)
            digest.update(piece)
            self.beginning = self.beginning or piece
        return size, digest.hexdigest()

    def answer(self, value, status=200, fields=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in fields:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def echo(self, query):
        self.answer({"method": self.command, "path": self.path, "fields": list(self.headers.items()),
                     "body_bytes": self.size, "sha256": self.digest, "pid": os.getpid(),
                     "replica": os.environ["TENFOLD_REPLICA"]})

    def environment(self, query):
        self.answer(dict(os.environ))

    def run(self, query):
        names = {"os": os, "socket": socket}
        try:
            exec(self.beginning.decode(), names)
        except Exception as error:
            return self.answer({"error": type(error).__name__, "words": str(error)})
        self.answer(names.get("result"))

    def sleep(self, query):
        time.sleep(int(query["ms"]) / 1000)
        self.echo(query)

    def spin(self, query):
        end = time.thread_time() + int(query["ms"]) / 1000
        while time.thread_time() < end:
            pass
        self.echo(query)

    def hold(self, query):
        gate = query["gate"]
        open(gate + ".held", "a").close()
        while not os.path.exists(gate):
            if select.select([self.connection], [], [], 0.005)[0]:
                open(gate + ".left", "a").close()
                self.close_connection = True
                return
        self.echo(query)

    def die(self, query):
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)

    def die_once(self, query):
        try:
            os.close(os.open(query["mark"], os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return self.echo(query)
        self.die(query)

    def break_(self, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        self.wfile.flush()
        self.die(query)

    def large(self, query):
        self.send_response(200)
        self.send_header("Content-Length", query["bytes"])
        self.end_headers()
        self.wfile.write(bytes(int(query["bytes"])))

    def hop(self, query):
        self.answer({}, fields=[("Connection", "X-Private"), ("X-Private", "secret"), ("Keep-Alive", "timeout=5"),
                                ("X-Public", "kept")])

    def hints(self, query):
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
        self.answer({})

    def code(self, query):
        self.answer({}, status=int(query["status"]))

    def eat(self, query):
        self.answer({"bytes": len(b"x" * (int(query["mb"]) << 20))})

    def eat_once(self, query):
        try:
            os.close(os.open(query["mark"], os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return self.answer({})
        self.eat(query)

    def well(self, query):
        is_sick = os.path.exists(f"{os.environ['SICK']}.{os.environ['TENFOLD_REPLICA']}")
        self.answer({}, status=503 if is_sick else 200)

    def reset(self, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        self.wfile.flush()
        time.sleep(0.1)  # so that its head has gone on when the reset comes
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_):
        pass

    def address_string(self):
        return "ingress"


setattr(Handler, "break", Handler.break_)


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 1024


class PortServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024


def finish(*_):
    time.sleep(1)
    open(f"{os.environ['FINISH']}.{os.environ['TENFOLD_REPLICA']}", "a").close()
    os._exit(0)


def main():
    if "FINISH" in os.environ:
        signal.signal(signal.SIGTERM, finish)
    if "--port" in sys.argv:
        server = PortServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    else:
        server = UnixServer(os.environ["TENFOLD_SOCKET"], Handler)
    server.serve_forever(poll_interval=60)


if __name__ == "__main__":
    main()
