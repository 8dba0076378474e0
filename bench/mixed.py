"""A mixed burst, 80 requests of 20 ms and 20 of 1 s, shuffled, on two cores: the queue's order `shortest` beside `fifo`, live and simulated.

A request's class is its path, /short or /long, and nobody tells how long a class takes: four of each come before, and teach it. The simulation runs the same
two bursts in one trace; what it says of both together less what it says of the first alone is the second.

A burst at one instant does not try the aging. So a third run, simulated, has more short requests than two replicas can do, for a minute, and ten long ones
in their first second.
"""
import pathlib
import random
import tempfile
import time

import journal_facts
import peers

RUNS = 3
SHORT, LONG = ("/short", 20), ("/long", 1000)
TEACHING = [SHORT, LONG] * 4
ORDERS = ["fifo", "shortest"]
GOAL = 0.45
SLOTS = 2
AGING = 0.1  # its default
FLAGS = ["--policy", "slo", "--min-replicas", SLOTS, "--max-replicas", SLOTS, "--concurrency", 1, "--cpu", 1, "--cores", SLOTS]
CROWDS = [("fifo", "fifo", AGING), ("shortest", "shortest", AGING), ("shortest, hardly aging", "shortest", 1e-6)]
REST_S = 60.0  # between the two bursts of a simulation

CROWD_RATE, CROWD_S, CROWD_LONGS, CROWD_LONGS_AT = 110, 60, 10, 0.5


def mixed(seed):
    kinds = [SHORT] * 80 + [LONG] * 20
    random.Random(seed).shuffle(kinds)
    return kinds


def at(moment, kinds):
    return [(moment, ms, path) for path, ms in kinds]


def live(order, kinds):
    with peers.tenfold(f"tenfold, {order}", "--queue-order", order, *FLAGS, command=[peers.SERVER]) as side:
        for burst in (TEACHING, kinds):
            schedule = journal_facts.write_schedule(side.directory / "schedule.csv", at(0.0, burst))
            result = peers.client(side.port, "--schedule", schedule, "--connections", len(burst))
            if result["errors"]:
                raise SystemExit(f"{side.name}: {result['errors']} errors")
            time.sleep(0.3)  # the journal is written some milliseconds behind
        requests = journal_facts.Facts(side.journal).in_order()[len(TEACHING):]
        first = min(request["arrived"] for request in requests)
        return {"mean_s": sum(request["answered"] - first for request in requests) / len(requests),
                "longest_wait_s": max(request["dispatched"] - request["arrived"] for request in requests),
                "makespan_s": max(request["answered"] for request in requests) - first}


def total_s(run):
    return run["total"]["mean_s"] * run["requests"]


def simulated(order, kinds, directory):
    rows = at(0.0, TEACHING) + at(REST_S, kinds)
    trace = journal_facts.write_schedule(directory / "mixed.csv", rows, with_service=True)
    flags = ["--workload", f"trace:{trace}", "--cold-start", "constant:10ms", "--queue-order", order, *FLAGS]
    both = journal_facts.simulate(*flags)
    teaching = journal_facts.simulate(*flags, "--requests", len(TEACHING))
    return {"mean_s": (total_s(both) - total_s(teaching)) / len(kinds), "longest_wait_s": both["wait"]["max_s"],
            "makespan_s": both["makespan_s"] - REST_S}


def crowd(order, aging, directory):
    shorts = [(REST_S + i / CROWD_RATE, SHORT[1], SHORT[0]) for i in range(CROWD_RATE * CROWD_S)]
    rows = at(0.0, TEACHING) + sorted(shorts + at(REST_S + CROWD_LONGS_AT, [LONG] * CROWD_LONGS))
    trace = journal_facts.write_schedule(directory / "crowd.csv", rows, with_service=True)
    run = journal_facts.simulate("--workload", f"trace:{trace}", "--cold-start", "constant:10ms", "--queue-order", order, "--queue-aging", f"{aging:.6f}",
                                 *FLAGS)
    return {"longest_wait_s": run["wait"]["max_s"], "mean_s": run["total"]["mean_s"]}


def crowd_bound_s():
    """A long request is overtaken only by short ones that come within (their difference) / aging after it, so it starts when these and all the long ones
    are done, at the latest."""
    ahead_until = CROWD_LONGS_AT + (LONG[1] - SHORT[1]) / 1000 / AGING
    work_ahead = (ahead_until * CROWD_RATE * SHORT[1] + CROWD_LONGS * LONG[1]) / 1000
    return max(ahead_until, work_ahead / SLOTS) - CROWD_LONGS_AT


def burst_bound_s(kinds):
    """All come at once: the last starts when all others are shared out, at the latest."""
    return (sum(ms for _, ms in kinds) - SHORT[1]) / 1000 / SLOTS


def run():
    lives = {order: [] for order in ORDERS}
    sims = {order: [] for order in ORDERS}
    with tempfile.TemporaryDirectory(prefix="tenfold-bench-") as scratch:
        directory = pathlib.Path(scratch)
        for seed in range(1, RUNS + 1):
            kinds = mixed(seed)
            for order in ORDERS:
                lives[order].append(live(order, kinds))
                sims[order].append(simulated(order, kinds, directory))
        crowds = {name: crowd(order, aging, directory) for name, order, aging in CROWDS}
    middle = {}
    for name, runs in (("live", lives), ("simulated", sims)):
        middle[name] = {order: {key: peers.median([one[key] for one in runs[order]]) for key in runs[order][0]} for order in ORDERS}
    return {**middle, "crowd": crowds, "burst_bound_s": burst_bound_s(mixed(1)), "crowd_bound_s": crowd_bound_s()}


def table(rows):
    print(f"mixed: 80 requests of 20 ms and 20 of 1 s at once, shuffled, 2 replicas on 2 cores, classes learned from 8 requests before; "
          f"medians of {RUNS} shuffles")
    print(f"{'':32}{'mean':>9}{'x fifo':>9}{'longest wait':>14}{'bound':>10}{'makespan':>11}")
    for name in ("live", "simulated"):
        for order in ORDERS:
            row = rows[name][order]
            print(f"{name + ', ' + order:32}{row['mean_s']:7.3f} s{row['mean_s'] / rows[name]['fifo']['mean_s']:9.3f}{row['longest_wait_s']:12.3f} s"
                  f"{rows['burst_bound_s']:8.2f} s{row['makespan_s']:9.3f} s")
    print(f"goal: a mean of at most {GOAL} x fifo's")
    print(f"crowd, simulated: {CROWD_RATE} short requests a second for {CROWD_S} s, more than two replicas can do, "
          f"and {CROWD_LONGS} long ones at {CROWD_LONGS_AT} s; aging {AGING}")
    for name, row in rows["crowd"].items():
        bound = f"{rows['crowd_bound_s']:8.2f} s" if name == "shortest" else ""
        print(f"{'crowd, ' + name:32}{row['mean_s']:7.3f} s{row['mean_s'] / rows['crowd']['fifo']['mean_s']:9.3f}{row['longest_wait_s']:12.3f} s{bound}")
