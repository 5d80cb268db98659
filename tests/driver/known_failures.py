"""Reads tests/known_failures.txt: what fails today, in which tier, and why. A test in it that passes is a failure too."""

import pathlib
import sys

PASSED, FAILED, SKIPPED = 0, 1, 77  # exit codes, as tests/CMakeLists.txt tells ctest
LIST = pathlib.Path(__file__).parent.parent / "known_failures.txt"


def rows():
    for line in LIST.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.split(maxsplit=2)


def reason(name, tier):
    """Why the test is known to fail in this tier; None if it has to pass."""
    for row_name, row_tier, row_reason in rows():
        if row_name == name and row_tier in ("*", tier):
            return row_reason
    return None


def conclude(name, tier, failures):
    """Ends the test with what its failures mean for ctest."""
    print("\n".join(failures))
    known = reason(name, tier)
    if known is None:
        sys.exit(FAILED if failures else PASSED)
    if failures:
        print(f"known failure: {known}")
        sys.exit(SKIPPED)
    print(f"passes unexpectedly; remove it from tests/known_failures.txt ({known})")
    sys.exit(FAILED)
