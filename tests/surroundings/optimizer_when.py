"""When the optimiser is started: never by programs that use little CPU time, whatever is hot in them; soon by one that goes on."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

LXR = pathlib.Path(os.environ["LXR"])
# Recursion is what baseline code is slow at.
PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
__attribute__((noinline)) static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(int argc, char **argv) {
    unsigned sum = 0;
    for (int i = 0; i < atoi(argv[1]); ++i) sum += fib(24);
    for (int i = 0; i < atoi(argv[2]); ++i) {
        if (fork() == 0) _exit(0);
        wait(NULL);
        sum += fib(20);
    }
    printf("%u\\n", sum);
    return 0;
}
"""
wrong = []


def run(lxr, *arguments):
    """What became of the program: how many regions were made, the CPU time it used, which with that of lxr's children is that of this
    process's children, and what lxr told."""
    before = os.times()
    ran = subprocess.run([lxr, "--stat", "--log=jit", "./when", *arguments], capture_output=True, text=True)
    after = os.times()
    expected = subprocess.run(["./when", *arguments], capture_output=True, text=True, check=True).stdout
    if (ran.returncode, ran.stdout) != (0, expected):
        wrong.append(f"{arguments}: {ran}")
    regions = re.search(r"optimizing: (\d+) regions", ran.stderr)
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return int(regions[1]) if regions else 0, used, ran.stderr


pathlib.Path("when.c").write_text(PROGRAM)
subprocess.run(["gcc", "-O1", "-o", "when", "when.c"], check=True)

# Beside an optimiser that tells when it was started, and is of no use.
folder = pathlib.Path("telling")
folder.mkdir(exist_ok=True)
lxr = folder / "lxr"
shutil.copy(LXR, lxr)
told = folder.absolute() / "started"
told.unlink(missing_ok=True)
teller = folder / "lxr-optimizer"
teller.write_text(f"#!/bin/sh\necho >'{told}'\n")
teller.chmod(0o755)
_, used, _ = run(lxr, "100", "0")  # 10 ms natively; 7 million calls are hot enough
if told.exists():
    wrong.append(f"a short program has started the optimiser ({used} s)")
_, used, log = run(lxr, "6000", "0")
if not told.exists():
    wrong.append(f"the optimiser was not started in {used} s:\n{log}")

regions, used, log = run(LXR, "6000", "0")
if regions == 0:
    wrong.append(f"no region was made in {used} s:\n{log}")
run(LXR, "100", "300")  # forks while the thread waits

print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
