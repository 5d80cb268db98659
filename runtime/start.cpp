// The way from lxr's command line to the guest's first instruction.
#include "runtime/start.h"

#include <malloc.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cstdlib>
#include <utility>

#include "lifter/support/log.h"
#include "runtime/address_space_plan.h"
#include "runtime/guest_memory.h"
#include "runtime/guest_thread.h"
#include "runtime/loader/load.h"
#include "runtime/loader/program.h"
#include "runtime/loader/program_search.h"
#include "runtime/loader/symbol.h"
#include "runtime/process.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {

/// The guest's soft RLIMIT_STACK, which is the host's from here on: only where libraries lie depended on lxr's own.
std::uint64_t adopt_stack_limit(const RuntimeOptions& options) {
    rlimit limit{};
    getrlimit(RLIMIT_STACK, &limit);
    if (options.guest_stack_limit_bytes) {
        limit.rlim_cur = *options.guest_stack_limit_bytes;
        setrlimit(RLIMIT_STACK, &limit);
    }
    return limit.rlim_cur;
}

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

void remove_variable(std::vector<std::string>& environment, std::string_view name) {
    std::erase_if(environment, [&](const std::string& variable) { return name_of(variable) == name; });
}

std::vector<std::string> guest_environment(const RuntimeOptions& options, std::vector<std::string> environment) {
    for (const std::string& name : options.unset_environment) remove_variable(environment, name);
    for (const std::string& variable : options.set_environment) {
        remove_variable(environment, name_of(variable));
        environment.push_back(variable);
    }
    return environment;
}

/// The main thread of the guest may end before the process does; nobody returns from here.
[[noreturn]] void run_first_thread(GuestThread& thread) {
    thread.adopt_initial_host_thread();
    thread.run();
    for (;;) host_syscall(SYS_exit, static_cast<std::uint64_t>(thread.exit_status));
}

/// `lxr ls` means what `ls` means to a shell. A name that PATH does not have is a file of the current folder.
std::string searched_path(const RuntimeOptions& options, const std::string& program) {
    if (options.exact_path) return program;
    const char* const search_path = std::getenv("PATH");
    constexpr auto default_search_path = "/bin:/usr/bin";  // execvp(3)
    return find_in_search_path(program, search_path != nullptr ? search_path : default_search_path, options.sysroot)
        .value_or(program);
}

ProgramRequest request_of(const RuntimeOptions& options, const std::string& program,
                          const std::vector<std::string>& arguments) {
    std::vector<std::string> all{options.argv0.value_or(program)};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return {.path = searched_path(options, program),
            .arguments = std::move(all),
            .sysroot = options.sysroot,
            .descriptor = options.program_descriptor};
}

/// Programs that execve starts with the same options need not have the symbol.
void dump_at_symbol(Process& process, std::uint64_t bias) {
    const auto& symbol = process.options.engine.dump.symbol;
    if (const auto value = find_symbol(process.executable_path, symbol)) {
        process.engine.dump_at(GuestAddress(*value + bias));
    } else {
        log(LogCategory::loader, LogLevel::warning, "--dump-at: {} has no symbol {}", process.executable_path, symbol);
    }
}

}  // namespace

StartError run_program(const RuntimeOptions& options, const std::string& program, const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment) {
    auto resolved = resolve_program(request_of(options, program, arguments));
    if (!resolved) return resolved.error().start_error();
    if (resolved->wants_privileges) {
        log(LogCategory::loader, LogLevel::warning, "{} is set-user-ID or set-group-ID: it runs without those privileges",
            resolved->executable_path);
    }
    set_guest_memory_end(guest_window().end);
    mallopt(M_ARENA_MAX, 1);  // each further arena takes 64 MB of addresses, which count against the guest's RLIMIT_AS

    // Never destroyed: other guest threads may outlive this one.
    auto& process = *new Process(options, guest_window());
    if (options.guest_personality) personality(*options.guest_personality);
    process.executable_path = resolved->executable_path;
    const std::uint64_t stack_limit_bytes = adopt_stack_limit(options);
    const auto loaded =
        load_program(process.memory, std::move(*resolved), guest_environment(options, environment), stack_limit_bytes);
    if (!loaded) return loaded.error().start_error();
    process.vdso_begin = loaded->vdso;
    if (!options.engine.dump.symbol.empty()) dump_at_symbol(process, loaded->bias);

    auto& thread = *new GuestThread(process, *process.signal_actions);
    thread.rip = loaded->entry.value();
    thread[Gpr::rsp] = loaded->stack_pointer.value();
    run_first_thread(thread);
}

}  // namespace lxr
