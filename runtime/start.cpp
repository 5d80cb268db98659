// The way from lxr's command line to the guest's first instruction.
#include "runtime/start.h"

#include <fmt/core.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lifter/support/log.h"
#include "runtime/guest_memory.h"
#include "runtime/guest_thread.h"
#include "runtime/loader/load.h"
#include "runtime/loader/program.h"
#include "runtime/process.h"
#include "runtime/syscall/syscall.h"

/// The linker's name for the begin of lxr's image.
extern "C" const char __executable_start[];

namespace lxr {

namespace {

constexpr std::uint64_t lowest_guest_address = 0x10000;  // vm.mmap_min_addr as it is delivered
constexpr rlim_t own_stack_limit_bytes = 8 << 20;

GuestWindow guest_window() {
    return {.begin = lowest_guest_address, .end = page_floor(reinterpret_cast<std::uint64_t>(__executable_start))};
}

/// Whether a library that the kernel or the dynamic linker placed lies below lxr's image. The vDSO is among them.
bool library_in_guest_window() {
    const auto visit = [](dl_phdr_info* object, std::size_t, void* window_end) {
        const bool fixed = object->dlpi_addr == 0;  // lxr's image itself
        return static_cast<int>(!fixed && object->dlpi_addr < *static_cast<std::uint64_t*>(window_end));
    };
    std::uint64_t window_end = guest_window().end;
    return dl_iterate_phdr(visit, &window_end) != 0;
}

[[noreturn]] void restart_with(const std::string& option, int argc, char** argv) {
    std::vector<char*> arguments{argv[0], const_cast<char*>(option.c_str())};
    arguments.insert(arguments.end(), argv + std::min(argc, 1), argv + argc + 1);
    execv("/proc/self/exe", arguments.data());
    execv(reinterpret_cast<const char*>(getauxval(AT_EXECFN)), arguments.data());
    fmt::print(stderr, "lxr: cannot start itself again with a lower stack limit ({}); run it with ulimit -s 8192\n",
               std::strerror(errno));
    _exit(126);
}

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

ProgramRequest request_of(const RuntimeOptions& options, const std::string& program,
                          const std::vector<std::string>& arguments) {
    std::vector<std::string> all{options.argv0.value_or(program)};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return {.path = program, .arguments = std::move(all), .sysroot = options.sysroot, .descriptor = options.program_descriptor};
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

    // Never destroyed: other guest threads may outlive this one.
    auto& process = *new Process(options, guest_window());
    process.executable_path = resolved->executable_path;
    const std::uint64_t stack_limit_bytes = adopt_stack_limit(options);
    const auto loaded =
        load_program(process.memory, std::move(*resolved), guest_environment(options, environment), stack_limit_bytes);
    if (!loaded) return loaded.error().start_error();
    process.vdso_begin = loaded->vdso;

    auto& thread = *new GuestThread(process, *process.signal_actions);
    thread.rip = loaded->entry.value();
    thread[Gpr::rsp] = loaded->stack_pointer.value();
    run_first_thread(thread);
}

void ensure_address_space_plan(int argc, char** argv) {
    if (!library_in_guest_window()) return;
    rlimit limit{};
    getrlimit(RLIMIT_STACK, &limit);
    if (limit.rlim_cur <= own_stack_limit_bytes) return;
    const std::string option = fmt::format("--guest-stack-limit={}", limit.rlim_cur);
    limit.rlim_cur = own_stack_limit_bytes;
    setrlimit(RLIMIT_STACK, &limit);
    restart_with(option, argc, argv);
}

}  // namespace lxr
