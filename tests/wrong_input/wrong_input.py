#!/usr/bin/python3
"""Wrong input: what lxr is given, how it must end, and which words its one line on stderr must have. Each case is run with
its output in pipes and on a terminal. Called by ctest (tests/CMakeLists.txt); --list prints the names of the cases."""

import argparse
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "driver"))
import elf_files
import known_failures


@dataclass
class Case:
    name: str
    make: Callable          # writes the file; None: there is none
    exit_codes: set
    words: list             # regular expressions, all in the line; {} stands for the file's path
    arguments: tuple = ("{}",)


def written(content, mode=0o755):
    def make(path):
        path.write_bytes(content)
        path.chmod(mode)
    return make


ELF = elf_files
FOUND, MISSING, USAGE = {126}, {127}, {2}
CASES = [
    # name                       file                                                    exit     words
    Case("missing_file",         None,                                                   MISSING, ["{}", "no such file|not found|does not exist"]),
    Case("missing_folder",       None,                                                   MISSING, ["{}", "no such file|not found|does not exist"], ("{}/a/b",)),
    Case("directory",            lambda path: path.mkdir(),                              FOUND,   ["{}", "directory|folder"]),
    Case("not_executable",       written(ELF.program(), 0o644),                          FOUND,   ["{}", "not executable|permission"]),
    Case("empty",                written(b""),                                           FOUND,   ["{}", "empty"]),
    Case("three_bytes",          written(b"\x7fEL"),                                     FOUND,   ["{}", "ELF|script|short|truncated"]),
    Case("random_bytes",         written(bytes(range(7, 256)) * 40),                     FOUND,   ["{}", "ELF|script"]),
    Case("text_file",            written(b"echo hello\n"),                               FOUND,   ["{}", "ELF|script"]),
    Case("truncated_in_header",  written(ELF.program()[:40]),                            FOUND,   ["{}", "truncated|short|header"]),
    Case("truncated_after_headers", written(ELF.program()[:64 + 56]),                    FOUND,   ["{}", "truncated|past the end|beyond the end|segment"]),
    Case("elf_32_bit",           written(ELF.program(elf_class=1)),                      FOUND,   ["{}", "32-bit"]),
    Case("elf_i386",             written(ELF.program(elf_class=1, machine=3)),           FOUND,   ["{}", "32-bit|i386"]),
    Case("elf_aarch64",          written(ELF.program(machine=183)),                      FOUND,   ["{}", "aarch64|arm64"]),
    Case("elf_riscv",            written(ELF.program(machine=243)),                      FOUND,   ["{}", "risc-?v"]),
    Case("elf_big_endian",       written(ELF.program(data=2)),                           FOUND,   ["{}", "endian"]),
    Case("elf_relocatable",      written(ELF.program(kind=1)),                           FOUND,   ["{}", "relocatable|object"]),
    Case("elf_core",             written(ELF.program(kind=4)),                           FOUND,   ["{}", "core"]),
    Case("missing_interpreter",  written(ELF.program(interpreter=b"/nowhere/ld.so")),    MISSING, ["{}", "/nowhere/ld.so", "-L|sysroot"]),
    Case("interpreter_not_elf",  written(ELF.program(interpreter=b"/etc/passwd")),       FOUND,   ["{}|/etc/passwd", "/etc/passwd", "ELF|not executable|permission"]),
    Case("bad_phentsize",        written(ELF.program(phentsize=55)),                     FOUND,   ["{}", "program header|e_phentsize"]),
    Case("no_program_headers",   written(ELF.program(phnum=0)),                          FOUND,   ["{}", "program header|segment|e_phnum"]),
    Case("phoff_past_end",       written(ELF.program(phoff=1 << 40)),                    FOUND,   ["{}", "program header|e_phoff|truncated"]),
    Case("phoff_wraps",          written(ELF.program(phoff=(1 << 64) - 8)),              FOUND,   ["{}", "program header|e_phoff|truncated"]),
    Case("segment_wraps",        written(ELF.program(memory_size=(1 << 64) - 0x1000)),   FOUND,   ["{}", "segment|memory|address|size"]),
    Case("segment_in_the_host",  written(ELF.program(address=0x7ff000000000)),           FOUND,   ["{}", "address|segment"]),
    Case("script_without_interpreter", written(b"#!/nowhere/shell\necho hello\n"),       {126, 127}, ["{}", "/nowhere/shell"]),
    Case("script_of_a_folder",   written(b"#!/tmp\necho hello\n"),                       FOUND,   ["{}|/tmp", "/tmp"]),
    Case("script_empty_line",    written(b"#!\n"),                                       FOUND,   ["{}", "#!|script|interpreter|ELF"]),
    Case("symlink_loop",         lambda path: path.symlink_to(path),                     FOUND | MISSING, ["{}", "symbolic link|symlink"]),
    Case("unknown_option",       None,                                                   USAGE,   ["--bogus"],                ("--bogus", "{}")),
    Case("option_without_value", None,                                                   USAGE,   ["--tier"],                 ("--tier",)),
    Case("unknown_tier",         None,                                                   USAGE,   ["--tier", "'fast'"],       ("--tier=fast", "{}")),
    Case("unknown_cpu",          None,                                                   USAGE,   ["--cpu", "'v5'", "help"],  ("--cpu=v5", "{}")),
    Case("cpu_with_avx512",      None,                                                   USAGE,   ["--cpu", "'x86-64-v4'", "AVX-512"], ("--cpu=x86-64-v4", "{}")),
    Case("unknown_cpu_feature",  None,                                                   USAGE,   ["--cpu", "'mmx2'", "help"], ("--cpu=host,-mmx2", "{}")),
    Case("no_program",           None,                                                   USAGE,   ["no program", "usage|--help"], ()),
]


