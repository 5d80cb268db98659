"""Seen from outside, a process under lxr has no page that is writable and executable, none that is executable in the guest's
window, and nothing of lxr below the boundary."""

import os
import subprocess
import sys

BOUNDARY = 0x7E9000000000

process = subprocess.Popen([os.environ["LXR"], "/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
process.stdin.write(b"up and running\n")
process.stdin.flush()
process.stdout.readline()
wrong = []
with open(f"/proc/{process.pid}/maps") as maps:
    for line in maps:
        begin = int(line.split("-")[0], 16)
        rights = line.split()[1]
        if begin >= 1 << 63:  # the kernel's own vsyscall page
            continue
        if "w" in rights and "x" in rights:
            wrong.append("writable and executable: " + line)
        if begin < BOUNDARY and "x" in rights:
            wrong.append("executable guest memory: " + line)
        if begin < BOUNDARY and line.rstrip().endswith(os.environ["LXR"]):
            wrong.append("lxr in the guest's window: " + line)
process.stdin.close()
process.wait()
print("".join(wrong), end="")
sys.exit(1 if wrong else 0)
