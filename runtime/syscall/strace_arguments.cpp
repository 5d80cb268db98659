// Printers of arguments for --strace, one per kind of strace_arguments.inc.
#include "runtime/syscall/strace_arguments.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "runtime/guest_memory.h"

namespace lxr {
namespace {

/// strace(1), -s.
constexpr std::size_t string_limit = 32;
/// How many elements of an array are shown.
constexpr std::size_t element_limit = 32;

template <typename... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// ---- numbers ----

void print_hex(std::string& out, const TracedCall& call, std::size_t index) {
    append(out, "{:#x}", call.arguments[index]);
}

void print_integer(std::string& out, const TracedCall& call, std::size_t index) {
    append(out, "{}", call.arguments.integer(index));
}

void print_unsigned_integer(std::string& out, const TracedCall& call, std::size_t index) {
    append(out, "{}", static_cast<unsigned>(call.arguments[index]));
}

void print_size(std::string& out, const TracedCall& call, std::size_t index) {
    append(out, "{}", call.arguments[index]);
}

void print_offset(std::string& out, const TracedCall& call, std::size_t index) {
    append(out, "{}", static_cast<std::int64_t>(call.arguments[index]));
}

void print_pointer(std::string& out, std::uint64_t address) {
    if (address == 0) {
        out += "NULL";
    } else {
        append(out, "{:#x}", address);
    }
}

void print_address(std::string& out, const TracedCall& call, std::size_t index) {
    print_pointer(out, call.arguments[index]);
}

void print_directory_fd(std::string& out, const TracedCall& call, std::size_t index) {
    const int fd = call.arguments.integer(index);
    if (fd == AT_FDCWD) {
        out += "AT_FDCWD";
    } else {
        append(out, "{}", fd);
    }
}

void print_mode_bits(std::string& out, std::uint64_t mode) {
    append(out, "{:#03o}", mode & 07777777);
}

void print_mode(std::string& out, const TracedCall& call, std::size_t index) {
    print_mode_bits(out, call.arguments[index]);
}

/// Only where the flags before it may create a file.
void print_creation_mode(std::string& out, const TracedCall& call, std::size_t index) {
    const std::uint64_t flags = call.arguments[index - 1];
    const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    if (creates) print_mode(out, call, index);
}

// ---- bytes and strings ----

void print_bytes(std::string& out, GuestAddress address, std::uint64_t size_bytes) {
    std::string bytes(std::min<std::uint64_t>(size_bytes, string_limit), '\0');
    if (address.value() == 0 || !copy_from_guest(bytes.data(), address, bytes.size())) {
        print_pointer(out, address.value());
    } else {
        print_quoted(out, bytes, size_bytes > string_limit);
    }
}

void print_string_at(std::string& out, GuestAddress address) {
    const Result<std::string> text = address.value() == 0 ? Result<std::string>(error(EFAULT)) : read_guest_string(address);
    if (!text) {
        print_pointer(out, address.value());
    } else {
        print_quoted(out, *text, false);
    }
}

/// Paths are shown whole, as strace shows them.
void print_string(std::string& out, const TracedCall& call, std::size_t index) {
    print_string_at(out, call.arguments.address(index));
}

void print_buffer_in(std::string& out, const TracedCall& call, std::size_t index) {
    print_bytes(out, call.arguments.address(index), call.arguments[index + 1]);
}

/// As much as the call says that it wrote.
void print_buffer_out(std::string& out, const TracedCall& call, std::size_t index) {
    print_bytes(out, call.arguments.address(index), static_cast<std::uint64_t>(call.result));
}

void print_string_vector(std::string& out, const TracedCall& call, std::size_t index) {
    GuestAddress at = call.arguments.address(index);
    if (at.value() == 0) return print_pointer(out, 0);
    out += '[';
    for (std::size_t i = 0; i < element_limit; ++i, at = at + sizeof(std::uint64_t)) {
        const Result<std::uint64_t> element = read_guest<std::uint64_t>(at);
        if (!element || *element == 0) break;
        if (i != 0) out += ", ";
        print_string_at(out, GuestAddress(*element));
    }
    out += ']';
}

void print_environment_vector(std::string& out, const TracedCall& call, std::size_t index) {
    const GuestAddress begin = call.arguments.address(index);
    std::size_t count = 0;
    while (true) {
        const Result<std::uint64_t> element = read_guest<std::uint64_t>(begin + count * sizeof(std::uint64_t));
        if (!element || *element == 0) break;
        ++count;
    }
    print_pointer(out, begin.value());
    append(out, " /* {} var{} */", count, count == 1 ? "" : "s");
}

/// @param bytes  of the data that the elements hold; the rest of the last ones is not shown.
void print_iovec(std::string& out, GuestAddress at, std::uint64_t count, std::uint64_t bytes) {
    if (at.value() == 0) return print_pointer(out, 0);
    out += '[';
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, element_limit); ++i) {
        const Result<iovec> element = read_guest<iovec>(at + i * sizeof(iovec));
        if (!element) break;
        if (i != 0) out += ", ";
        out += "{iov_base=";
        print_bytes(out, guest_address(element->iov_base), std::min<std::uint64_t>(element->iov_len, bytes));
        append(out, ", iov_len={}}}", element->iov_len);
        bytes -= std::min<std::uint64_t>(element->iov_len, bytes);
    }
    out += ']';
}

