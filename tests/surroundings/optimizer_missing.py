"""Without the optimiser, or with one of another version, the optimising tier is off: one log line, and the program runs."""

import os
import pathlib
import shutil
import subprocess
import sys

LXR = pathlib.Path(os.environ["LXR"])
COMMAND = ["/bin/echo", "done"]
wrong = []


def run_beside(folder, reason):
    lxr = folder / "lxr"
    shutil.copy(LXR, lxr)
    run = subprocess.run([lxr, "--tier=optimizing", *COMMAND], capture_output=True, text=True)
    lines = run.stderr.splitlines()
    if (run.returncode, run.stdout) != (0, "done\n"):
        wrong.append(f"{reason}: {run}")
    elif len(lines) != 1 or "the optimising tier is off" not in lines[0]:
        wrong.append(f"{reason}: stderr is {run.stderr!r}")


missing = pathlib.Path("missing")
missing.mkdir(exist_ok=True)
run_beside(missing, "no optimiser")

other = pathlib.Path("other")
other.mkdir(exist_ok=True)
double = other / "lxr-optimizer"
double.write_text("""#!/usr/bin/python3 -I
import socket
lxr = socket.socket(fileno=0)
lxr.sendall((2).to_bytes(8, "little") + b"-1")
lxr.recv(1)
""")
double.chmod(0o755)
run_beside(other, "another version")

print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
