"""The block of README that shows `./run`, a live burst on the built-in solver, against such a burst.

    live.py --check     exit 0 if each of its lines has the words of a line that is printed now
    live.py --write     writes what is printed now: on an idle machine of two cores

Times, counts, ports and bars differ from run to run: a line is compared by its words. What was decided depends on how
fast the machine is, and is not compared.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import blocks

MODEL = blocks.SOURCE / "data/models/ft06.lp"
CORES = 2

# What differs between two runs, and what stands for it.
VARIES = [(re.compile(r"`[^`]*tenfold solver`"), "`tenfold solver`"), (re.compile(r"[▁▂▃▄▅▆▇█]+"), "="),
          (re.compile(r"\d+(?:[.,:]\d+)*"), "#"), (re.compile(r"# (?:ms|s)\b"), "# s"),
          (re.compile(r"replicas? #(?:, #)*"), "replica #"),
          (re.compile(r"\s+"), " "), (re.compile(r"#: #(?: #: #)*"), "#: #")]
DECISION = re.compile(r"^ +[\d.]+ s +\d+ (?:waits?: |more looks)|^No further replica was started")
# What would have helped depends on it likewise.
ADVICE = re.compile(r"^The same requests, decided|^  (?:under|on Azure|with) .* instead of |^    tenfold simulate |^No other settings")


def words(line):
    for pattern, stands in VARIES:
        line = pattern.sub(stands, line)
    return line.strip()


def tenfold(*arguments, directory):
    # Where a line is broken would depend on its numbers.
    ran = subprocess.run([blocks.TENFOLD, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                         env={**os.environ, "COLUMNS": "1000"}, cwd=directory)
    if ran.returncode != 0:
        raise SystemExit(f"tenfold {' '.join(arguments)} ended with {ran.returncode}:\n{ran.stdout}")
    return ran.stdout


def burst(directory):
    """As ./run does it, on two cores."""
    journal = "run"
    environment = {**os.environ, "XDG_STATE_HOME": directory}
    service = subprocess.Popen([blocks.TENFOLD, "up", "--min-replicas", "2", "--max-replicas", "10", "--cores", str(CORES),
                                "--port", "0", "--admin-port", "0", "--journal", journal, "--quiet"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment, cwd=directory)
    try:
        url = service.stdout.readline().removeprefix("ready: ").strip()
        load = tenfold("load", f"{url}/solve", "--burst", "100", "--data", f"@{MODEL}", "--expect-json", "status=optimal",
                       "--expect-json", "objective=55", directory=directory)
    finally:
        service.send_signal(signal.SIGINT)
        service.wait()
    return load + tenfold("explain", journal, directory=directory)


def main():
    page = blocks.Page(blocks.SOURCE / "README.md")
    block = next(block for block in page.blocks if block.comment == "<!-- live -->")
    with tempfile.TemporaryDirectory() as directory:
        printed = burst(directory).splitlines()
    if sys.argv[1:] == ["--write"]:
        page.lines[block.begin:block.end] = [line.rstrip() for line in printed]
        page.path.write_text("\n".join(page.lines))
        return 0
    # A replica's line goes on with how long it waited for CPU where others compute at the same time.
    now = {words(line.partition(", waited for CPU ")[0]) for line in printed}
    missing = [line for line in block.lines() if words(line) not in now and not DECISION.match(line) and not ADVICE.match(line)]
    if missing:
        print("No line has the words of:", *missing, "\nThis was printed:", *printed, sep="\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
