"""Lines and files of lxr's own: the program gets no signal of them, and its files get none of them."""

import os
import pathlib
import shutil
import subprocess

LXR = pathlib.Path(os.environ["LXR"])
# Closes standard error, opens a file, which has its number then, and does what lxr says something of (it has no seccomp).
TAKES_NUMBER_2 = """
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    close(2);
    if (open("data", O_WRONLY | O_CREAT | O_TRUNC, 0644) != 2 || write(2, "one\\n", 4) != 4) return 1;
    syscall(SYS_seccomp, 1, 0, 0);
    return write(2, "two\\n", 4) == 4 ? 0 : 1;
}
"""
# Takes every number there is; then the same.
TAKES_ALL_NUMBERS = """
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    const int file = open("data", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    for (int i = 3; i < 1024; ++i) if (i != file) dup2(file, i);
    if (write(file, "one\\n", 4) != 4) return 1;
    syscall(SYS_seccomp, 1, 0, 0);
    return write(file, "two\\n", 4) == 4 ? 0 : 1;
}
"""
COUNTS_SIGNALS = """
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static volatile sig_atomic_t count;
static void note(int number) { count += number; }
int main(void) {
    signal(SIGPIPE, note);
    signal(SIGXFSZ, note);
    for (int i = 0; i < 3; ++i) syscall(SYS_seccomp, 1 + i, 0, 0);
    printf("%d\\n", count);
    return 0;
}
"""
wrong = []


def built(name, text):
    source = pathlib.Path(name + ".c")
    source.write_text(text)
    subprocess.run(["gcc", "-O1", "-o", name, source], check=True)
    return "./" + name


def expect(what, is_so, run):
    if not is_so:
        wrong.append(f"{what}: {run.returncode}, {run.stdout!r}, {run.stderr!r}")


def data():
    return pathlib.Path("data").read_bytes()


def closed_pipe():
    """A pipe's end that nobody reads."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    return write_end


def without_files():
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


takes_2 = built("takes_2", TAKES_NUMBER_2)
for options in ([], ["--stat"], ["-D", "log"]):
    run = subprocess.run([LXR, *options, takes_2], capture_output=True, text=True)
    expect(f"{options}: data of a file with number 2", run.returncode == 0 and data() == b"one\ntwo\n", run)
    expect(f"{options}: statistics", ("translation took" in run.stderr) == (options == ["--stat"]), run)
takes_all = built("takes_all", TAKES_ALL_NUMBERS)
run = subprocess.run([LXR, "-D", "log", takes_all], capture_output=True, text=True)
expect("data of a file with all numbers", run.returncode == 0 and data() == b"one\ntwo\n", run)

counts = built("counts", COUNTS_SIGNALS)
shutil.rmtree("dumped", ignore_errors=True)
pathlib.Path("dumped").mkdir()
for options in ([], ["--stat"], ["--strace"], ["--dump=guest", "--dump-dir=dumped"], ["--perf-map"], ["--log=debug"]):
    pipe = closed_pipe()
    run = subprocess.run([LXR, *options, counts], stdout=subprocess.PIPE, stderr=pipe)
    os.close(pipe)
    expect(f"{options}: no SIGPIPE", run.returncode == 0 and run.stdout == b"0\n", run)
    with open("errors", "wb") as errors:
        run = subprocess.run([LXR, *options, counts], stdout=subprocess.PIPE, stderr=errors, preexec_fn=without_files)
    expect(f"{options}: no SIGXFSZ", run.returncode == 0 and run.stdout == b"0\n", run)

# What cannot be dumped is said once.
run = subprocess.run([LXR, "--dump=guest", "--dump-dir=dumped", counts], capture_output=True, text=True, preexec_fn=without_files)
expect("one line for what cannot be dumped", run.stderr.count("cannot write") == 1, run)

for line in wrong:
    print(line)
raise SystemExit(1 if wrong else 0)
