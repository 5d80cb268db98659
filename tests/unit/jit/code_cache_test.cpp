// What may be patched while it is executed (patch_site.h), on this very processor.
#include "jit/code_cache/code_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "jit/code_cache/patch_site.h"

namespace lxr {
namespace {

#ifdef __x86_64__

constexpr std::size_t line_bytes = 64;

/// Machine code: a short loop whose jump is patched to lead back, or on behind it, where another leads back. No byte of the two
/// distances is the same, and all around is INT3, so that a jump with some bytes of each ends the process.
class PatchedLoop {
public:
    /// @param site_offset  of the jump's distance, from a multiple of `line_bytes`.
    explicit PatchedLoop(std::size_t site_offset) : site_(2 * line_bytes + site_offset) {
        if (!cache_.open(page_bytes)) return;
        code_ = cache_.room().data();
        entry_ = cache_.next() + begin();
        std::memset(code_, 0xcc, page_bytes);
        put(begin(), 0xff, 0xcf, 0x0f, 0x84);  // dec edi; jz end
        put_distance(begin() + 4, end);
        put(site_ - 2, 0x0f, 0x85);  // jnz
        put_distance(site_, begin());
        put(behind(), 0xe9);  // jmp
        put_distance(behind() + 1, begin());
        put(end, 0xc3);  // ret
    }

    [[nodiscard]] bool is_there() const { return entry_ != nullptr; }
    void run(unsigned rounds) const { reinterpret_cast<void (*)(unsigned)>(reinterpret_cast<std::uintptr_t>(entry_))(rounds); }

    /// As CodeCache::patch does it, but with less between the stores: those that follow each other closely are divided most.
    void patch_until(const std::atomic<bool>& is_over) const {
        auto* const place = reinterpret_cast<std::int32_t*>(code_ + site_);
        for (unsigned count = 0; !is_over.load(std::memory_order_relaxed); ++count) {
            __atomic_store_n(place, distance(site_, count % 2 == 0 ? behind() : begin()), __ATOMIC_RELAXED);
            for (volatile unsigned wait = count / 1024 % 8; wait != 0; wait = wait - 1) {
            }
        }
    }

private:
    static constexpr std::size_t page_bytes = 4096;
    static constexpr std::size_t end = 2048;
    [[nodiscard]] std::size_t begin() const { return site_ - 10; }
    [[nodiscard]] std::size_t behind() const { return site_ + 4; }

    static std::int32_t distance(std::size_t at, std::size_t target) {
        return static_cast<std::int32_t>(target) - static_cast<std::int32_t>(at + 4);
    }
    template <typename... Bytes>
    void put(std::size_t at, Bytes... bytes) {
        std::memcpy(code_ + at, std::array{static_cast<unsigned char>(bytes)...}.data(), sizeof...(bytes));
    }
    void put_distance(std::size_t at, std::size_t target) {
        const auto value = distance(at, target);
        std::memcpy(code_ + at, &value, sizeof value);
    }

    std::size_t site_;
    CodeCache cache_;
    std::byte* code_ = nullptr;
    const std::byte* entry_ = nullptr;
};

[[noreturn]] void execute_while_patched(std::size_t site_offset) {
    const PatchedLoop loop(site_offset);
    if (!loop.is_there()) _exit(2);
    std::atomic<bool> is_over = false;  // relaxed: it tells of nothing else
    std::thread patching([&] { loop.patch_until(is_over); });
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
    while (std::chrono::steady_clock::now() < end) loop.run(1000);
    is_over.store(true, std::memory_order_relaxed);
    patching.join();
    _exit(0);
}

TEST(PatchSiteDeathTest, AProcessorExecutesTheOldDistanceOrTheNewOne) {
    for (std::size_t offset = 0; offset < line_bytes; ++offset) {
        if (is_patch_site(offset)) EXPECT_EXIT(execute_while_patched(offset), testing::ExitedWithCode(0), "") << offset;
    }
}

#endif

}  // namespace
}  // namespace lxr
