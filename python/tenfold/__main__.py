"""python3 -m tenfold MODULE:APP"""
import gc
import importlib
import os
import sys

import tenfold
from tenfold import servers, zygote


def load(place):
    module, _, attribute = place.partition(":")
    sys.path.insert(0, os.getcwd())
    found = importlib.import_module(module)
    for name in (attribute or "app").split("."):
        found = getattr(found, name)
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python3 -m tenfold MODULE:APP")
    connection = zygote.orders()
    serve = servers.prepare(load(sys.argv[1]))
    if connection is not None:
        errors, warnings = zygote.obstacles()
        for warning in warnings:
            print(warning, file=sys.stderr)
        if errors:
            sys.exit("\n".join(errors))
        gc.freeze()  # or the first collection of each replica would copy what it shares
        zygote.fork_replicas(connection)
    tenfold.run_after_fork()
    serve()


main()
