"""What the story of a large journal takes: time and memory of `tenfold explain`, the time that one request's life takes, and how long a browser draws the page."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import peers

SIZES = [100_000, 1_000_000]
LONG = 10_000_000
PAGE_OF = 100_000
GOAL_S, GOAL_MIB, GOAL_PAGE_S = 20, 300, 2
CHROMIUM = shutil.which("chromium")


def measured(*words, output=subprocess.DEVNULL):
    """Wall time in seconds and peak memory in MiB of a command."""
    began = time.monotonic()
    process = subprocess.Popen([str(word) for word in words], stdout=output)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))} failed")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def make_journal(directory, requests):
    """Ten replicas that are busy to 75 %, as in `bench/run sim`: two steps of the core for each request."""
    measured(peers.TENFOLD, "simulate", "--workload", "poisson:rate=15", "--service", "exponential:mean=500ms", "--policy", "slo",
             "--requests", requests, "--journal", directory, "--json")


def draw(page, directory):
    """How long the browser takes to show the page, less what it takes to show an empty one: the best of three each."""
    empty = pathlib.Path(directory, "empty.html")
    empty.write_text("<!doctype html>")

    def once(file):
        took, _ = measured(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={directory}/page.png",
                           "--window-size=1200,1600", f"file://{file}", output=subprocess.DEVNULL)
        return took

    return min(once(page) for _ in range(3)) - min(once(empty) for _ in range(3))


def explain(requests):
    with tempfile.TemporaryDirectory(prefix="tenfold-bench-") as directory:
        journal = f"{directory}/journal"
        make_journal(journal, requests)
        page = f"{directory}/page.html"
        took, mib = measured(peers.TENFOLD, "explain", journal, "--html", page)
        result = {"requests": requests, "journal_mib": sum(file.stat().st_size for file in pathlib.Path(journal).iterdir()) / 2**20,
                  "seconds": took, "peak_mib": mib, "page_kib": os.path.getsize(page) / 1024}
        result["one_s"], _ = measured(peers.TENFOLD, "explain", journal, "--request", requests // 2)
        if requests == PAGE_OF and CHROMIUM:
            result["drawn_s"] = draw(page, directory)
        return result


def run(is_long=False):
    return [explain(requests) for requests in [*SIZES, *([LONG] if is_long else [])]]


def table(results):
    print(f"{'requests':>12}{'journal':>13}{'time':>10}{'peak memory':>14}{'--request':>12}{'page':>11}{'drawn in':>11}")
    for r in results:
        drawn = f"{r['drawn_s']:.2f} s" if "drawn_s" in r else ""
        print(f"{r['requests']:>12,}{r['journal_mib']:>9.0f} MiB{r['seconds']:>8.2f} s{r['peak_mib']:>10.1f} MiB"
              f"{r['one_s']:>10.2f} s{r['page_kib']:>7.0f} KiB{drawn:>11}".rstrip())
    print(f"goal: {LONG:,} requests in {GOAL_S} s and {GOAL_MIB} MiB; the page of {PAGE_OF:,} drawn in {GOAL_PAGE_S} s")
