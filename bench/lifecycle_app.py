"""An ordinary FastAPI app that takes a second to import when $IMPORT_S says so. GET /quick answers at once, GET /hold keeps its slot."""
import asyncio
import os
import time

from fastapi import FastAPI

time.sleep(float(os.environ.get("IMPORT_S", 0)))
app = FastAPI()


@app.get("/quick")
async def quick():
    return {}


@app.get("/hold")
async def hold():
    await asyncio.sleep(3600)


def wsgi(environ, start_response):
    """The same for gunicorn."""
    while environ["PATH_INFO"] == "/hold":
        time.sleep(3600)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"{}"]
