// The report of a failed check. Uses only write(2) and abort(3): it may run inside a signal handler.
#include "lifter/support/check.h"

#include <array>
#include <cstdlib>

#include "lifter/support/own_output.h"

namespace lxr {

namespace {

void print(const char* text) {
    write_own_output(own_standard_error(), text);
}

void print(int number) {
    std::array<char, 12> digits{};
    auto* position = digits.end() - 1;
    do {
        *--position = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print(position);
}

}  // namespace

void check_failed(const char* condition, const char* file, int line) {
    print("lxr: internal error: ");
    print(condition);
    print(" does not hold at ");
    print(file);
    print(":");
    print(line);
    print("\n");
    std::abort();
}

}  // namespace lxr
