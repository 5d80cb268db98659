// C++ exceptions through many frames, destructors, rethrow, threads and dynamic_cast: the unwinder at work.
// flags: -O2 -static -pthread
// flags: -O0 -pthread
#include <cstdio>
#include <exception>
#include <future>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

struct Noisy {
    explicit Noisy(int depth) : depth(depth) {}
    ~Noisy() { std::cout << "leaving " << depth << '\n'; }
    int depth;
};

static int descend(int depth) {
    Noisy noisy(depth);
    if (depth == 0) throw std::out_of_range("the bottom");
    try {
        return descend(depth - 1) + 1;
    } catch (const std::out_of_range& bottom) {
        if (depth % 3 == 0) throw std::runtime_error(std::string(bottom.what()) + " by way of " + std::to_string(depth));
        throw;
    }
}

int main() {
    try {
        descend(10);
    } catch (const std::exception& failure) {
        std::cout << "caught " << failure.what() << '\n';
    }
    auto future = std::async(std::launch::async, []() -> int { throw std::logic_error("in another thread"); });
    try {
        future.get();
    } catch (const std::logic_error& failure) {
        std::cout << "caught " << failure.what() << '\n';
    }
    std::exception_ptr kept;
    try {
        throw 42;
    } catch (...) {
        kept = std::current_exception();
    }
    try {
        std::rethrow_exception(kept);
    } catch (int number) {
        std::cout << "caught " << number << '\n';
    }
    std::ostringstream text;
    text << 3.25 << ' ' << std::hex << 255 << ' ' << true;
    std::cout << text.str() << std::endl;
    std::cerr << "and now without a handler\n";
    throw std::runtime_error("nobody catches this");
}
