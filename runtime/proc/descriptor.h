// A descriptor that closes itself. Called by what reads /proc and the sysroot for a moment.
#pragma once

#include <unistd.h>

#include <utility>

namespace lxr {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

private:
    void reset() {
        if (fd_ >= 0) close(fd_);
    }
    int fd_ = -1;
};

}  // namespace lxr
