// A stream socket, since a message with the stages in words may be longer than a datagram can be.
#include "jit/optimizing/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace lxr::optimizing {

namespace {

using Length = std::uint64_t;
constexpr std::size_t read_at_once_bytes = 64 << 10;

bool send_all(int socket, const void* data, std::size_t size_bytes) {
    const auto* next = static_cast<const std::byte*>(data);
    while (size_bytes > 0) {
        const auto sent = send(socket, next, size_bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        next += sent;
        size_bytes -= static_cast<std::size_t>(sent);
    }
    return true;
}

int milliseconds_until(const std::chrono::steady_clock::time_point* deadline) {
    if (deadline == nullptr) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

bool send_message(int socket, std::span<const std::byte> message) {
    const Length length = message.size();
    return send_all(socket, &length, sizeof length) && send_all(socket, message.data(), message.size());
}

MessageReader::Outcome MessageReader::read(int socket, int wake, const std::chrono::steady_clock::time_point* deadline) {
    if (is_complete_) clear();
    while (true) {
        const auto missing = missing_bytes();
        if (missing == 0) break;
        std::array waiting = {pollfd{.fd = socket, .events = POLLIN, .revents = 0},
                              pollfd{.fd = wake, .events = POLLIN, .revents = 0}};
        const int ready = poll(waiting.data(), waiting.size(), milliseconds_until(deadline));
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return Outcome::gone;
        if (ready == 0) return Outcome::late;
        if (waiting[1].revents != 0) return Outcome::interrupted;
        const auto had = received_.size();
        received_.resize(had + std::min(missing, read_at_once_bytes));
        const auto got = recv(socket, received_.data() + had, received_.size() - had, MSG_DONTWAIT);
        received_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) return Outcome::gone;
    }
    is_complete_ = true;
    return Outcome::complete;
}

void MessageReader::clear() {
    received_.clear();
    is_complete_ = false;
}

std::span<const std::byte> MessageReader::message() const {
    return std::span(received_).subspan(sizeof(Length));
}

/// Of the length first, then of the rest.
std::size_t MessageReader::missing_bytes() const {
    if (received_.size() < sizeof(Length)) return sizeof(Length) - received_.size();
    Length length = 0;
    std::memcpy(&length, received_.data(), sizeof length);
    return length - (received_.size() - sizeof length);
}

}  // namespace lxr::optimizing
