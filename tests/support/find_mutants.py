#!/usr/bin/env python3
"""A suite's teeth: each patch in a folder of mutants plants one fault in the product, and the suite must find it.

    find_mutants.py BUILD TARGET FOLDER [NAME...]     NAME: only these mutants

A mutant's files are compiled as the build compiles them and linked before the libraries that hold the unmutated ones.
Then the suite runs one seed after the other, until one fails. What stands above a patch's first `---` says what is
planted; a line `Seeds: 10` there, within how many seeds it must be found. Exit 0 when all are found.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

SEEDS = 40
CACHE = [found] if (found := shutil.which("ccache")) else []
SECONDS = 60  # of one seed: a mutant that does not end is found as well


def patched_files(patch):
    return [line[6:].strip() for line in patch.read_text().splitlines() if line.startswith("+++ b/")]


def stated_seeds(patch):
    stated = re.search(r"^Seeds: (\d+)$", patch.read_text().split("\n--- ")[0], re.MULTILINE)
    return int(stated[1]) if stated else SEEDS


class Suite:
    """An unmutated test program, and how it was built."""

    def __init__(self, build, target):
        self.build = build
        commands = json.loads((build / "compile_commands.json").read_text())
        self.compile = {command["file"]: shlex.split(command["command"]) for command in commands}
        told = subprocess.run(["ninja", "-C", build, "-t", "commands", "-s", f"tests/{target}"], capture_output=True, text=True, check=True)
        self.link = [word for word in shlex.split(told.stdout) if word not in (":", "&&")]
        self.root = pathlib.Path(next(line.split("=", 1)[1] for line in (build / "CMakeCache.txt").read_text().splitlines()
                                      if line.startswith("CMAKE_HOME_DIRECTORY:")))

    def plant(self, patch, tree):
        """Builds the mutant in `tree`, where it stays: a compiler's cache knows it again."""
        names = patched_files(patch)
        for name in names:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((self.root / name).read_bytes())
        subprocess.run(["git", "apply", "--whitespace=nowarn", "--unidiff-zero", patch.resolve()], cwd=tree, check=True,
                       env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)})
        objects = [self.compile_one(tree, name) for name in names if name.endswith(".cpp")]
        program = tree / "mutant"
        first_object = next(i for i, word in enumerate(self.link) if word.endswith(".o"))
        command = self.link[:first_object] + objects + self.link[first_object:]
        command[command.index("-o") + 1] = str(program)
        subprocess.run(command, cwd=self.build, check=True)
        return program

    def compile_one(self, tree, name):
        made = str((tree / name).with_suffix(".o"))
        command = [str(tree / name) if word == str(self.root / name) else word for word in self.compile[str(self.root / name)]]
        command[command.index("-o") + 1] = made
        command[1:1] = ["-I", str(tree / "src")]
        subprocess.run([*CACHE, *command, "-O1", "-w"], cwd=self.build, check=True)
        return made


def is_found(program, seeds):
    """By a broken promise, or by its end, within so many seeds: what broke, or nothing."""
    for seed in range(1, seeds + 1):
        try:
            run = subprocess.run([program, "--gtest_filter=*Shard*/0"], env={**os.environ, "TENFOLD_SEED": str(seed)}, capture_output=True,
                                 text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f"seed {seed}: it does not end"
        if run.returncode != 0:
            told = [line.strip() for line in run.stdout.splitlines() if line.strip().startswith('Which is: "') or "result.broken" in line]
            return f"seed {seed}: {told[-1] if told else f'exit {run.returncode}'}"
    return None


def main(build, target, folder, *names):
    suite = Suite(pathlib.Path(build).resolve(), target)
    patches = [patch for patch in sorted(pathlib.Path(folder).glob("*.patch")) if not names or patch.stem in names]
    missed = 0
    for patch in patches:
        program = suite.plant(patch, suite.build / "mutants" / target / patch.stem)
        found = is_found(program, stated_seeds(patch))
        print(f"{patch.stem:32} {'found by ' + found if found else 'NOT FOUND'}", flush=True)
        missed += found is None
    print(f"{len(patches) - missed} of {len(patches)} mutants found")
    return 1 if missed or not patches else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