void print_iovec_in(std::string& out, const TracedCall& call, std::size_t index) {
    print_iovec(out, call.arguments.address(index), call.arguments[index + 1], ~std::uint64_t{0});
}

void print_iovec_out(std::string& out, const TracedCall& call, std::size_t index) {
    print_iovec(out, call.arguments.address(index), call.arguments[index + 1], static_cast<std::uint64_t>(call.result));
}

// ---- structures ----

/// Prints the structure at an address by `print(out, value)`, or the address if it cannot be read.
template <typename T, typename Print>
void print_structure(std::string& out, GuestAddress address, Print print) {
    const Result<T> value = address.value() == 0 ? Result<T>(error(EFAULT)) : read_guest<T>(address);
    if (value) {
        print(out, *value);
    } else {
        print_pointer(out, address.value());
    }
}

void print_fd_pair(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<std::array<int, 2>>(out, call.arguments.address(index),
                                        [](std::string& to, const auto& pair) { append(to, "[{}, {}]", pair[0], pair[1]); });
}

void print_offset_pointer(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<std::int64_t>(out, call.arguments.address(index),
                                  [](std::string& to, std::int64_t offset) { append(to, "[{}]", offset); });
}

struct FileType {
    unsigned mode;
    const char* name;
};

constexpr FileType file_types[] = {
    {S_IFREG, "S_IFREG"}, {S_IFDIR, "S_IFDIR"}, {S_IFLNK, "S_IFLNK"},   {S_IFCHR, "S_IFCHR"},
    {S_IFBLK, "S_IFBLK"}, {S_IFIFO, "S_IFIFO"}, {S_IFSOCK, "S_IFSOCK"},
};

void print_file_mode(std::string& out, unsigned mode) {
    const auto* type = std::ranges::find(file_types, mode & S_IFMT, &FileType::mode);
    if (type != std::end(file_types)) append(out, "{}|", type->name);
    print_mode_bits(out, mode & 07777);
}

void print_device_or_size(std::string& out, unsigned mode, dev_t device, std::uint64_t size_bytes) {
    if (S_ISCHR(mode) || S_ISBLK(mode)) {
        append(out, "st_rdev=makedev({:#x}, {:#x})", major(device), minor(device));
    } else {
        append(out, "st_size={}", size_bytes);
    }
}

void print_stat(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<struct stat>(out, call.arguments.address(index), [](std::string& to, const struct stat& status) {
        to += "{st_mode=";
        print_file_mode(to, status.st_mode);
        to += ", ";
        print_device_or_size(to, status.st_mode, status.st_rdev, static_cast<std::uint64_t>(status.st_size));
        to += ", ...}";
    });
}

void print_statx(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<struct statx>(out, call.arguments.address(index), [](std::string& to, const struct statx& status) {
        to += "{stx_mask=";
        print_names(to, ArgumentKind::statx_mask, status.stx_mask);
        append(to, ", stx_attributes={:#x}, stx_mode=", status.stx_attributes);
        print_file_mode(to, status.stx_mode);
        append(to, ", stx_size={}, ...}}", status.stx_size);
    });
}

void print_utsname(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<utsname>(out, call.arguments.address(index), [](std::string& to, const utsname& name) {
        append(to, "{{sysname=\"{}\", nodename=\"{}\", ...}}", name.sysname, name.nodename);
    });
}

void print_timespec(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<timespec>(out, call.arguments.address(index), [](std::string& to, const timespec& time) {
        append(to, "{{tv_sec={}, tv_nsec={}}}", time.tv_sec, time.tv_nsec);
    });
}

void print_timeval(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<timeval>(out, call.arguments.address(index), [](std::string& to, const timeval& time) {
        append(to, "{{tv_sec={}, tv_usec={}}}", time.tv_sec, time.tv_usec);
    });
}

