"""Which items to pack: an ordinary FastAPI app, which knows nothing of Tenfold."""
import time
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

app = FastAPI(title="knapsack")


class Item(BaseModel):
    name: str
    weight: int = Field(gt=0, le=100_000)
    value: float = Field(ge=0)


class Knapsack(BaseModel):
    capacity: int = Field(ge=0, le=100_000)
    items: list[Item] = Field(max_length=1_000)


class Packing(BaseModel):
    value: float
    weight: int
    packed: list[str]


@app.post("/solve")
def solve(problem: Knapsack) -> Packing:
    """The most valuable items that fit together, by dynamic programming over the capacity."""
    best = [0.0] * (problem.capacity + 1)
    takes = []
    for item in problem.items:
        taken = [False] * (problem.capacity + 1)
        for room in range(problem.capacity, item.weight - 1, -1):
            value = best[room - item.weight] + item.value
            if value > best[room]:
                best[room], taken[room] = value, True
        takes.append(taken)

    room, packed = problem.capacity, []
    for item, taken in zip(reversed(problem.items), reversed(takes)):
        if taken[room]:
            packed.append(item.name)
            room -= item.weight
    return Packing(value=best[problem.capacity], weight=problem.capacity - room, packed=packed[::-1])


@app.post("/spin")
def spin(ms: Annotated[int, Query(ge=0, le=60_000)] = 100) -> float:
    """Uses `ms` milliseconds of CPU time, as a solver of known cost would: for load tests."""
    end = time.thread_time() + ms / 1000
    while time.thread_time() < end:
        pass
    return ms
