// Messages through a socket (jit/optimizing/channel.h).
#include "jit/optimizing/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>

namespace lxr::optimizing {
namespace {

using Outcome = MessageReader::Outcome;

class Channel : public testing::Test {
protected:
    Channel() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
    ~Channel() override {
        for (const int end : ends_) close(end);
    }
    void close_sender() { close(std::exchange(ends_[0], -1)); }
    [[nodiscard]] int sender() const { return ends_[0]; }
    [[nodiscard]] int receiver() const { return ends_[1]; }

    static std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
    void expect_message(std::string_view text) {
        ASSERT_EQ(reader_.read(plain_socket(receiver()), -1, nullptr), Outcome::complete);
        EXPECT_TRUE(std::ranges::equal(reader_.message(), bytes_of(text)));
    }

    MessageReader reader_;

private:
    std::array<int, 2> ends_{};
};

TEST_F(Channel, MessagesComeOneByOne) {
    ASSERT_TRUE(send_message(plain_socket(sender()), bytes_of("first")));
    ASSERT_TRUE(send_message(plain_socket(sender()), bytes_of("")));
    ASSERT_TRUE(send_message(plain_socket(sender()), bytes_of("third")));
    expect_message("first");
    expect_message("");
    expect_message("third");
}

TEST_F(Channel, AMessageMayBeLongerThanTheSocketHolds) {
    const std::string text(3 << 20, 'x');
    std::thread other([&] { EXPECT_TRUE(send_message(plain_socket(sender()), bytes_of(text))); });
    expect_message(text);
    other.join();
}

TEST_F(Channel, HalfAMessageIsKeptOverAnInterruption) {
    std::array<int, 2> wake{};
    ASSERT_EQ(pipe(wake.data()), 0);
    constexpr std::string_view text = "message";
    const std::uint64_t length = text.size();
    ASSERT_EQ(write(sender(), &length, sizeof length), static_cast<ssize_t>(sizeof length));
    ASSERT_EQ(write(sender(), text.data(), 3), 3);
    const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
    EXPECT_EQ(reader_.read(plain_socket(receiver()), wake[0], &soon), Outcome::late);
    ASSERT_EQ(write(wake[1], "", 1), 1);
    EXPECT_EQ(reader_.read(plain_socket(receiver()), wake[0], nullptr), Outcome::interrupted);
    ASSERT_EQ(write(sender(), text.data() + 3, text.size() - 3), static_cast<ssize_t>(text.size() - 3));
    expect_message(text);
    for (const int end : wake) close(end);
}

TEST_F(Channel, WhoIsGoneIsGone) {
    ASSERT_EQ(write(sender(), "half", 4), 4);
    close_sender();
    EXPECT_EQ(reader_.read(plain_socket(receiver()), -1, nullptr), Outcome::gone);
    EXPECT_FALSE(send_message(plain_socket(receiver()), bytes_of("answer")));
}

}  // namespace
}  // namespace lxr::optimizing
