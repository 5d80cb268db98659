"""--dump writes the stages of what is at the place that was asked for; --stat, --log=jit and --perf-map call it by the same number."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

LXR = pathlib.Path(os.environ["LXR"])
PROGRAM = """
#include <stdio.h>
#include <unistd.h>
static unsigned sum;
int main(void) {
    for (unsigned i = 0; i < 10000000; ++i) {
        __asm__ volatile(".globl turn\\nturn:");
        sum = sum * 31 + (sum >> 7) + i;
    }
    char byte;
    while (read(0, &byte, 1) > 0) {}  // while the region is compiled
    printf("%u\\n", sum);
    return 0;
}
"""
REGION_STAGES = {"guest", "ir", "lift", "opt", "asm", "obj"}
BLOCK_STAGES = {"guest", "ir", "asm", "obj"}
wrong = []


def check(what, is_right):
    if not is_right:
        wrong.append(what)


def dump(program, *options, has_region=True):
    """What lxr said; of each file: address, tier, number, stage and content; and what --perf-map has written."""
    folder = pathlib.Path("dumped")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    process = subprocess.Popen([LXR, "--hot-after=100", f"--dump-dir={folder}", *options, program],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + (60 if has_region else 0)
    while time.monotonic() < end and not list(folder.glob("*-optimizing-*")):
        time.sleep(0.05)
    out, err = process.communicate()
    check(f"the program: {out}, {err}", process.returncode == 0 and out == expected)
    files = {}
    for file in folder.iterdir():
        match = re.fullmatch(r"0x([0-9a-f]+)-(baseline|optimizing)-([0-9a-f]{16})\.(\w+)", file.name)
        check(f"a file is called {file.name}", match)
        files.setdefault((int(match[1], 16), match[2], match[3]), {})[match[4]] = file.read_bytes()
    return err, files, take_perf_map(process.pid)


def take_perf_map(process):
    """What each piece of code is called, by where it begins."""
    file = pathlib.Path(f"/tmp/perf-{process}.map")
    if not file.exists():
        return {}
    lines = [line.split() for line in file.read_text().splitlines()]
    file.unlink()
    check(f"lines of {file}", all(len(line) == 3 and int(line[1], 16) > 0 for line in lines))
    return {int(begin, 16): name for begin, _, name in lines}


def symbol(program, name):
    lines = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout.splitlines()
    return next(int(line.split()[0], 16) for line in lines if line.split()[-1] == name)


def build(name, *flags):
    subprocess.run(["gcc", "-O1", *flags, "-x", "c", "-", "-o", name], input=PROGRAM, text=True, check=True)
    return f"./{name}"


fixed = build("fixed", "-no-pie")
movable = build("movable", "-pie", "-fPIE")
expected = subprocess.run([fixed], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
turn = symbol(fixed, "turn")

said, files, named = dump(fixed, "--dump=guest,ir,lift,opt,asm,obj", "--dump-at=turn", "--log=jit:debug", "--stat", "--perf-map")
tiers = {tier for _, tier, _ in files}
check(f"tiers: {tiers}", tiers == {"baseline", "optimizing"})
for (address, tier, number), stages in files.items():
    wanted = REGION_STAGES if tier == "optimizing" else BLOCK_STAGES
    check(f"stages of {tier}: {sorted(stages)}", set(stages) == wanted)
    check(f"{tier} does not show the guest's instruction", f"{turn:#x}  ".encode() in stages["guest"])
    check(f"{tier} has no IR", b"set_gpr" in stages["ir"] or b"block at" in stages["ir"])
    if tier == "optimizing":
        check("LLVM IR is none", b"define" in stages["lift"] and b"define" in stages["opt"])
        check("the passes changed nothing", len(stages["opt"]) < len(stages["lift"]))
        words = f"region {number} at {address:#x}: "
        check(f"--log=jit and --stat do not both name it: {said}", said.count(words) >= 2)

check(f"names for perf: {len(named)}", len(named) > 100)
check("perf is told other names", {f"{address:#x}-{tier}-{number}" for address, tier, number in files} <= set(named.values()))

by_address = dump(fixed, "--dump=guest,obj", f"--dump-at={turn:#x}")[1]
check("an address and its symbol differ", {key for key in by_address} == {key for key in files})
check("stages that were not asked for", all(set(stages) == {"guest", "obj"} for stages in by_address.values()))

moved = dump(movable, "--dump=guest,ir,lift,opt,asm,obj", "--dump-at=turn")[1]
again = dump(movable, "--dump=guest", "--dump-at=turn")[1]
check("no region in a program that is loaded anywhere", any(tier == "optimizing" for _, tier, _ in moved))
check("numbers depend on the place", sorted(number for _, _, number in moved) == sorted(number for _, _, number in again))

everything = dump(fixed, "--dump=asm", "--dump-at=all", has_region=False)[1]
check(f"all is {len(everything)}", len(everything) > 100)

said, files, named = dump(fixed, "--dump=asm", "--dump-at=nonsense", has_region=False)
check(f"nonsense: {len(files)} files, {said}", not files and "has no symbol nonsense" in said)
check("perf is told names that were not asked for", not named)

shell = subprocess.run([LXR, "--perf-map", "/bin/bash", "-c", "echo $$; (echo $BASHPID)"], capture_output=True, text=True, check=True)
parent, child = [take_perf_map(process) for process in shell.stdout.split()]
check(f"names in a child of fork: {len(child)}, in its parent: {len(parent)}", parent and child and len(child) < len(parent))

print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
