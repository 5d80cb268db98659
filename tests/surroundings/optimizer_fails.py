"""An optimiser that dies, hangs, answers nonsense or is killed: the program runs on, and nothing of lxr's outlives it."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

LXR = pathlib.Path(os.environ["LXR"])
# Ten loops, of which each is hot and another region; then it waits for the end of its input, and says what it has computed.
PROGRAM = """
#include <stdio.h>
#include <unistd.h>
static unsigned sum;
#define LOOP(n) __attribute__((noinline)) static void loop_##n(void) { \
    for (int i = 0; i < 5000; ++i) sum = sum * 31 + (sum >> n) + n; }
LOOP(1) LOOP(2) LOOP(3) LOOP(4) LOOP(5) LOOP(6) LOOP(7) LOOP(8) LOOP(9) LOOP(10)
int main(void) {
    loop_1(), loop_2(), loop_3(), loop_4(), loop_5(), loop_6(), loop_7(), loop_8(), loop_9(), loop_10();
    char byte;
    while (read(0, &byte, 1) > 0) {}
    printf("%u\\n", sum);
    return 7;
}
"""
wrong = []


def folder_with_double(name, body):
    """A folder with lxr and, in the optimiser's place, a script that notes its process id, greets as the real one does, and goes
    on with `body` for each request."""
    folder = pathlib.Path(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(LXR, folder / "lxr")
    double = folder / "lxr-optimizer"
    double.write_text(f"""#!/usr/bin/python3 -I
import os, pathlib, socket, sys, time
with open(pathlib.Path(__file__).with_name("started"), "a") as file:
    print(os.getpid(), file=file)
lxr = socket.socket(fileno=0)
def send(message):
    lxr.sendall(len(message).to_bytes(8, "little") + message)
send({greeting()!r})
while lxr.recv(65536):
    {body}
""")
    double.chmod(0o755)
    return folder


def greeting():
    """What the real one says first."""
    import socket
    ours, its = socket.socketpair()
    process = subprocess.Popen([LXR.with_name("lxr-optimizer")], stdin=its)
    its.close()
    length = int.from_bytes(ours.recv(8, socket.MSG_WAITALL), "little")
    message = ours.recv(length, socket.MSG_WAITALL)
    ours.close()
    process.wait()
    return message


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def check(name, what, is_right):
    if not is_right:
        wrong.append(f"{name}: {what}")


def start(lxr, *options):
    return subprocess.Popen([lxr, "--hot-after=30", *options, "./program"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_double(name, body, starts, words, options=()):
    folder = folder_with_double(name, body)
    process = start(folder / "lxr", *options)
    pids = lambda: (folder / "started").read_text().split() if (folder / "started").exists() else []
    check(name, f"started {len(pids())} times instead of {starts}", wait_until(lambda: len(pids()) >= starts))
    told = process.stderr.readline() if words else ""
    out, err = process.communicate(timeout=60)
    err = told + err
    check(name, f"the program: {out!r}, {process.returncode}", (out, process.returncode) == (SUM, 7))
    check(name, f"started {len(pids())} times instead of {starts}", len(pids()) == starts)
    check(name, f"stderr is {err!r}", err.count("\n") == bool(words) and words in err)
    check(name, "it outlives the program", not any(map(is_alive, pids())))


def optimizer_of(pid):
    """The process id of the optimiser that lxr with this process id has started; None if it has none."""
    for between in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if int((between / "stat").read_text().rsplit(")", 1)[1].split()[1]) != pid:
                continue
            for child in (between / "task" / between.name / "children").read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "lxr-optimizer\n":
                    return int(child)
        except OSError:
            continue
    return None


def check_killed_optimizer(name):
    """The next one does the rest."""
    process = start(LXR)
    check(name, "there is none", wait_until(lambda: optimizer_of(process.pid)))
    first = optimizer_of(process.pid)
    os.kill(first, signal.SIGKILL)
    check(name, "it is not started again", wait_until(lambda: optimizer_of(process.pid) not in (None, first)))
    out, err = process.communicate()
    check(name, f"stdout is {out!r}, stderr is {err!r}", (out, err) == (SUM, ""))


def check_killed_program(name):
    process = start(LXR)
    check(name, "there is no optimiser", wait_until(lambda: optimizer_of(process.pid)))
    optimizer = optimizer_of(process.pid)
    process.kill()
    process.wait()
    check(name, "the optimiser lives on", wait_until(lambda: not is_alive(optimizer)))


subprocess.run(["gcc", "-O1", "-x", "c", "-", "-o", "program"], input=PROGRAM, text=True, check=True)
SUM = subprocess.run(["./program"], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
check_double("dies", "sys.exit()", starts=3, words="lxr-optimizer has ended")
check_double("crashes", "os.abort()", starts=3, words="lxr-optimizer has ended")
check_double("nonsense", "send(b'nonsense')", starts=3, words="gives no answer")
check_double("endless", "lxr.sendall((1 << 60).to_bytes(8, 'little')); time.sleep(1000)", starts=1, words="")
check_double("hangs", "time.sleep(1000)", starts=1, words="")
check_double("hangs_long", "time.sleep(1000)", starts=2, words="takes too long", options=["--log=jit:info"])
check_killed_optimizer("killed")
check_killed_program("killed program")
print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
