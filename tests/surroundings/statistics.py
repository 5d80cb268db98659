"""--stat says of the optimising tier what it made, what that took, how often it was entered and why left, and how soon it was there."""

import os
import pathlib
import re
import subprocess
import sys

LXR = pathlib.Path(os.environ["LXR"])
STAGES = ["lower", "optimize", "generate", "link"]
EXITS = ["look_up", "returned", "syscall", "syscall_int80", "fault", "helper_fault", "attention"]
THREADS = 4
CALLS = 1000  # by each thread, of a function whose address is not known, so that regions are left
# For --tier=optimizing: each kind of exit for which a program has a reason.
EVERYTHING = f"""
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
static sigjmp_buf before;
static volatile sig_atomic_t ticks;
static void back(int signal) {{ (void)signal; siglongjmp(before, 1); }}
static void tick(int signal) {{ (void)signal; ++ticks; }}
__attribute__((noinline)) static unsigned long half(unsigned long n) {{ return n / 2; }}
static unsigned long (*volatile function)(unsigned long) = half;
static void *call(void *result) {{
    for (unsigned long i = 0; i < {CALLS}; ++i) *(unsigned long *)result += function(i);
    return NULL;
}}
int main(void) {{
    unsigned long sum = 0;
    for (int i = 0; i < {THREADS}; ++i) {{
        pthread_t thread;
        pthread_create(&thread, NULL, call, &sum);
        pthread_join(thread, NULL);
    }}
    signal(SIGILL, back);
    if (sigsetjmp(before, 1) == 0) __asm__ volatile("ud2");
    signal(SIGALRM, tick);
    setitimer(ITIMER_REAL, &(struct itimerval){{.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000}}, NULL);
    volatile unsigned long rounds = 0;
    while (ticks < 20) ++rounds;
    setitimer(ITIMER_REAL, &(struct itimerval){{0}}, NULL);
    printf("%lu\\n", sum);
    return 0;
}}
"""
# Goes on for half a second of its time after a region of its function was written down.
UNTIL_REGION = """
#include <glob.h>
#include <stdio.h>
#include <time.h>
__attribute__((noinline)) static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(int argc, char **argv) {
    unsigned sum = 0;
    glob_t found;
    const time_t begin = time(NULL);
    while (glob(argv[1], 0, NULL, &found) != 0 && time(NULL) - begin < 60) sum += fib(15);
    for (const clock_t written = clock(); clock() - written < CLOCKS_PER_SEC / 2;) sum += fib(15);
    return sum == 0;
}
"""
wrong = []


def check(what, is_right):
    if not is_right:
        wrong.append(what)


def build(name, program):
    subprocess.run(["gcc", "-O1", "-static", "-x", "c", "-", "-o", name], input=program, text=True, check=True)
    return f"./{name}"


def statistics(*command):
    """The numbers of the lines about the optimising tier."""
    run = subprocess.run([LXR, "--stat", *command], capture_output=True, text=True)
    check(f"{command}: {run}", run.returncode == 0)
    number = r"(\d+(?:\.\d+)?)"
    patterns = [rf"optimizing: {number} regions of {number} guest instructions, {number} bytes of code; \d+ refused, \d+ dropped$",
                rf"optimizing: {number} ms of CPU time: " + "".join(rf"{stage} {number}, " for stage in STAGES) +
                rf"other {number}; {number} guest instructions a second$",
                rf"optimizing: entered {number} times; left by " + ", ".join(f"{name} {number}" for name in EXITS) + "$",
                rf"optimizing: the first region was in place {number} ms after the first block was hot, {number} ms of the "
                r"process's CPU time$"]
    found = [re.search(pattern, run.stderr, re.MULTILINE) for pattern in patterns]
    if not all(found):
        print(f"{command} does not say everything: {run.stderr}")
        sys.exit(1)
    return [[float(text) for text in match.groups()] for match in found]


def check_what_is_always_so(made, took, visits, first):
    regions, instructions, code_bytes = made
    check(f"made: {made}", 0 < regions <= instructions <= code_bytes)
    total, *parts, speed = took
    check(f"a stage takes no time: {took}", all(part > 0 for part in parts))
    check(f"the stages are not the whole: {took}", abs(sum(parts) - total) < 0.1)
    check(f"{instructions} instructions: {took}", abs(speed * total / 1000 / instructions - 1) < 0.1)
    entered, *left = visits
    check(f"visits: {visits}", entered > 0 and entered == sum(left))
    # A thousandth of a second is less than making a region takes.
    check(f"the first region: {first}", first[0] > 1 and 0 < first[1])


numbers = statistics("--tier=optimizing", build("everything", EVERYTHING))
check_what_is_always_so(*numbers)
left = dict(zip(EXITS, numbers[2][1:]))
check(f"exits: {left}", left["look_up"] >= THREADS * CALLS and left["syscall"] > THREADS and left["fault"] >= 1)
check(f"a loop of 20 signals was left for none: {left}", left["attention"] > 0)

folder = pathlib.Path("written")
folder.mkdir(exist_ok=True)
for file in folder.iterdir():
    file.unlink()
numbers = statistics("--hot-after=100", "--dump=asm", "--dump-at=fib", f"--dump-dir={folder}",
                     build("until_region", UNTIL_REGION), f"{folder}/*-optimizing-*")
check_what_is_always_so(*numbers)

print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
