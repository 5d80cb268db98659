// lxr-optimizer: compiles regions for the lxr that started it, until that closes the socket.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "jit/optimizing/channel.h"
#include "jit/optimizing/compiler.h"
#include "lifter/support/cpu_time.h"

namespace {

using namespace lxr::optimizing;

bool is_socket(int descriptor) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

/// What a process inherits over execve was chosen for the guest. Signals are blocked, and so they stay: kill(2) of all
/// processes is not meant for this one.
void leave_guest_behind() {
    const int policy = sched_getscheduler(0);
    constexpr sched_param ordinary{};
    if (policy == SCHED_FIFO || policy == SCHED_RR) sched_setscheduler(0, SCHED_OTHER, &ordinary);
    (void)!chdir("/");  // so that the guest's folder can be unmounted
    // LLVM's words are not for the guest's stderr.
    while (open("/dev/null", O_RDWR) >= 0 && fcntl(STDERR_FILENO, F_GETFD) < 0) {
    }
}

RegionAnswer answer_to(std::span<const std::byte> message) {
    RegionAnswer answer;
    RegionRequest request;
    if (!decode(message, request)) {
        answer.refusal = "not a request";
        return answer;
    }
    // Whoever asked ends a process that takes too long; unless it has ended itself.
    alarm(static_cast<unsigned>(longest_compilation.count()));
    answer = compile_region(request);
    alarm(0);
    return answer;
}

}  // namespace

int main() {
    if (!is_socket(optimizer_socket)) {
        fputs("lxr-optimizer is started by lxr\n", stderr);
        return 2;
    }
    leave_guest_behind();
    const auto socket = plain_socket(optimizer_socket);
    send_message(socket, greeting());
    MessageReader reader;
    auto told = std::chrono::nanoseconds(0);
    while (reader.read(socket, -1, nullptr) == MessageReader::Outcome::complete) {
        auto answer = answer_to(reader.message());
        const auto used = lxr::process_cpu_time();
        answer.cpu_ns = static_cast<std::uint64_t>((used - std::exchange(told, used)).count());
        if (!send_message(socket, encode(answer))) break;
    }
    _exit(0);  // LLVM's tables need not be taken down
}
