// A handful of slots with the numbers of lxr's own descriptors, read without locks.
#include "lifter/support/engine_descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "lifter/support/check.h"

namespace lxr {
namespace {

constexpr int empty = -1;
constexpr int lost = -2;  // to the guest; its owner still has the slot
constexpr std::size_t slot_count = 8;

/// Above what shells take for themselves, and so that the few which are open at a time end with the 64 entries that the
/// kernel's table always has: with more of them, select(2) would look at numbers that it does not look at natively, and fork
/// would copy them.
constexpr rlim_t lowest_number = 60;

constinit std::array<std::atomic<int>, slot_count> slots = {empty, empty, empty, empty, empty, empty, empty, empty};
constinit std::atomic<int> used_slots = 0;

int move_up(int fd) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t room = limit.rlim_cur > slot_count ? limit.rlim_cur - slot_count : 0;
    return fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(std::min(lowest_number, room)));
}

int claim_slot(int fd) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
        int expected = empty;
        if (slots[i].compare_exchange_strong(expected, fd)) return static_cast<int>(i);
    }
    return -1;
}

}  // namespace

EngineDescriptor::EngineDescriptor(int fd) {
    if (fd < 0) return;
    const int moved = move_up(fd);
    if (moved >= 0) close(fd);
    slot_ = claim_slot(moved >= 0 ? moved : fd);
    LXR_CHECK(slot_ >= 0);
    used_slots.fetch_add(1);
}

EngineDescriptor::~EngineDescriptor() {
    if (slot_ < 0) return;
    close(slots[static_cast<std::size_t>(slot_)].exchange(empty));
    used_slots.fetch_sub(1);
}

int EngineDescriptor::get() const {
    return slot_ < 0 ? -1 : slots[static_cast<std::size_t>(slot_)].load();
}

constinit std::mutex EngineDescriptor::moves_;

void EngineDescriptor::unlock_in_child() {
    std::construct_at(&moves_);
}

bool any_engine_descriptor() {
    return used_slots.load(std::memory_order_relaxed) != 0;
}

bool is_engine_descriptor(int fd) {
    if (!any_engine_descriptor() || fd < 0) return false;
    return std::ranges::any_of(slots, [fd](const std::atomic<int>& slot) { return slot.load() == fd; });
}

void vacate_descriptor(int fd) {
    if (!is_engine_descriptor(fd)) return;
    const std::scoped_lock lock(EngineDescriptor::moves_);
    for (std::atomic<int>& slot : slots) {
        if (slot.load() != fd) continue;
        const int moved = move_up(fd);
        slot.store(moved >= 0 ? moved : lost);
        close(fd);
    }
}

void for_each_engine_descriptor(const std::function<void(int fd)>& visit) {
    for (const std::atomic<int>& slot : slots) {
        const int fd = slot.load();
        if (fd != empty) visit(fd);
    }
}

}  // namespace lxr
