"""Who is stopped together with the optimiser for longer than that may take does not give it up."""

import os
import pathlib
import signal
import subprocess
import sys
import time

LXR = os.environ["LXR"]
LONGEST_COMPILATION_S = 10  # jit/optimizing/region.h


def family(process):
    """The process and its children, and theirs (proc(5))."""
    children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(member for child in children for member in family(int(child)))]


subprocess.run(["gcc", "-O1", "-static", "-x", "c", "-", "-o", "program"], input="int main(void) { return 0; }\n", text=True, check=True)
lxr = subprocess.Popen([LXR, "--tier=optimizing", "--log=jit", "./program"], stderr=subprocess.PIPE, text=True)
# The first region is there, and the next ones are being made.
line = lxr.stderr.readline()
processes = family(lxr.pid)
# So that lxr is waiting for an answer, and looks at the clock before the answer comes.
for process in reversed(processes):
    os.kill(process, signal.SIGSTOP)
    time.sleep(0.2)
time.sleep(LONGEST_COMPILATION_S + 1)
for process in processes:
    os.kill(process, signal.SIGCONT)
    time.sleep(0.2)
messages = line + lxr.stderr.read()
# lxr, who has started the optimiser, and the optimiser.
is_right = lxr.wait() == 0 and len(processes) > 2 and "region" in line and "too long" not in messages
if not is_right:
    print(lxr.returncode, processes, line, messages[-1000:], sep="\n")
sys.exit(0 if is_right else 1)
