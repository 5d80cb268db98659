"""--check runs each block in the interpreter too: real programs run as always, and no block differs."""

import os
import subprocess
import sys

LXR = os.environ["LXR"]
PROGRAMS = [
    ["/bin/ls", "/"],
    ["/bin/sh", "-c", "for i in 1 2 3; do echo $i | sed s/1/x/; done"],
    ["/usr/bin/perl", "-e", "printf('%.3f %s', sqrt(2), join(',', sort {$b <=> $a} 1 .. 50))"],
    ["/usr/bin/seq", "-w", "0.5", "0.25", "20"],  # long double
]
wrong = []
for program in PROGRAMS:
    native = subprocess.run(program, capture_output=True)
    for tier in ["baseline", "baseline-ir"]:
        checked = subprocess.run([LXR, "--check", f"--tier={tier}", *program], capture_output=True)
        if (checked.returncode, checked.stdout, checked.stderr) != (native.returncode, native.stdout, native.stderr):
            wrong.append(f"{program} in {tier}: {checked}")
print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
