#!/usr/bin/python3
"""Runs one test program natively and under lxr and compares all that can be seen of it: standard output, standard error,
wait status and the files it left. Called by ctest (tests/CMakeLists.txt); by hand: compare.py --help."""

import argparse
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import directives
import known_failures

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TZ": "UTC",
}


@dataclass
class Run:
    """What one run of the program left behind; None for what does not matter."""
    stdout: bytes
    stderr: bytes
    status: str
    files: dict | None


def compile_guest(source, compiler, flags, out_folder):
    """Builds the program if the source or the flags have changed since the last time; returns its path."""
    program = out_folder / source.stem
    record = out_folder / "command"
    libraries = [flag for flag in flags if flag.startswith("-l")]
    options = [flag for flag in flags if flag not in libraries]
    command = [*compiler, *options, str(source), "-o", str(program), *libraries]
    fresh = (program.exists() and record.exists() and record.read_text() == " ".join(command)
             and program.stat().st_mtime > source.stat().st_mtime)
    if not fresh:
        out_folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, check=True)
        record.write_text(" ".join(command))
    return program


def snapshot(folder):
    """Every file below the folder: kind, mode and content."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        mode = oct(path.lstat().st_mode)
        if path.is_symlink():
            files[name] = (mode, os.readlink(path).encode())
        elif path.is_file():
            files[name] = (mode, path.read_bytes())
        else:
            files[name] = (mode, b"")
    return files


def status_in_words(returncode):
    if returncode >= 0:
        return f"exit code {returncode}"
    return f"killed by signal {-returncode} ({signal.strsignal(-returncode)})"


def end_group(process):
    """The program leads its own session: what it left running goes with it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def refuse_writable_code():
    """For the process and its children, the kernel refuses memory that is writable and executable, or first the one and then the
    other (prctl(2), PR_SET_MDWE; since Linux 6.3, older ones ignore it): lxr needs neither, whatever its guest asks for."""
    set_memory_deny_write_execute, refuse_exec_gain = 65, 1
    ctypes.CDLL(None).prctl(set_memory_deny_write_execute, refuse_exec_gain, 0, 0, 0)


def run_once(command, setting, scratch, environment, in_child=None, patience=1):
    """Runs the command in an empty folder. The folder has the same name in both runs, since programs print it."""
    limit_s = setting.timeout_s * patience
    folder = scratch / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if setting.under:
        # The shell's exec keeps the process, so the wait status is the program's own.
        command = ["/bin/bash", "-c", f'{setting.under}\nexec "$@"', "bash", *command]
    with open(scratch / "stdout", "wb+") as out, open(scratch / "stderr", "wb+") as err:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=out, stderr=err,
                                   start_new_session=True, preexec_fn=in_child)
        try:
            process.communicate(setting.stdin, timeout=limit_s)
            status = status_in_words(process.returncode)
        except subprocess.TimeoutExpired:
            status = f"still running after {limit_s} s"
        end_group(process)
        process.wait()
        out.seek(0)
        err.seek(0)
        return Run(out.read(), err.read(), status, snapshot(folder))


def first_difference(name, expected, actual):
    if expected == actual:
        return []
    wanted, got = expected.splitlines(), actual.splitlines()
    for number in range(max(len(wanted), len(got))):
        left = wanted[number] if number < len(wanted) else None
        right = got[number] if number < len(got) else None
        if left != right:
            return [f"{name} differs in line {number + 1}:", f"    expected: {left!r:.300}", f"    lxr:      {right!r:.300}"]
    return [f"{name} differs in its line ends"]


def differences(expected, actual):
    found = []
    if expected.status != actual.status:
        found.append(f"expected {expected.status}, lxr gave {actual.status}")
    found += first_difference("stdout", expected.stdout, actual.stdout)
    found += first_difference("stderr", expected.stderr, actual.stderr)
    if expected.files is None:
        return found
    for name in sorted(expected.files.keys() | actual.files.keys()):
        wanted, got = expected.files.get(name), actual.files.get(name)
        if wanted is None or got is None:
            found.append(f"file {name} exists only {'under lxr' if wanted is None else 'natively'}")
        elif wanted[0] != got[0]:
            found.append(f"file {name} has mode {wanted[0]} natively, {got[0]} under lxr")
        else:
            found += first_difference(f"file {name}", wanted[1], got[1])
    return found


def expectation(source, command, setting, scratch, environment):
    """The native run; or NAME.expected where the program knows that it runs under lxr."""
    written = source.with_suffix(".expected")
    if written.exists():
        return Run(written.read_bytes(), b"", "exit code 0", None)
    return run_once(command, setting, scratch, environment)


def environment_for(tier, home):
    """For "hot", as users run it, with regions made soon: tests are too short for lxr's own idea of what is hot."""
    tiers = {"LXR_TIER": "auto", "LXR_HOT": "30"} if tier == "hot" else {"LXR_TIER": tier}
    return dict(ENVIRONMENT, HOME=str(home), **tiers)


def compare(arguments, source, setting, flags, scratch):
    environment = environment_for(arguments.tier, scratch / "run")
    if source.suffix == ".sh":
        command = ["/bin/bash", str(source)]
    else:
        command = [str(compile_guest(source, setting.compiler, flags, scratch / "program"))]
    command += setting.args
    expected = expectation(source, command, setting, scratch, environment)
    patience = 60 if arguments.tier == "optimizing" else 1  # it compiles whatever is run once
    actual = run_once([arguments.lxr, *command], setting, scratch, environment, refuse_writable_code, patience)
    return differences(expected, actual)


def run_python_test(arguments, source, scratch):
    """A test that cannot be a comparison is a script that knows what to expect, and exits with 0 if it was so."""
    environment = dict(environment_for(arguments.tier, scratch), LXR=arguments.lxr)
    result = subprocess.run(["/usr/bin/python3", str(source)], cwd=scratch, env=environment, stdin=subprocess.DEVNULL)
    return [] if result.returncode == 0 else [f"exit code {result.returncode}"]


def run_variants(arguments, source, scratch):
    """All ways in which the source asks to be built; the failures of each, under its name."""
    if source.suffix == ".py":
        return run_python_test(arguments, source, scratch)
    setting = directives.read(source)
    failures = []
    for number, flags in enumerate(setting.flags):
        name = " ".join(flags) or "script"
        for failure in compare(arguments, source, setting, flags, scratch / str(number)):
            failures.append(f"[{name}] {failure}" if not failure.startswith(" ") else failure)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="the test's name, as in known_failures.txt")
    parser.add_argument("--lxr", required=True, help="the lxr to test")
    parser.add_argument("--scratch", required=True, type=lambda text: pathlib.Path(text).resolve(), help="a folder for what the test makes")
    parser.add_argument("--tier", default=os.environ.get("LXR_TEST_TIER", "auto"))
    parser.add_argument("source", type=lambda text: pathlib.Path(text).resolve())
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)

    failures = run_variants(arguments, arguments.source, arguments.scratch)
    known_failures.conclude(arguments.name, arguments.tier, failures)


if __name__ == "__main__":
    main()
