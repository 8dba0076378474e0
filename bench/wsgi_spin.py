"""The same work as fastapi_spin.py for a WSGI server."""
import time


def app(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["REQUEST_METHOD"] == "POST":
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
    body = b'{"answer": 42}\n'
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
