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

bool is_transient(int error) {
    return error == EINTR || error == EAGAIN;
}

bool send_all(const Socket& socket, std::span<const std::byte> data) {
    while (!data.empty()) {
        const auto sent = socket.send(data);
        if (sent < 0 && !is_transient(errno)) return false;
        if (sent < 0) {
            pollfd room{.fd = socket.number(), .events = POLLOUT, .revents = 0};
            poll(&room, 1, -1);
        } else {
            data = data.subspan(static_cast<std::size_t>(sent));
        }
    }
    return true;
}

int milliseconds_until(const std::chrono::steady_clock::time_point* deadline) {
    if (deadline == nullptr) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

Socket plain_socket(int number) {
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return {.number = [number] { return number; },
            .send = [number](std::span<const std::byte> data) { return ::send(number, data.data(), data.size(), flags); },
            .receive = [number](std::span<std::byte> data) { return ::recv(number, data.data(), data.size(), flags); }};
}

bool send_message(const Socket& socket, std::span<const std::byte> message) {
    const Length length = message.size();
    return send_all(socket, std::as_bytes(std::span(&length, 1))) && send_all(socket, message);
}

MessageReader::Outcome MessageReader::read(const Socket& socket, int wake,
                                           const std::chrono::steady_clock::time_point* deadline) {
    if (is_complete_) clear();
    while (true) {
        const auto missing = missing_bytes();
        if (missing == 0) break;
        const int number = socket.number();
        if (number < 0) return Outcome::gone;
        std::array waiting = {pollfd{.fd = number, .events = POLLIN, .revents = 0},
                              pollfd{.fd = wake, .events = POLLIN, .revents = 0}};
        const int ready = poll(waiting.data(), waiting.size(), milliseconds_until(deadline));
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return Outcome::gone;
        if (ready == 0) return Outcome::late;
        if (waiting[1].revents != 0) return Outcome::interrupted;
        const auto had = received_.size();
        received_.resize(had + std::min(missing, read_at_once_bytes));
        const auto got = socket.receive(std::span(received_).subspan(had));
        received_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0 || (got < 0 && !is_transient(errno))) return Outcome::gone;
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
