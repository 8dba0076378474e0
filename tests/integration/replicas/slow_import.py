"""A WSGI application whose import takes a second, as those do that load a model or a big library."""
import time

time.sleep(1)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