std::string limit_text(rlim_t limit) {
    if (limit == RLIM_INFINITY) return "RLIM64_INFINITY";
    if (limit > 1024 && limit % 1024 == 0) return fmt::format("{}*1024", limit / 1024);
    return std::to_string(limit);
}

void print_rlimit(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<rlimit>(out, call.arguments.address(index), [](std::string& to, const rlimit& limit) {
        append(to, "{{rlim_cur={}, rlim_max={}}}", limit_text(limit.rlim_cur), limit_text(limit.rlim_max));
    });
}

void print_poll_fds(std::string& out, const TracedCall& call, std::size_t index) {
    const GuestAddress begin = call.arguments.address(index);
    const std::uint64_t count = std::min<std::uint64_t>(call.arguments[index + 1], element_limit);
    out += '[';
    for (std::uint64_t i = 0; i < count; ++i) {
        const Result<pollfd> entry = read_guest<pollfd>(begin + i * sizeof(pollfd));
        if (!entry) break;
        append(out, "{}{{fd={}, events={:#x}, revents={:#x}}}", i == 0 ? "" : ", ", entry->fd, entry->events, entry->revents);
    }
    out += ']';
}

void print_epoll_event(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<epoll_event>(out, call.arguments.address(index), [](std::string& to, const epoll_event& event) {
        append(to, "{{events={:#x}, data={:#x}}}", std::uint32_t{event.events}, std::uint64_t{event.data.u64});
    });
}

void print_wait_status(std::string& out, const TracedCall& call, std::size_t index) {
    if (call.result == 0) return print_address(out, call, index);
    print_structure<int>(out, call.arguments.address(index), [](std::string& to, int status) {
        if (WIFEXITED(status)) {
            append(to, "[{{WIFEXITED(s) && WEXITSTATUS(s) == {}}}]", WEXITSTATUS(status));
        } else if (WIFSIGNALED(status)) {
            append(to, "[{{WIFSIGNALED(s) && WTERMSIG(s) == {}{}}}]", signal_name(static_cast<unsigned>(WTERMSIG(status))),
                   WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
        } else if (WIFSTOPPED(status)) {
            append(to, "[{{WIFSTOPPED(s) && WSTOPSIG(s) == {}}}]", signal_name(static_cast<unsigned>(WSTOPSIG(status))));
        } else {
            append(to, "[{:#x}]", status);
        }
    });
}

// ---- signals ----

void print_signal(std::string& out, const TracedCall& call, std::size_t index) {
    out += signal_name(call.arguments[index]);
}

/// The kernel's sigset_t, whose names strace prints without SIG; a set that is mostly full is printed as what is missing.
void print_set(std::string& out, std::uint64_t set) {
    const bool inverted = std::popcount(set) > 42;
    if (inverted) {
        set = ~set;
        out += '~';
    }
    out += '[';
    const char* separator = "";
    for (unsigned signal = 1; signal <= 64; ++signal) {
        if ((set >> (signal - 1) & 1) == 0) continue;
        const std::string name = signal_name(signal);
        append(out, "{}{}", separator, name.starts_with("SIG") ? name.substr(3) : name);
        separator = " ";
    }
    out += ']';
}

void print_signal_set(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<std::uint64_t>(out, call.arguments.address(index), print_set);
}

/// The kernel's struct sigaction of x86-64 (Linux include/linux/signal_types.h).
struct KernelSigaction {
    std::uint64_t handler;
    std::uint64_t flags;
    std::uint64_t restorer;
    std::uint64_t mask;
};

void print_sigaction(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<KernelSigaction>(out, call.arguments.address(index), [](std::string& to, const KernelSigaction& action) {
        to += "{sa_handler=";
        if (action.handler <= 1) {
            to += action.handler == 0 ? "SIG_DFL" : "SIG_IGN";
        } else {
            append(to, "{:#x}", action.handler);
        }
        to += ", sa_mask=";
        print_set(to, action.mask);
        to += ", sa_flags=";
        print_names(to, ArgumentKind::sigaction_flags, action.flags);
        if (action.restorer != 0) append(to, ", sa_restorer={:#x}", action.restorer);
        to += '}';
    });
}

// ---- sockets ----

std::string internet_address(int family, const void* address) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(family, address, text, sizeof text);
    return text;
}

void print_unix_address(std::string& out, const sockaddr_un& address, std::size_t size_bytes) {
    const std::size_t length = size_bytes - std::min(size_bytes, offsetof(sockaddr_un, sun_path));
    if (length == 0) return;
    const bool abstract = address.sun_path[0] == '\0';
    const std::string_view path(address.sun_path, abstract ? length : strnlen(address.sun_path, length));
    out += abstract ? ", sun_path=@" : ", sun_path=";
    print_quoted(out, path.substr(abstract ? 1 : 0), false);
}

