// lxr: runs a Linux x86-64 program by translating it. The options stand in options.inc, the work is done by runtime/.
#include <fmt/core.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "lifter/cpu_model.h"
#include "lifter/support/log.h"
#include "lifter/support/own_output.h"
#include "runtime/address_space_plan.h"
#include "runtime/start.h"
#include "tools/lxr/options.h"

namespace {

int report(const lxr::StartError& failure) {
    const std::string line = fmt::format("lxr: {}\n", failure.sentence);
    // One write, so that the line stays whole in a pipe that others write to. Nobody is left to tell if it fails.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
    return failure.exit_code;
}

std::vector<std::string> strings_of(char** environment) {
    std::vector<std::string> strings;
    for (char** entry = environment; *entry != nullptr; ++entry) strings.emplace_back(*entry);
    return strings;
}

}  // namespace

int main(int argc, char** argv) {
    lxr::ensure_address_space_plan(argc, argv);
    lxr::remember_standard_error();
    const auto invocation = lxr::parse_invocation(argc, argv, environ, getauxval(AT_SECURE) == 0);
    if (!invocation) return report(invocation.error());
    switch (invocation->request) {
        case lxr::Invocation::Request::help:
            fmt::print("{}", lxr::help_text());
            return 0;
        case lxr::Invocation::Request::version:
            fmt::print("lxr {}\n", LXR_VERSION);
            return 0;
        case lxr::Invocation::Request::cpu_help:
            fmt::print("{}", lxr::cpu_help());
            return 0;
        case lxr::Invocation::Request::run:
            lxr::choose_guest_cpu(invocation->cpu);
            if (invocation->options.statistics) lxr::keep_log();
            return report(
                lxr::run_program(invocation->options, invocation->program, invocation->arguments, strings_of(environ)));
    }
}
