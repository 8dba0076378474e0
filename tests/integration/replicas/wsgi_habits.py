"""A WSGI application for gunicorn's sync worker, which serves one request a connection."""
import time
import urllib.parse


def app(environ, start_response):
    query = dict(urllib.parse.parse_qsl(environ["QUERY_STRING"]))
    environ["wsgi.input"].read()
    time.sleep(int(query.get("ms", 0)) / 1000)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]
