"""Files for Azure (data/azure) through `tenfold up` and `tenfold export aca`, and our table of keys against Azure's schema.

What Azure would take is told by a checker beside the checkout, where it is there: ../shared/aca, with the schema, and az
itself in .deps/az (`./bootstrap --test`).
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from service import PUPPET, SOURCE, Service, eventually, is_running, run

FILES = sorted(path for path in (SOURCE / "data/azure").iterdir() if path.suffix in (".yaml", ".json"))
CHECKER = SOURCE.parent / "shared/aca"
SCHEMA = CHECKER / "Microsoft.App.ContainerApps.2025-07-01.json"
AZ_PYTHON = SOURCE / ".deps/az/bin/python"

# Reads exports from standard input, as {name: text}, and prints what is wrong with each.
CHECK_ALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
import check_aca
texts = json.load(sys.stdin)
print(json.dumps({name: list(check_aca.problems(sys.argv[2], text)) for name, text in texts.items()}))
"""


INIT_FAILS = """
properties:
  template:
    initContainers:
    - {name: migrate, command: [sh, -c, "echo no such table >&2; exit 3"]}
    containers:
    - {name: app, command: [sh, -c, "sleep 1000"]}
"""

SIDECAR = """
properties:
  template:
    containers:
    - {name: app}
    - name: keeper-of-keys
      command: [sh, -c, 'echo $$ >> %(directory)s/sidecar-$TENFOLD_REPLICA; exec sleep 1000']
"""


class AzureFile(unittest.TestCase):
    def test_each_runs_at_the_first_try_and_says_in_one_line_at_most_what_is_not_done(self):
        self.assertGreaterEqual(len(FILES), 20)
        for path in FILES:
            with self.subTest(path.name), Service(PUPPET, file=path, replays=False, max_replicas=2,
                                                  concurrency=None) as service:
                self.assertEqual(service.post("/echo", b"hello").status, 200)
                self.assertLessEqual(service.output().count("otherwise than on Azure"), 1)

    def test_a_secret_comes_from_a_flag_the_file_or_the_environment(self):
        path = SOURCE / "data/azure/secrets.yaml"
        with Service(PUPPET, "--secret", "api-key=flagged", file=path) as service:
            said = service.post("/environment").json()
            self.assertEqual([said["API_KEY"], said["DB_PASSWORD"]], ["flagged", "s3cret with spaces"])
            self.assertNotIn("API_KEY is not set", service.output())
        with Service(PUPPET, file=path, env={"API_KEY": "inherited"}) as service:
            self.assertEqual(service.post("/environment").json()["API_KEY"], "inherited")
            self.assertNotIn("API_KEY is not set", service.output())
        with Service(PUPPET, file=path) as service:
            self.assertNotIn("API_KEY", service.post("/environment").json())
            service.says("API_KEY is not set: the secret 'api-key' has no value")


    def test_init_containers_run_before_the_program_and_what_is_in_an_image_is_told(self):
        with Service(PUPPET, file=SOURCE / "data/azure/sidecars.yaml", max_replicas=2) as service:
            self.assertEqual(service.post("/echo", b"hello").status, 200)
            service.says("the sidecar 'cache' is not run: './cache' does not exist")
            service.says("the init container 'migrate' is not run: it has no command")
            service.says("replica 1 is ready")
            said = service.output()
            self.assertLess(said.index("[replica 1] the winter model is fetched"), said.index("replica 1 is ready"))

    def test_an_init_container_that_fails_is_told_with_what_it_said_last(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "app.yaml")
            path.write_text(INIT_FAILS)
            ran = run("up", str(path), "--port", "0", "--admin-port", "0", "--journal", "none", "--quiet")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("no replica starts; the last one could not be started: its init container 'migrate' exited with "
                      "status 3\nno such table\n", ran.stderr)

    def test_a_sidecar_serves_the_program_beside_it_and_comes_back(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "app.yaml")
            path.write_text(SIDECAR % {"directory": directory})
            with Service(PUPPET, file=path, min_replicas=2, max_replicas=2) as service:
                for replica in (1, 2):
                    log = pathlib.Path(directory, f"sidecar-{replica}")
                    pid = eventually(lambda: log.exists() and log.read_text().split(), "the sidecar")[0]
                    os.kill(int(pid), signal.SIGKILL)
                    eventually(lambda: len(log.read_text().split()) == 2, "its second life")
                service.says("replica 2: its sidecar 'keeper-of-keys' was killed by SIGKILL; it is started again in 0.2 s")
                pids = [int(pid) for log in pathlib.Path(directory).glob("sidecar-*") for pid in log.read_text().split()]
                self.assertEqual(service.post("/echo", b"hello").status, 200)
            self.assertEqual([pid for pid in pids if is_running(pid)], [])


class ExportedFile(unittest.TestCase):
    def test_none_is_refused_and_warnings_do_not_go_where_the_file_goes(self):
        for path in FILES:
            ran = run("export", "aca", str(path))
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertNotIn("Azure wants", ran.stdout)
        self.assertIn("limits.yaml:16: properties.template.scale.maxReplicas: Azure takes 1 to 1000",
                      run("export", "aca", str(SOURCE / "data/azure/limits.yaml")).stderr)

    @unittest.skipUnless(SCHEMA.exists() and AZ_PYTHON.exists(), "Azure's checker is not here")
    def test_each_is_one_that_azure_takes(self):
        texts = {path.name: run("export", "aca", str(path)).stdout for path in FILES}
        checked = subprocess.run([AZ_PYTHON, "-c", CHECK_ALL, CHECKER, SCHEMA], input=json.dumps(texts), text=True,
                                 capture_output=True, check=True)
        problems = json.loads(checked.stdout)
        self.assertEqual(len(problems), len(FILES))
        # The one that is there to be refused.
        self.assertEqual(problems.pop("limits.yaml"), [])
        self.assertEqual({name: found for name, found in problems.items() if found}, {})


class Schema(unittest.TestCase):
    @unittest.skipUnless(SCHEMA.exists(), "Azure's schema is not here")
    def test_every_value_of_azures_schema_is_in_our_table(self):
        page = (SOURCE / "docs/azure.md").read_text()
        ours = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
        schema = json.loads(SCHEMA.read_text())
        theirs = set(self.values(schema["resourceDefinitions"]["containerApps"], schema["definitions"]))
        self.assertGreater(len(theirs), 130)
        unknown = {path for path in theirs if not any(path == known or path.startswith((known + ".", known + "["))
                                                      for known in ours)}
        self.assertEqual(unknown, set())
        self.assertGreaterEqual(len(ours), 168)

    def values(self, node, definitions, path=""):
        """The paths of all values, in our notation; a map of anything is one value."""
        while "$ref" in node or "oneOf" in node:
            if "oneOf" in node:
                node = next(one for one in node["oneOf"] if not one.get("$ref", "").endswith("/expression"))
            else:
                node = definitions[node["$ref"].rpartition("/")[2]]
        if node.get("type") == "object" and node.get("properties"):
            for key, value in node["properties"].items():
                yield from self.values(value, definitions, f"{path}.{key}" if path else key)
        elif node.get("type") == "array":
            yield from self.values(node["items"], definitions, path + "[]")
        else:
            yield path


if __name__ == "__main__":
    unittest.main()
