"""The table of dialects: what each way to write a model means, held against SCIP's reader.

dialects/*.txt hold the cases. A case begins with a line

    ### name :: lp|mps :: optimal NUMBER|infeasible|unbounded|refused LINE WORDS [:: warns WORDS] [:: scip ANSWER]

and ends at the next. `refused` names the line (0 for none) and some words of the reason. What is solved must be the same for
SCIP: status, objective and the columns' names; where SCIP is known to read it otherwise or not at all, `scip` says what it
answers (`hangs`: it is not asked). What is refused is not shown to SCIP unless `scip` is there. `dialects.py NAME...` runs those cases alone.
"""
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from pyscipopt import Model

HERE = pathlib.Path(__file__).resolve().parent
TENFOLD = os.environ.get("TENFOLD", str(HERE.parents[1] / "build/release/tenfold"))
PATIENCE_S = 60


class Case:
    def __init__(self, header, lines):
        name, self.format, expected, *more = [part.strip() for part in header.removeprefix("###").split("::")]
        self.name = f"{self.format}: {name}"
        self.expected = expected
        self.text = "\n".join(lines) + "\n"
        notes = dict(note.split(" ", 1) for note in more)
        self.warning = notes.get("warns")
        self.scip = notes.get("scip", "" if expected.startswith("refused") else expected)


def read_cases(path):
    cases, header, lines = [], None, []
    for line in path.read_text(encoding="utf-8").splitlines() + ["###"]:
        if line.startswith("###"):
            if header:
                cases.append(Case(header, lines))
            header, lines = line, []
        else:
            lines.append(line)
    return cases


class Solver:
    """`tenfold solver` by itself on a unix socket."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "solver")
        self.process = subprocess.Popen([TENFOLD, "solver"], env={**os.environ, "TENFOLD_SOCKET": self.path},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while not os.path.exists(self.path):
            assert time.monotonic() < deadline, "the solver does not listen"
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.folder.cleanup()

    def post(self, body, content_type):
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE_S)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE_S)
        connection.sock.connect(self.path)
        connection.request("POST", "/solve", body, {"Content-Type": content_type})
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer


def ask_scip(case):
    """`optimal NUMBER` and so on, or `refuses`; and the names of the columns."""
    with tempfile.NamedTemporaryFile("w", suffix="." + case.format, encoding="utf-8") as file:
        file.write(case.text)
        file.flush()
        model = Model()
        model.hideOutput()
        try:
            model.readProblem(file.name)
            names = {variable.name for variable in model.getVars()}
            model.optimize()
        except Exception:  # whatever it is called, it is no answer
            return "refuses", None
        status = model.getStatus()
        return (f"optimal {model.getObjVal()}" if status == "optimal" else status), names


def same(left, right):
    """True for two answers that are the same but for rounding."""
    left, right = left.split(), right.split()
    if left[:1] != right[:1] or left[:1] != ["optimal"]:
        return left == right
    return abs(float(left[1]) - float(right[1])) <= 1e-6 * max(1, abs(float(right[1])))


def complaint(case, solver):
    """What is wrong with the answers, or None."""
    status, answer = solver.post(case.text.encode(), f"application/{case.format}")
    if case.expected.startswith("refused"):
        _, line, words = case.expected.split(" ", 2)
        if status != 422:
            return f"is not refused: {answer.get('status')} {answer.get('objective')}"
        error = answer["detail"][0]
        seen = (error["loc"] + [0])[1]
        if str(seen) != line or words not in error["msg"]:
            return f"is refused in line {seen}: {error['msg']}"
        names = None
    else:
        if status != 200:
            return f"is refused: {answer}"
        told = f"{answer['status']} {answer['objective']}" if answer["status"] == "optimal" else answer["status"]
        if not same(told, case.expected):
            return f"is told as {told}"
        warnings = answer["warnings"]
        if bool(case.warning) != bool(warnings) or (case.warning and case.warning not in warnings[0]):
            return f"warns {warnings}"
        names = set(answer["columns"]) if answer["columns"] else None
    if case.scip in ("", "hangs"):
        return None
    scip, scip_names = ask_scip(case)
    if not same(scip, case.scip):
        return f"is {scip} for SCIP"
    if scip == told_alike(case) and names and scip_names and names != scip_names:
        return f"has the columns {sorted(names)}, for SCIP {sorted(scip_names)}"
    return None


def told_alike(case):
    return case.scip if same(case.scip, case.expected) else None


def main():
    cases = [case for path in sorted((HERE / "dialects").glob("*.txt")) for case in read_cases(path)]
    chosen = [case for case in cases if not sys.argv[1:] or any(word in case.name for word in sys.argv[1:])]
    assert sys.argv[1:] or len(chosen) >= 120, "the table has lost cases"
    bad = 0
    with Solver() as solver:
        for case in chosen:
            what = complaint(case, solver)
            if what:
                bad += 1
                print(f"{case.name}: {what}\n    wanted: {case.expected}; SCIP: {case.scip or 'not asked'}")
    asked = sum(1 for case in chosen if case.scip not in ("", "hangs"))
    print(f"{len(chosen)} cases, {asked} of them held against SCIP, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