void print_socket_address(std::string& out, GuestAddress address, std::size_t size_bytes) {
    sockaddr_storage storage{};
    size_bytes = std::min(size_bytes, sizeof storage);
    if (address.value() == 0 || size_bytes < sizeof(sa_family_t) || !copy_from_guest(&storage, address, size_bytes)) {
        return print_pointer(out, address.value());
    }
    out += "{sa_family=";
    print_names(out, ArgumentKind::socket_family, storage.ss_family);
    if (storage.ss_family == AF_INET) {
        const auto& internet = reinterpret_cast<const sockaddr_in&>(storage);
        append(out, ", sin_port=htons({}), sin_addr=inet_addr(\"{}\")", ntohs(internet.sin_port),
               internet_address(AF_INET, &internet.sin_addr));
    } else if (storage.ss_family == AF_INET6) {
        const auto& internet = reinterpret_cast<const sockaddr_in6&>(storage);
        append(out, ", sin6_port=htons({}), inet_pton(AF_INET6, \"{}\")", ntohs(internet.sin6_port),
               internet_address(AF_INET6, &internet.sin6_addr));
    } else if (storage.ss_family == AF_UNIX) {
        print_unix_address(out, reinterpret_cast<const sockaddr_un&>(storage), size_bytes);
    }
    out += '}';
}

void print_socket_address_in(std::string& out, const TracedCall& call, std::size_t index) {
    print_socket_address(out, call.arguments.address(index), static_cast<std::uint32_t>(call.arguments[index + 1]));
}

void print_socket_address_out(std::string& out, const TracedCall& call, std::size_t index) {
    const Result<std::uint32_t> length = read_guest<std::uint32_t>(call.arguments.address(index + 1));
    print_socket_address(out, call.arguments.address(index), length.value_or(0));
}

void print_socket_length(std::string& out, const TracedCall& call, std::size_t index) {
    print_structure<std::uint32_t>(out, call.arguments.address(index),
                                   [](std::string& to, std::uint32_t length) { append(to, "[{}]", length); });
}

// ---- flags that carry something else ----

/// The lowest byte is the signal that the parent gets.
void print_clone_flags(std::string& out, const TracedCall& call, std::size_t index) {
    constexpr std::uint64_t signal_bits = 0xff;
    const std::uint64_t flags = call.arguments[index] & ~signal_bits;
    const std::uint64_t signal = call.arguments[index] & signal_bits;
    if (flags != 0 || signal == 0) print_names(out, ArgumentKind::clone_flags, flags);
    if (flags != 0 && signal != 0) out += '|';
    if (signal != 0) out += signal_name(signal);
}

void print_fcntl_argument(std::string& out, const TracedCall& call, std::size_t index) {
    switch (call.arguments.integer(index - 1)) {
        case F_GETFD:
        case F_GETFL:
        case F_GETOWN:
        case F_GETSIG:
        case F_GETPIPE_SZ:
            return;
        case F_SETFD:
            out += call.arguments[index] == FD_CLOEXEC ? "FD_CLOEXEC" : fmt::format("{:#x}", call.arguments[index]);
            return;
        case F_SETFL:
            return print_names(out, ArgumentKind::open_flags, call.arguments[index]);
        case F_DUPFD:
        case F_DUPFD_CLOEXEC:
            return print_integer(out, call, index);
        default:
            return print_hex(out, call, index);
    }
}

// ---- the tables ----

enum class When : std::uint8_t { before, after };

struct KindRow {
    ArgumentKind kind;
    void (*print)(std::string& out, const TracedCall& call, std::size_t index);  // null: by names
    When when;
};

constexpr KindRow kinds[] = {
#define KIND(name, function, when) {ArgumentKind::name, function, When::when},
#define NAMES(name) {ArgumentKind::name, nullptr, When::before},
#include "runtime/syscall/strace_arguments.inc"
};

const KindRow* row_of(ArgumentKind kind) {
    return std::ranges::find(kinds, kind, &KindRow::kind);
}

}  // namespace

bool is_printed_after(ArgumentKind kind) {
    return row_of(kind)->when == When::after;
}

void print_argument(std::string& out, const TracedCall& call, std::size_t index, ArgumentKind kind) {
    const KindRow& row = *row_of(kind);
    if (row.print == nullptr) {
        print_names(out, kind, static_cast<std::uint32_t>(call.arguments[index]));
    } else if (row.when == When::after && call.failed()) {
        print_address(out, call, index);
    } else {
        row.print(out, call, index);
    }
}

}  // namespace lxr
