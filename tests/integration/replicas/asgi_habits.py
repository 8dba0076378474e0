"""What applications under uvicorn and gunicorn do: they fail, block, and compute on when their client has left.

    /work?ms=N      works for N ms on a thread, as a sync `def` does
    /block?ms=N     works for N ms on the event loop, which answers nobody meanwhile
    /fail           raises: a 500, after which uvicorn closes the connection without having said so
    /most           how many ran at once, at most
"""
import threading
import time

from fastapi import FastAPI

app = FastAPI()
lock = threading.Lock()
running = most = 0


def work_for(ms):
    global running, most
    with lock:
        running += 1
        most = max(most, running)
    time.sleep(ms / 1000)
    with lock:
        running -= 1
    return ms


@app.post("/work")
def work(ms: int = 0):
    return work_for(ms)


@app.post("/block")
async def block(ms: int = 0):
    return work_for(ms)


@app.post("/fail")
def fail():
    raise ValueError("as a model that cannot be read")


@app.post("/most")
def at_once():
    return most
