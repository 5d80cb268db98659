// Both signals are sent to the thread that writes, so they can be taken back while it has them blocked.
#include "lifter/support/own_output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace lxr {

namespace {

constinit std::atomic<bool> is_remembered = false;
constinit std::atomic<std::uint64_t> remembered_device = 0;
constinit std::atomic<std::uint64_t> remembered_inode = 0;

/// What a failed write(2) has sent with the error.
int signal_of(int error) {
    return error == EPIPE ? SIGPIPE : error == EFBIG ? SIGXFSZ : 0;
}

}  // namespace

bool write_own_output(int descriptor, std::string_view text) {
    if (descriptor < 0) return false;
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGPIPE);
    sigaddset(&both, SIGXFSZ);
    sigset_t mask;
    sigset_t pending;
    pthread_sigmask(SIG_BLOCK, &both, &mask);
    sigpending(&pending);
    errno = ENOSPC;  // unless write(2) says otherwise: it wrote a part
    const bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    const int sent = written ? 0 : signal_of(error);
    if (sent != 0 && sigismember(&pending, sent) == 0) {
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, sent);
        const timespec now{};
        sigtimedwait(&one, nullptr, &now);
    }
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    errno = error;
    return written;
}

void remember_standard_error() {
    struct stat status{};
    const bool is_open = fstat(STDERR_FILENO, &status) == 0;
    remembered_device = is_open ? status.st_dev : 0;
    remembered_inode = is_open ? status.st_ino : 0;  // which no file has
    is_remembered = true;
}

int own_standard_error() {
    if (!is_remembered) return STDERR_FILENO;
    struct stat status{};
    const bool is_it =
        fstat(STDERR_FILENO, &status) == 0 && status.st_dev == remembered_device && status.st_ino == remembered_inode;
    return is_it ? STDERR_FILENO : -1;
}

}  // namespace lxr
