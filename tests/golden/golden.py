"""Compares the host code that lxr-dump shows for the cases of cases.S with the text in NAME.txt.

golden.py --lxr-dump FILE [--update]   --update writes the files anew: what changed is then a diff to be reviewed.
"""

import argparse
import difflib
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent


def cases():
    """Name and bytes of each case, in the order of the file."""
    with tempfile.TemporaryDirectory() as scratch:
        assembled, flat = pathlib.Path(scratch, "cases.o"), pathlib.Path(scratch, "cases.bin")
        # Each label is a branch target only: no relocation may remain, so the linker need not run.
        subprocess.run(["gcc", "-c", "-x", "assembler", FOLDER / "cases.S", "-o", assembled], check=True)
        subprocess.run(["objcopy", "-O", "binary", "-j", ".text", assembled, flat], check=True)
        symbols = subprocess.run(["nm", "--numeric-sort", assembled], check=True, capture_output=True, text=True).stdout
        code = flat.read_bytes()
    labels = [(int(line.split()[0], 16), line.split()[2]) for line in symbols.splitlines()]
    for (begin, name), (end, _) in zip(labels, labels[1:]):
        yield name, code[begin:end]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lxr-dump", default=ROOT / "build/release/lxr-dump")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    names, wrong = set(), False
    for name, code in cases():
        dump = subprocess.run([arguments.lxr_dump, "--host", code.hex()], check=True, capture_output=True, text=True).stdout
        file = FOLDER / f"{name}.txt"
        names.add(file.name)
        if arguments.update:
            file.write_text(dump)
        reviewed = file.read_text() if file.exists() else ""
        difference = list(difflib.unified_diff(reviewed.splitlines(), dump.splitlines(), f"reviewed {file.name}", "now", lineterm=""))
        print("\n".join(difference), end="\n" if difference else "")
        wrong |= bool(difference)
    for file in sorted({file.name for file in FOLDER.glob("*.txt")} - names):
        print(f"{file}: no case of cases.S has this name")
        wrong = True
    if wrong:
        print("If the new code is what it shall be: tests/golden/golden.py --update, and review the diff.")
    sys.exit(1 if wrong else 0)


main()
