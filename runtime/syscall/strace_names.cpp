// Names of flags, enumerations and signals for --strace, and strings as strace quotes them.
#include <asm/prctl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <linux/fadvise.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iterator>

#include "runtime/syscall/strace_arguments.h"

namespace lxr {
namespace {

/// Linux arch/x86/include/uapi/asm/signal.h; libc keeps it to itself.
constexpr std::uint32_t SA_RESTORER = 0x04000000;  // NOLINT(readability-identifier-naming)

struct ChoiceBits {
    ArgumentKind kind;
    std::uint64_t bits;
};

constexpr ChoiceBits choice_bits[] = {
#define CHOICE_BITS(kind, bits) {ArgumentKind::kind, bits},
#define CHOICE(kind, name)
#define FLAG(kind, name)
#include "runtime/syscall/strace_names.inc"
};

struct Name {
    ArgumentKind kind;
    bool is_choice;
    std::uint64_t value;
    const char* text;
};

constexpr Name names[] = {
#define CHOICE_BITS(kind, bits)
#define CHOICE(kind, name) {ArgumentKind::kind, true, static_cast<std::uint32_t>(name), #name},
#define FLAG(kind, name) {ArgumentKind::kind, false, static_cast<std::uint32_t>(name), #name},
#include "runtime/syscall/strace_names.inc"
};

/// Which bits of a kind are a choice: all if it has no flags, none if it has no choices.
std::uint64_t choice_bits_of(ArgumentKind kind) {
    const auto* row = std::ranges::find(choice_bits, kind, &ChoiceBits::kind);
    if (row != std::end(choice_bits)) return row->bits;
    const auto* first = std::ranges::find(names, kind, &Name::kind);
    return first != std::end(names) && first->is_choice ? ~std::uint64_t{0} : 0;
}

constexpr const char* signal_names[] = {"0",        "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",  "SIGTRAP",   "SIGABRT",
                                        "SIGBUS",   "SIGFPE",  "SIGKILL",   "SIGUSR1", "SIGSEGV", "SIGUSR2",   "SIGPIPE",
                                        "SIGALRM",  "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP",   "SIGTSTP",
                                        "SIGTTIN",  "SIGTTOU", "SIGURG",    "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
                                        "SIGWINCH", "SIGIO",   "SIGPWR",    "SIGSYS",  "SIGRTMIN"};

constexpr std::uint64_t first_realtime_signal = 32;

struct Escape {
    char character;
    const char* text;
};

constexpr Escape escapes[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\t', "\\t"}, {'\n', "\\n"},
                              {'\v', "\\v"}, {'\f', "\\f"},  {'\r', "\\r"}};

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

}  // namespace

void print_names(std::string& out, ArgumentKind kind, std::uint64_t value) {
    const std::uint64_t choice_mask = choice_bits_of(kind);
    std::uint64_t rest = value;
    const char* separator = "";
    for (const Name& name : names) {
        if (name.kind != kind) continue;
        const bool matches = name.is_choice
                                 ? (value & choice_mask) == name.value
                                 : (rest & ~choice_mask & name.value) == name.value && (name.value != 0 || value == 0);
        if (!matches) continue;
        out.append(separator).append(name.text);
        separator = "|";
        rest &= ~(name.is_choice ? choice_mask : name.value);
    }
    if (rest != 0) {
        out += fmt::format("{}{:#x}", separator, rest);
    } else if (*separator == '\0') {
        out += '0';
    }
}

void print_quoted(std::string& out, std::string_view bytes, bool cut) {
    out += '"';
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char character = bytes[i];
        const auto* escape = std::ranges::find(escapes, character, &Escape::character);
        if (escape != std::end(escapes)) {
            out += escape->text;
        } else if (character >= ' ' && character <= '~') {
            out += character;
        } else if (i + 1 < bytes.size() && is_digit(bytes[i + 1])) {
            out += fmt::format("\\{:03o}", static_cast<unsigned char>(character));
        } else {
            out += fmt::format("\\{:o}", static_cast<unsigned char>(character));
        }
    }
    out += cut ? "\"..." : "\"";
}

std::string signal_name(std::uint64_t signal) {
    if (signal <= first_realtime_signal) return signal_names[signal];
    if (signal <= 64) return fmt::format("SIGRT_{}", signal - first_realtime_signal);
    return std::to_string(static_cast<int>(signal));
}

}  // namespace lxr
