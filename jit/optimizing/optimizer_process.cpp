// What is sent, what is received, and what becomes of a process that does not do as it should.
#include "jit/optimizing/optimizer_process.h"

#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "lifter/support/log.h"

namespace lxr::optimizing {

namespace {

constexpr int most_losses = 3;
/// After a deadline: a machine that is merely busy wakes a thread sooner.
constexpr std::chrono::milliseconds least_oversleeping{500};

std::string optimizer_path() {
    char path[PATH_MAX];
    const auto size = readlink("/proc/self/exe", path, sizeof path);
    if (size <= 0) return optimizer_file;
    const std::string file(path, static_cast<std::size_t>(size));
    return file.substr(0, file.rfind('/') + 1) + optimizer_file;
}

/// What the guest makes of its number does not matter while it is used.
Socket socket_of(const EngineDescriptor& descriptor) {
    return {.number = [&descriptor] { return descriptor.get(); },
            .send =
                [&descriptor](std::span<const std::byte> data) {
                    return descriptor.with([data](int number) { return plain_socket(number).send(data); });
                },
            .receive =
                [&descriptor](std::span<std::byte> data) {
                    return descriptor.with([data](int number) { return plain_socket(number).receive(data); });
                }};
}

}  // namespace

bool OptimizerProcess::turn_off(LogLevel level, const std::string& reason) {
    is_available_ = false;
    log(LogCategory::jit, level, "the optimising tier is off: {}", reason);
    return false;
}

/// What is wrong with lxr's files is to be warned of; not what the guest has done to its limits and rights.
LogLevel OptimizerProcess::level_of(int error) const {
    const bool is_limit = error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE || error == EPERM;
    return is_limit || geteuid() != user_ ? LogLevel::info : LogLevel::warning;
}

bool OptimizerProcess::start() {
    return is_available_ && (process_ || spawn());
}

bool OptimizerProcess::spawn() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return turn_off(level_of(errno), fmt::format("no socket: {}", std::strerror(errno)));
    }
    auto own_end = std::make_unique<EngineDescriptor>(ends[0]);
    const auto path = optimizer_path();
    auto started = HiddenProcess::start(path.c_str(), ends[1]);
    close(ends[1]);
    if (!started) {
        return turn_off(level_of(started.error()), fmt::format("cannot start {}: {}", path, std::strerror(started.error())));
    }
    process_.emplace(std::move(*started));
    has_greeted_ = false;
    socket_ = std::move(own_end);
    reader_.clear();
    return true;
}

bool OptimizerProcess::send(const RegionRequest& request) {
    if (!start()) return false;
    deadline_ = std::chrono::steady_clock::now() + longest_compilation;
    send_message(socket_of(*socket_), encode(request));  // who is gone does not answer either
    return true;
}

OptimizerProcess::Outcome OptimizerProcess::receive(RegionAnswer& answer, int wake) {
    using Read = MessageReader::Outcome;
    while (true) {
        const auto outcome = reader_.read(socket_of(*socket_), wake, &deadline_);
        if (outcome == Read::interrupted) return Outcome::interrupted;
        if (outcome == Read::late && !gets_more_time()) return lose("takes too long");
        if (outcome == Read::late) continue;
        if (outcome == Read::gone) return lose("has ended");
        if (has_greeted_) break;
        has_greeted_ = std::ranges::equal(reader_.message(), greeting());
        if (!has_greeted_) losses_ = most_losses;  // neither will the next one
        if (!has_greeted_) return lose("is of another version");
    }
    return decode(reader_.message(), answer) ? Outcome::answered : lose("gives no answer");
}

/// Who comes back long after the deadline was stopped meanwhile, as the optimiser will have been (SIGSTOP, a frozen cgroup).
bool OptimizerProcess::gets_more_time() {
    const auto now = std::chrono::steady_clock::now();
    if (now - deadline_ < least_oversleeping) return false;
    deadline_ = now + longest_compilation;
    return true;
}

/// The request that was sent stays without answer.
OptimizerProcess::Outcome OptimizerProcess::lose(const std::string& reason) {
    const bool is_taken = socket_->get() < 0;  // the guest uses all numbers that there are: another would be taken as well
    end();
    const auto what = fmt::format("{} {}", optimizer_path(), reason);
    if (++losses_ >= most_losses || is_taken) {
        turn_off(is_taken ? LogLevel::info : LogLevel::warning, what);
    } else {
        log(LogCategory::jit, LogLevel::info, "{}", what);
    }
    return Outcome::gone;
}

void OptimizerProcess::end() {
    socket_.reset();
    if (process_) process_->end();
    process_.reset();
}

void OptimizerProcess::forget() {
    socket_.reset();
    process_.reset();
}

}  // namespace lxr::optimizing
