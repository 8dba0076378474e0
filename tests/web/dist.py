"""That web/dist, which Tenfold embeds, is what npm builds from web/src.

    dist.py WEB       exit 0, 1 with what differs, or 77 where npm or the packages of web/package-lock.json are not
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def main(web):
    node = shutil.which("node")
    if not node or not (web / "node_modules/esbuild").exists():
        print("skipped: run ./bootstrap --test, which installs npm and what web/package-lock.json names")
        return SKIPPED
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([node, web / "build.mjs", scratch], check=True)
        built, committed = files_of(pathlib.Path(scratch)), files_of(web / "dist")
    differing = sorted(name for name in built.keys() | committed.keys() if built.get(name) != committed.get(name))
    for name in differing:
        print(f"web/dist/{name} is not what `npm run build` in web/ makes of web/src")
    return 1 if differing else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
