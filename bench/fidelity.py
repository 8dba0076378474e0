"""Live runs beside their simulation: what `tenfold simulate` foretells, with the service times and cold starts that the live journal measured.

Each workload's arrivals are drawn from its spec before anything runs; the client sends by them (open loop, whatever becomes of the requests), and the
simulation gets the same file as its workload. Where a policy looks by the clock, the simulation gets the arrivals from the journal, for the phase of the looks. Nothing else of the live run goes into the simulation but the distributions of service times, by class, and
of cold starts. Replica-seconds are counted from the first arrival until the run's end on both sides.
"""
import random
import time

import journal_facts
import peers

RUNS = 3  # of each workload
SEEDS = 5  # of the simulation: the median; service times are drawn at random from what was measured
GOAL = 0.05
COMPUTES = ["--cpu", 1, "--cores", 2]
ONLY_WAITS = ["--cores", 0]


def poisson(rng, rate, begin, end):
    at = begin + rng.expovariate(rate)
    while at < end:
        yield at
        at += rng.expovariate(rate)


def spans(rng, rates, every):
    """Poisson, one rate after the other."""
    return [at for i, rate in enumerate(rates) if rate > 0 for at in poisson(rng, rate, i * every, (i + 1) * every)]


def alike(times, ms):
    return [(at, ms, "/solve") for at in times]


def two_kinds(rng, times):
    return [(at, 25, "/short") if rng.random() < 0.8 else (at, 150, "/long") for at in times]


def cases():
    """Name, schedule, seconds (none: until the last answer), how the server works, flags of both sides, whether the policy polls."""
    rng = random.Random(4)
    fixed = ["--policy", "slo", "--min-replicas", 2, "--max-replicas", 2, *COMPUTES]
    one_to_two = ["--policy", "slo", "--min-replicas", 1, "--max-replicas", 2, *COMPUTES]
    return [
        ("burst of 100, 2 replicas", alike([0.0] * 100, 100), None, "--spin-ms", fixed, False),
        ("Poisson at 60 %, two kinds, 2 replicas", two_kinds(rng, poisson(rng, 24, 0, 30)), 30, "--spin-ms", fixed, False),
        ("steps, slo 1 to 2", alike(spans(rng, [8, 32, 16], 10), 50), 30, "--spin-ms", one_to_two, False),
        ("on/off, slo 1 to 2", alike(spans(rng, [30, 0, 30, 0], 10), 50), 40, "--spin-ms", one_to_two, False),
        *[(f"waits for others, {policy} 2 to 10", alike(spans(rng, [10, 60, 20], 20), 100), 60, "--sleep-ms",
           ["--policy", policy, "--min-replicas", 2, "--max-replicas", 10, *ONLY_WAITS, *own], policy != "slo")
          for policy, own in (("slo", []), ("aca", []), ("hpa", ["--scale-rule-http-concurrency", 1]), ("knative", []))],
    ]


def live(side, schedule, rows, seconds):
    """Runs the schedule, and what came of it. Leaves the journal."""
    began = time.monotonic()
    result = peers.client(side.port, "--schedule", schedule, "--connections", 100 if rows[-1][0] == 0 else 32)
    if seconds:
        time.sleep(max(0.0, began + seconds + 0.2 - time.monotonic()))
    time.sleep(0.3)  # the journal is written some milliseconds behind
    facts = journal_facts.Facts(side.journal)
    requests = facts.in_order()
    if result["errors"] or len(requests) != len(rows):
        raise SystemExit(f"{side.name}: {result['errors']} errors, {len(requests)} requests of {len(rows)}")
    first = requests[0]["arrived"]
    last = max(request["answered"] for request in requests)
    total = [request["answered"] - request["arrived"] for request in requests]
    wait = [request["dispatched"] - request["arrived"] for request in requests]
    stretch = sum(request["answered"] - request["dispatched"] for request in requests) / (sum(ms for _, ms, _ in rows) / 1000)
    return {"total_p50_s": journal_facts.rank(total, 0.5), "total_p95_s": journal_facts.rank(total, 0.95),
            "makespan_s": last - first,
            "replica_seconds": facts.replica_seconds(first, max(last, first + (seconds or 0))),
            "wait_p50_s": journal_facts.rank(wait, 0.5), "wait_p95_s": journal_facts.rank(wait, 0.95), "client_late_s": result["latest_s"],
            "stretch": stretch}


def simulated(side, workload, seconds, flags):
    runs = []
    for seed in range(1, SEEDS + 1):
        one = journal_facts.simulate("--workload", workload, "--service", f"journal:{side.journal}", "--cold-start", f"journal:{side.journal}",
                                     "--seed", seed, "--concurrency", 1, *(["--duration", f"{seconds}s"] if seconds else []), *flags)
        runs.append({"total_p50_s": one["total"]["p50_s"], "total_p95_s": one["total"]["p95_s"], "makespan_s": one["makespan_s"],
                     "replica_seconds": one["replica_seconds"], "wait_p50_s": one["wait"]["p50_s"], "wait_p95_s": one["wait"]["p95_s"]})
    return {key: peers.median([one[key] for one in runs]) for key in runs[0]}


def once(name, rows, seconds, how, flags, polls):
    """A live run and its simulation."""
    with peers.tenfold(name, "--concurrency", 1, *flags, command=[peers.SERVER, how, 1]) as side:
        schedule = journal_facts.write_schedule(side.directory / "schedule.csv", rows)
        measured = live(side, schedule, rows, seconds)
        workload = f"journal:{side.journal}" if polls else f"trace:{schedule}"
        return {"live": measured, "simulated": simulated(side, workload, seconds, flags)}


def run():
    return {case[0]: [once(*case) for _ in range(RUNS)] for case in cases()}


JUDGED = ["total_p50_s", "total_p95_s", "makespan_s", "replica_seconds"]
SHOWN = [*JUDGED, "wait_p50_s", "wait_p95_s"]


def error(runs, key):
    """The median of the runs' own errors: each is foretold from what was measured in it."""
    return peers.median([run["simulated"][key] / run["live"][key] - 1 for run in runs])


def table(results):
    print(f"fidelity: medians of {RUNS} live runs on 2 cores, each simulated from its own journal's service times (the median of {SEEDS} seeds).\n"
          "A service that took much longer than asked shared its cores with something else, now and then: nothing foretells that.")
    print(f"{'':42}" + "".join(f"{name:>13}" for name in ("total p50", "total p95", "makespan", "replica-s", "wait p50", "wait p95")))
    for name, runs in results.items():
        for side in ("live", "simulated"):
            numbers = "".join(f"{peers.median([run[side][key] for run in runs]):11.3f} s" for key in SHOWN)
            print(f"{name if side == 'live' else '  simulated':42}{numbers}")
        stretch = peers.median([run["live"]["stretch"] for run in runs])
        print(f"{'  error':42}" + "".join(f"{100 * error(runs, key):+11.2f} %" for key in JUDGED)
              + f"{'':13}service took {stretch:.3f} x what was asked")
    worst = max(abs(error(runs, key)) for runs in results.values() for key in JUDGED)
    print(f"largest error {100 * worst:.2f} % (goal: {100 * GOAL:.0f} %)")
