"""Python's own http.server, on $TENFOLD_SOCKET or with --port on $PORT. Its listen queue holds 5."""
import http.server
import os
import socketserver
import sys
import time
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(int(query.get("ms", 0)) / 1000)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass

    def address_string(self):
        return "ingress"


class UnixServer(socketserver.UnixStreamServer):
    request_queue_size = 5


if "--port" in sys.argv:
    http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
else:
    if "--keep-alive" in sys.argv:  # one thread that waits for its connection's next request, and serves no other
        Handler.protocol_version = "HTTP/1.1"
    UnixServer(os.environ["TENFOLD_SOCKET"], Handler).serve_forever()
