#!/usr/bin/env python3
"""What one processor recorded, another replays to the same bytes: libm chooses its functions by what the processor has.

    portable_replay.py PROGRAM
"""
import os
import pathlib
import subprocess
import sys
import tempfile

# glibc before 2.33 knows the _Usable names, later ones the others. Names that it does not know are ignored.
WITHOUT = ",".join(f"-{name}" for name in ("AVX", "AVX2", "FMA", "FMA4", "AVX512F", "AVX_Usable", "AVX2_Usable", "FMA_Usable", "FMA4_Usable"))


def main(program):
    with tempfile.TemporaryDirectory() as scratch:
        record = pathlib.Path(scratch) / "steps"
        subprocess.run([program, "record", record], check=True)
        for tunables in ("", f"glibc.cpu.hwcaps={WITHOUT}"):
            replay = subprocess.run([program, "replay", record], env={**os.environ, "GLIBC_TUNABLES": tunables}, check=False)
            if replay.returncode != 0:
                return f"the replay differs with GLIBC_TUNABLES='{tunables}'"
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
