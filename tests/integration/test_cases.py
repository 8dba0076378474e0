"""What others' tests and corpora pose to an HTTP server and a proxy, where their cases are at hand.

They lie in ../shared/cases beside the checkout, or where $TENFOLD_HTTP_CASES says, with their own runner, which judges what
reaches a replica and a client. Our own cases of each kind are in tests/unit/http.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from service import IS_SANITIZED, SOURCE, TENFOLD

CASES = pathlib.Path(os.environ.get("TENFOLD_HTTP_CASES", SOURCE.parent / "shared/cases"))

# An open head behind two empty lines, which the runner wants refused before it has come to its end, while the same two
# empty lines before a whole head are to be taken.
CONTRADICTORY = {131}


@unittest.skipUnless((CASES / "http.json").exists(), f"skipped: there are no cases in {CASES}")
class Cases(unittest.TestCase):
    def check(self, side):
        with tempfile.TemporaryDirectory(prefix="tenfold-cases-") as scratch:
            for file in CASES.iterdir():
                if file.is_file():
                    shutil.copyfile(file, pathlib.Path(scratch, file.name))
            cases = [case for case in json.loads((CASES / "http.json").read_text())
                     if case["side"] == side and case["id"] not in CONTRADICTORY]
            pathlib.Path(scratch, "side.json").write_text(json.dumps(cases))
            ran = subprocess.run([sys.executable, "run_cases.py", "--tenfold", str(pathlib.Path(TENFOLD).resolve()), "side.json"],
                                 cwd=scratch, capture_output=True, text=True, timeout=1200 if IS_SANITIZED else 170)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn(f"{len(cases)} as expected, 0 not", ran.stdout)

    def test_what_clients_send_comes_through_or_is_refused_as_it_should(self):
        self.check("request")

    def test_what_replicas_answer_comes_through_or_is_refused_as_it_should(self):
        self.check("response")


if __name__ == "__main__":
    unittest.main()