def run_in_pipes(command, folder):
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    return result.returncode, result.stdout, result.stderr


def run_on_terminal(command, folder):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    process.wait(timeout=20)
    os.close(theirs)
    try:
        text = os.read(ours, 65536)
    except OSError:  # how a terminal says that nothing is left
        text = b""
    os.close(ours)
    return process.returncode, b"", text.replace(b"\r\n", b"\n")


def complaints(case, path, code, stdout, stderr):
    line = stderr.decode(errors="replace")
    if code not in case.exit_codes:
        yield f"exit code {code}, not one of {sorted(case.exit_codes)}"
    if stdout:
        yield f"something on stdout: {stdout!r}"
    if not line.startswith("lxr: ") or line.count("\n") != 1 or not line.endswith("\n"):
        yield "not exactly one line that begins with 'lxr: '"
    for word in case.words:
        if not re.search(word.replace("{}", re.escape(str(path))), line, re.IGNORECASE):
            yield f"nothing about '{word}'"


def run(case, lxr, scratch):
    folder = scratch / case.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / "file"
    if case.make:
        case.make(path)
    command = [lxr, *(argument.replace("{}", str(path)) for argument in case.arguments)]
    before = set(folder.iterdir())
    for manner in (run_in_pipes, run_on_terminal):
        code, stdout, stderr = manner(command, folder)
        print(f"{manner.__name__}: exit code {code}: {stderr.decode(errors='replace')}", end="")
        for complaint in complaints(case, path, code, stdout, stderr):
            yield f"{manner.__name__}: {complaint}"
    if set(folder.iterdir()) != before:
        yield "files were left in the working directory"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--lxr")
    parser.add_argument("--scratch", type=pathlib.Path)
    parser.add_argument("case", nargs="?")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(case.name for case in CASES))
        return
    (case,) = (case for case in CASES if case.name == arguments.case)
    failures = list(run(case, arguments.lxr, arguments.scratch))
    known_failures.conclude(f"wrong_input/{case.name}", os.environ.get("LXR_TEST_TIER", "auto"), failures)


if __name__ == "__main__":
    main()
