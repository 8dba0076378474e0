#!/usr/bin/env python3
"""The suite's teeth: each patch in mutants/ plants one bug in the core, and the fault simulation must find it.

    find_mutants.py ROOT CXX LINK...     LINK: the objects and libraries of the unmutated fault_simulation

A mutant is compiled by itself and linked before the library that holds the unmutated file. Exit 0 when all are found.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
SEEDS = 40


def patched_files(patch):
    return [line[6:].strip() for line in patch.read_text().splitlines() if line.startswith("+++ b/")]


def build(root, compiler, link, patch, scratch):
    tree = scratch / "tree"
    shutil.copytree(root / "src", tree / "src")
    subprocess.run(["git", "apply", "--whitespace=nowarn", patch.resolve()], cwd=tree, check=True,
                   env={**os.environ, "GIT_CEILING_DIRECTORIES": str(scratch)})
    objects = []
    for number, name in enumerate(patched_files(patch)):
        objects.append(scratch / f"{number}.o")
        subprocess.run([compiler, "-std=c++23", "-O1", "-DNDEBUG", "-w", "-I", tree / "src", "-c", tree / name, "-o", objects[-1]], check=True)
    program = scratch / "mutant"
    subprocess.run([compiler, *objects, *link, "-o", program], check=True)
    return program


def is_found(program):
    """By a broken promise within some seeds: what broke, or nothing."""
    for seed in range(1, SEEDS + 1):
        run = subprocess.run([program, "--gtest_filter=*Shard*/0"], env={**os.environ, "TENFOLD_SEED": str(seed)}, capture_output=True, text=True,
                             timeout=100, check=False)
        if run.returncode != 0:
            told = [line.strip() for line in run.stdout.splitlines() if line.strip().startswith('Which is: "') or "result.broken" in line]
            return f"seed {seed}: {told[-1] if told else f'exit {run.returncode}'}"
    return None


def main(root, compiler, *link):
    missed = 0
    patches = sorted((HERE / "mutants").glob("*.patch"))
    for patch in patches:
        with tempfile.TemporaryDirectory(prefix="tenfold-mutant-") as scratch:
            found = is_found(build(pathlib.Path(root), compiler, link, patch, pathlib.Path(scratch)))
        print(f"{patch.stem:24} {'found by ' + found if found else 'NOT FOUND'}", flush=True)
        missed += found is None
    print(f"{len(patches) - missed} of {len(patches)} mutants found")
    return 1 if missed or not patches else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
