"""The child of a fork has its parent's regions: it enters them without having any made."""

import os
import pathlib
import re
import subprocess
import sys

LXR = os.environ["LXR"]
CALLS = 50
PROGRAM = f"""
#include <glob.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
__attribute__((noinline)) static unsigned fib(unsigned n) {{ return n < 2 ? n : fib(n - 1) + fib(n - 2); }}
int main(int argc, char **argv) {{
    unsigned sum = 0;
    glob_t found;
    const time_t begin = time(NULL);
    while (glob(argv[1], 0, NULL, &found) != 0 && time(NULL) - begin < 60) sum += fib(15);
    for (const clock_t written = clock(); clock() - written < CLOCKS_PER_SEC / 4;) sum += fib(15);
    const pid_t child = fork();
    if (child != 0) return wait(NULL) != child;
    for (int i = 0; i < {CALLS}; ++i) sum += fib(15);
    return sum == 0;
}}
"""

subprocess.run(["gcc", "-O1", "-static", "-x", "c", "-", "-o", "program"], input=PROGRAM, text=True, check=True)
folder = pathlib.Path("written")
folder.mkdir(exist_ok=True)
for file in folder.iterdir():
    file.unlink()
run = subprocess.run([LXR, "--stat", "--hot-after=100", "--dump=asm", "--dump-at=fib", f"--dump-dir={folder}", "./program",
                      f"{folder}/*-optimizing-*"], capture_output=True, text=True)
made = re.findall(r"optimizing: (\d+) regions", run.stderr)
took = re.findall(r"optimizing: (\S+) ms of CPU time", run.stderr)
entered = [int(number) for number in re.findall(r"optimizing: entered (\d+) times", run.stderr)]
wrong = []
if run.returncode != 0 or len(made) != 2:
    wrong = ["it does not run or does not say everything"]
else:  # the child ends first
    # What is being made at the fork is made in the parent.
    if float(took[0]) > float(took[1]) or int(made[0]) > int(made[1]):
        wrong.append("the child has regions made")
    if entered[0] < entered[1] + CALLS:
        wrong.append("the child does not enter its parent's regions")
if wrong:
    print("\n".join(wrong), run, sep="\n")
sys.exit(1 if wrong else 0)
