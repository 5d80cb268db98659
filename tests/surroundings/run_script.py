"""tools/run, once all is built: passes arguments, standard streams and exit status through, and says nothing itself."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
if os.environ["LXR"] != str(ROOT / "build/release/lxr"):
    print("not the build that tools/run makes")
    sys.exit(0)


def run(*arguments, **keywords):
    return subprocess.run([ROOT / "tools/run", *arguments], capture_output=True, **keywords)


run("/bin/true")  # brings the build up to date, if somebody has edited since it was made
program = run("/bin/sh", "-c", 'cat; echo "$1" >&2; exit 7', "sh", "to stderr", input=b"through stdin\n")
killed = run("/bin/sh", "-c", "kill -TERM $$")
demonstration = run()
wrong = []
if (program.returncode, program.stdout, program.stderr) != (7, b"through stdin\n", b"to stderr\n"):
    wrong.append(f"program: {program}")
if killed.returncode != -15:
    wrong.append(f"killed: {killed}")
if demonstration.returncode != 0 or b'calls itself "LXR"' not in demonstration.stdout or b"translation took" not in demonstration.stderr:
    wrong.append(f"demonstration: {demonstration}")
print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
