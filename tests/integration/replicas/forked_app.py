"""Apps for `tenfold up --python`: ASGI (app) and WSGI (wsgi). $FORKED_FAULT is what goes wrong at the import: throws,
thread, connection."""
import json
import os
import random
import socket
import threading

import tenfold

FAULT = os.environ.get("FORKED_FAULT", "")
if FAULT == "throws":
    raise RuntimeError("model.bin is missing")
if FAULT == "thread":
    threading.Thread(target=threading.Event().wait, name="model-cache", daemon=True).start()
if FAULT == "connection":
    listening = socket.create_server(("127.0.0.1", 0))
    connection = socket.create_connection(listening.getsockname())

LOADED_BY = os.getpid()
HOOKS = []


@tenfold.after_fork
def hook():
    HOOKS.append(os.getpid())


def about():
    return json.dumps({"pid": os.getpid(), "loaded_by": LOADED_BY, "hooks": HOOKS, "session": os.getsid(0), "random": random.random(),
                       "TENFOLD_REPLICA": os.environ["TENFOLD_REPLICA"]}).encode()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": about()})


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [about()]
