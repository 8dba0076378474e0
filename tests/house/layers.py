#!/usr/bin/env python3
"""The dependency rule, held by reading every #include.

cmake/layers.txt says which folder of src/ may include which. The link line alone cannot enforce it: with one include
root any header can be reached. Also held here: the core includes nothing but the standard library's pure part, and
third-party types stay in the folders that wrap them.

    layers.py ROOT      exit 0, or 1 with one line per breach
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Parts of the standard library and the system that do I/O, look at a clock or start a thread.
IMPURE = {
    "condition_variable", "csignal", "cstdio", "filesystem", "fstream", "future", "iostream", "mutex", "print",
    "random", "semaphore", "shared_mutex", "stop_token", "syncstream", "thread", "ctime", "latch", "barrier",
}
PURE_STANDARD = re.compile(r"^[a-z_]+$")

# Which folders may name a library in their headers. In a .cpp each may use what its link line gives.
HEADER_LIBRARIES = {
    "boost/asio": {"http", "live"},
    "boost/system": {"http"},
    "CLI/": {"cli"},
}
SDK_HEADERS = "include/tenfold"


def read_table(root):
    table = {}
    for line in (root / "cmake/layers.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, allowed = line.partition(":")
            table[name] = set(allowed.split())
    return table


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := INCLUDE.match(line):
            yield number, match[1], match[2]


def breach_of(layer, path, quote, target, table):
    top = target.split("/")[0]
    if quote == '"':
        if top == layer:
            return None
        if top not in table:
            return f"unknown folder '{top}': write the path from src/"
        if top not in table[layer]:
            return f"'{layer}' must not include '{top}' (cmake/layers.txt)"
        return None
    if layer == "core" and (target in IMPURE or not PURE_STANDARD.match(target)):
        return f"the core is pure: <{target}> does not belong there"
    if path.suffix == ".hpp" and "/" in target:
        allowed = [folders for prefix, folders in HEADER_LIBRARIES.items() if target.startswith(prefix)]
        system = target.startswith(("sys/", "netinet/", "arpa/", "linux/"))
        own = target.startswith("tenfold/") and layer in {"sdk", "solver"}
        if not system and not own and not any(layer in folders for folders in allowed):
            return f"third-party <{target}> in a header: keep it in a .cpp"
    return None


def main(root):
    table = read_table(root)
    breaches = []
    for path in sorted((root / "src").rglob("*.?pp")):
        layer = path.relative_to(root / "src").parts[0]
        if layer not in table:
            breaches.append(f"{path}: folder '{layer}' is not in cmake/layers.txt")
            continue
        for number, quote, target in includes(path):
            if reason := breach_of(layer, path, quote, target, table):
                breaches.append(f"{path.relative_to(root)}:{number}: {reason}")
    for path in sorted((root / SDK_HEADERS).rglob("*.hpp")):
        for number, quote, target in includes(path):
            if quote == '"':
                breaches.append(f"{path.relative_to(root)}:{number}: public headers include <tenfold/...> only")
    print("\n".join(breaches) if breaches else "every #include obeys cmake/layers.txt")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
