// Puts the lines of --strace together and writes them.
#include "runtime/syscall/strace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>

#include "lifter/support/engine_descriptors.h"
#include "lifter/support/own_output.h"
#include "runtime/syscall/strace_arguments.h"

namespace lxr {
namespace {

/// strace(1), -a: where the result stands.
constexpr std::size_t result_column = 39;

/// Lines carry the thread's number as soon as a second one has made a call.
std::string thread_prefix() {
    constinit static std::atomic<pid_t> first = 0;
    constinit static std::atomic<bool> several = false;
    const pid_t self = gettid();
    pid_t expected = 0;
    if (!first.compare_exchange_strong(expected, self) && expected != self) several = true;
    return several ? fmt::format("[pid {:5}] ", self) : std::string();
}

/// The standard error that lxr was started with, whatever the guest does to its own.
int output_descriptor() {
    static const EngineDescriptor output(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    return output.get();
}

void write_line(std::string_view text) {
    const std::string line = thread_prefix().append(text).append("\n");
    write_own_output(output_descriptor(), line);
}

/// Calls whose result is not a decimal number.
struct ResultFormat {
    std::uint64_t number;
    const char* format;
};

constexpr ResultFormat result_formats[] = {
    {guest_syscall::mmap, "{:#x}"},  {guest_syscall::brk, "{:#x}"},   {guest_syscall::mremap, "{:#x}"},
    {guest_syscall::shmat, "{:#x}"}, {guest_syscall::umask, "{:#o}"}, {guest_syscall::personality, "{:#x}"},
};

std::string result_text(std::uint64_t number, std::int64_t value) {
    if (value < 0 && value >= -4095) {
        const int reason = static_cast<int>(-value);
        const char* name = strerrorname_np(reason);
        const char* description = strerrordesc_np(reason);
        return fmt::format("-1 {} ({})", name != nullptr ? name : std::to_string(reason).c_str(),
                           description != nullptr ? description : "Unknown error");
    }
    const auto* format = std::ranges::find(result_formats, number, &ResultFormat::number);
    if (format != std::end(result_formats)) return fmt::format(fmt::runtime(format->format), value);
    return std::to_string(value);
}

std::string padded(std::string line) {
    if (line.size() < result_column) line.resize(result_column, ' ');
    return line;
}

bool never_returns(std::uint64_t number) {
    return number == guest_syscall::exit || number == guest_syscall::exit_group || number == guest_syscall::rt_sigreturn;
}

bool may_not_return(std::uint64_t number) {
    return number == guest_syscall::execve || number == guest_syscall::execveat;
}

}  // namespace

StracedCall::StracedCall(std::uint64_t number, const SyscallArguments& arguments)
    : row_(syscall_row(number)), number_(number), arguments_(arguments) {
    line_ = row_.name != nullptr ? fmt::format("{}(", row_.name) : fmt::format("syscall_{:#x}(", number);
    print_arguments(false, 0);
    if (never_returns(number_)) {
        write_line(padded(line_ + ")") + " = ?");
    } else if (may_not_return(number_)) {
        write_line(line_ + " <unfinished ...>");
        line_ = fmt::format("<... {} resumed>", row_.name);
    }
}

void StracedCall::print_arguments(bool done, std::int64_t result) {
    const auto kinds = row_.argument_kinds();
    const TracedCall call{.arguments = arguments_, .result = result};
    for (std::size_t& i = printed_arguments_; i < kinds.size(); ++i) {
        if (!done && is_printed_after(kinds[i])) return;
        // strace shows a mode only where a file may be created.
        std::string text;
        print_argument(text, call, i, kinds[i]);
        if (text.empty()) continue;
        if (i != 0) line_ += ", ";
        line_ += text;
    }
}

void StracedCall::finish(const SyscallResult& result) {
    if (never_returns(number_)) return;
    print_arguments(true, result.value());
    line_ += ')';
    if (result.kind() == SyscallResult::Kind::value) {
        write_line(padded(line_) + " = " + result_text(number_, result.value()));
    } else if (result.kind() == SyscallResult::Kind::restart) {
        write_line(padded(line_) + " = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
    } else {
        write_line(padded(line_) + " = ?");
    }
}

void strace_signal(const siginfo_t& info) {
    const std::string name = signal_name(static_cast<std::uint64_t>(info.si_signo));
    std::string line = fmt::format("--- {} {{si_signo={}, si_code={}", name, name, info.si_code);
    if (info.si_code <= 0 || info.si_signo == SIGCHLD) {
        line += fmt::format(", si_pid={}, si_uid={}", info.si_pid, info.si_uid);
    } else {
        line += fmt::format(", si_addr={}", fmt::ptr(info.si_addr));
    }
    write_line(line + "} ---");
}

}  // namespace lxr
