"""Serves an app where Tenfold's replica contract says: on the unix socket $TENFOLD_SOCKET, else on $PORT or 8000."""
import inspect
import os
import socket


def is_asgi(app):
    call = app if inspect.isfunction(app) or inspect.ismethod(app) else getattr(app, "__call__", None)
    return inspect.iscoroutinefunction(call)


def prepare(app):
    """Imports the server for `app`, and all that it needs, and returns what serves it."""
    return prepare_uvicorn(app) if is_asgi(app) else prepare_waitress(app) or prepare_wsgiref(app)


def concurrency():
    return int(os.environ.get("TENFOLD_CONCURRENCY", os.cpu_count() or 1))


def bind():
    """A socket that is bound, and does not listen yet: who listens is ready."""
    path = os.environ.get("TENFOLD_SOCKET")
    if path:
        bound = socket.socket(socket.AF_UNIX)
        bound.bind(path)
    else:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", int(os.environ.get("PORT", 8000))))
    return bound


def notify_ready():
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", path)


def prepare_uvicorn(app):
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            notify_ready()

    # Errors and the app's own words are said; that a server starts and what it answered, Tenfold says.
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    config.load()
    return lambda: Server(config).run(sockets=[bind()])


def prepare_waitress(app):
    try:
        import waitress.server
    except ImportError:
        return None

    def serve():
        bound = bind()
        bound.listen(1024)
        server = waitress.server.create_server(app, sockets=[bound], threads=concurrency())
        notify_ready()
        server.run()
    return serve


def prepare_wsgiref(app):
    import socketserver
    import wsgiref.simple_server

    class Handler(wsgiref.simple_server.WSGIRequestHandler):
        def address_string(self):
            return "tenfold"

        def log_request(self, *_):
            pass

        def get_environ(self):
            self.client_address = ("127.0.0.1", 0)  # a unix socket has none
            return super().get_environ()

    class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
        daemon_threads = True

        def server_bind(self):  # it is
            self.server_name, self.server_port = "localhost", int(os.environ.get("PORT", 8000))
            self.setup_environ()

    def serve():
        server = Server(("localhost", 0), Handler, bind_and_activate=False)
        server.socket.close()
        server.socket = bind()
        server.server_bind()
        server.set_app(app)
        server.server_activate()
        notify_ready()
        server.serve_forever()
    return serve
