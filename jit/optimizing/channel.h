// Messages between lxr and the optimiser's process: each its length, then its bytes, through a socket. Both sides are the same
// machine and build.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace lxr::optimizing {

/// What is done with the socket, each as the call of that name with MSG_DONTWAIT.
struct Socket {
    /// The number to wait for.
    std::function<int()> number;
    std::function<ssize_t(std::span<const std::byte>)> send;
    std::function<ssize_t(std::span<std::byte>)> receive;
};
/// Whose number does not change.
Socket plain_socket(int number);

/// @return false if the other side is gone.
bool send_message(const Socket& socket, std::span<const std::byte> message);

/// Puts messages together from what arrives. Remembers half a message when it is interrupted.
class MessageReader {
public:
    enum class Outcome : unsigned char { complete, interrupted, late, gone };

    /// Waits for the next message, which is then in `message`.
    /// @param wake  a descriptor that ends the waiting when it can be read; -1 for none.
    /// @param deadline  when to wait no longer; null for never.
    Outcome read(const Socket& socket, int wake, const std::chrono::steady_clock::time_point* deadline);
    [[nodiscard]] std::span<const std::byte> message() const;
    /// Begins anew, for another socket.
    void clear();

private:
    [[nodiscard]] std::size_t missing_bytes() const;

    std::vector<std::byte> received_;  // of the message that is read, with its length
    bool is_complete_ = false;
};

}  // namespace lxr::optimizing
