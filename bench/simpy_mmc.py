"""SimPy's M/M/c: python simpy_mmc.py RATE SERVICE_S SERVERS REQUESTS. Prints the mean wait and the CPU seconds that it took."""
import json
import random
import sys
import time

import simpy


def customer(world, servers, rng, service_s, waits):
    arrived = world.now
    with servers.request() as slot:
        yield slot
        waits.append(world.now - arrived)
        yield world.timeout(rng.expovariate(1 / service_s))


def arrivals(world, servers, rng, rate, service_s, requests, waits):
    for _ in range(requests):
        yield world.timeout(rng.expovariate(rate))
        world.process(customer(world, servers, rng, service_s, waits))


def main():
    rate, service_s, count, requests = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    began = time.process_time()
    world = simpy.Environment()
    waits = []
    world.process(arrivals(world, simpy.Resource(world, capacity=count), random.Random(1), rate, service_s, requests, waits))
    world.run()
    print(json.dumps({"wait_s": sum(waits) / len(waits), "cpu_s": time.process_time() - began}))


main()
