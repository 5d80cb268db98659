"""Mutated program headers: whatever the file says, lxr ends as the kernel lets the program end, or refuses with its one line
where the kernel refuses. The seed is printed; set LXR_TEST_SEED to repeat a run, LXR_TEST_MUTANTS for more of them."""

import errno
import os
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "driver"))
import elf_files

DYNAMIC_LOADER = b"/lib64/ld-linux-x86-64.so.2"
INTERESTING = [0, 1, 2, 3, 4, 6, 7, 0x10, 0x38, 0x40, 0x7f, 0x80, 0xff]
HEADERS_BYTES = elf_files.HEADER_BYTES + 2 * elf_files.PROGRAM_HEADER_BYTES
# What an ill-made image dies of depends on what happens to lie beside it.
CRASHES = {-4, -7, -11}


def mutant(dice):
    data = bytearray(elf_files.program(interpreter=dice.choice([None, None, DYNAMIC_LOADER])))
    for _ in range(dice.randint(1, 4)):
        # Not the identification: those are cases of their own in wrong_input.py.
        data[dice.randrange(16, HEADERS_BYTES)] = dice.choice([dice.randrange(256), dice.choice(INTERESTING)])
    if dice.random() < 0.2:
        del data[dice.randrange(HEADERS_BYTES, len(data)):]
    return bytes(data)


def end_of(command):
    """Exit status (negative: signal) and standard error, or the errno of an execve that failed."""
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        return result.returncode, result.stderr
    except subprocess.TimeoutExpired:
        return "hangs", b""
    except OSError as failure:
        return errno.errorcode[failure.errno], b""


def complaint(native, lxr, line):
    refused = lxr in (126, 127) and line.startswith(b"lxr: ") and line.count(b"\n") == 1
    if isinstance(native, str):
        return None if refused else f"the kernel says {native}, lxr ended with {lxr} {line}"
    # The kernel kills what it can no longer refuse; lxr may know better in time.
    if native == lxr or {native, lxr} <= CRASHES or (native < 0 and refused):
        return None
    return f"natively {native}, under lxr {lxr} {line}"


seed = int(os.environ.get("LXR_TEST_SEED", "1"))
print(f"seed {seed}")
dice = random.Random(seed)
path = pathlib.Path("mutant").resolve()
failures = 0
for number in range(int(os.environ.get("LXR_TEST_MUTANTS", "150"))):
    path.write_bytes(mutant(dice))
    path.chmod(0o755)
    wrong = complaint(end_of([str(path)])[0], *end_of([os.environ["LXR"], str(path)]))
    if wrong:
        failures += 1
        kept = path.with_name(f"mutant-{seed}-{number}")
        kept.write_bytes(path.read_bytes())
        print(f"{kept}: {wrong}")
sys.exit(1 if failures else 0)
