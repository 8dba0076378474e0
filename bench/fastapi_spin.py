"""An ordinary FastAPI app whose solve() takes 100 ms of CPU."""
import time

from fastapi import FastAPI

app = FastAPI()


@app.post("/solve")
async def solve():
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return {"answer": 42}
