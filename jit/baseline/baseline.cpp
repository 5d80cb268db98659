// Making, linking and retiring baseline blocks.
#include "jit/baseline/baseline.h"

#include <algorithm>
#include <cstring>

#include "jit/host/block_emitter.h"
#include "lifter/support/log.h"

namespace lxr::baseline {

namespace {

/// The cache begins small, because both its mappings count against the guest's RLIMIT_AS, and doubles when it has been full.
constexpr std::size_t first_cache_bytes = 16U << 20;
constexpr std::size_t largest_cache_bytes = 128U << 20;
constexpr std::size_t most_blocks = 1U << 19;
constexpr std::uint32_t instructions_in_a_block = 64;
/// More than any block takes.
constexpr std::size_t room_for_a_block = 64 * 1024;

std::uint64_t page_of(GuestAddress address) {
    return address.value() / page_size_bytes;
}

}  // namespace

/// In ascending order of host addresses, as the cache is filled.
struct Tier::HostIndex {
    std::unique_ptr<std::atomic<const Block*>[]> blocks =
        std::make_unique_for_overwrite<std::atomic<const Block*>[]>(most_blocks);
    std::atomic<std::size_t> count = 0;

    void add(const Block* block) {
        const auto index = count.load(std::memory_order_relaxed);
        blocks[index].store(block, std::memory_order_relaxed);
        count.store(index + 1, std::memory_order_release);  // with the acquire in `find`
    }

    [[nodiscard]] const Block* find(const std::byte* host_address) const {
        std::size_t low = 0;
        std::size_t high = count.load(std::memory_order_acquire);
        while (low < high) {
            const auto middle = (low + high) / 2;
            if (blocks[middle].load(std::memory_order_relaxed)->code <= host_address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == 0) return nullptr;
        const auto* block = blocks[low - 1].load(std::memory_order_relaxed);
        return host_address < block->code + block->code_bytes ? block : nullptr;
    }
};

Tier::Tier() {
    open();
}
Tier::~Tier() = default;

void Tier::open() {
    if (host_index_ == nullptr) host_index_ = std::make_unique<HostIndex>();
    if (!host::can_run_translated_code() || !cache_.open(first_cache_bytes)) {
        log(LogCategory::jit, LogLevel::warning,
            "the host refuses executable memory or lacks FSGSBASE: everything is interpreted");
    }
}

Block* Tier::find(GuestAddress address, std::uint64_t& flushes) {
    const std::scoped_lock lock(mutex_);
    flushes = flushes_.load();
    return by_guest_address_.find(address);
}

Block* Tier::block_at(GuestAddress address, const CodeBytes& code, std::uint64_t& flushes) {
    const std::scoped_lock lock(mutex_);
    const bool has_room = available() && make_room();
    flushes = flushes_.load();
    if (auto* const block = by_guest_address_.find(address)) return block;
    return has_room ? publish(address, code) : nullptr;
}

Block* Tier::publish(GuestAddress address, const CodeBytes& code) {
    auto emitted = host::emit_block(code.bytes, address, instructions_in_a_block, cache_.next());
    if (emitted.block == nullptr) return nullptr;
    const auto* placed = cache_.place(emitted.code);
    if (placed == nullptr) return nullptr;
    auto& block = *emitted.block;
    block.code = placed;
    block.code_bytes = static_cast<std::uint32_t>(emitted.code.size());
    for (std::size_t i = 0; i < block.exits.size(); ++i) {
        if (emitted.patch_offsets[i] == 0) continue;
        auto& exit = *block.exits[i];
        exit.patch_site = placed + emitted.patch_offsets[i];
        std::memcpy(&exit.unlinked_distance, exit.patch_site, sizeof exit.unlinked_distance);
    }
    by_guest_address_.insert(address, &block);
    for (auto page = page_of(address); page <= page_of(address + block.guest_bytes - 1); ++page) {
        by_guest_page_[page].push_back(&block);
    }
    host_index_->add(&block);
    blocks_.push_back(std::move(emitted.block));
    return &block;
}

void Tier::link(Exit& exit, Block& block) {
    const std::scoped_lock lock(mutex_);
    if (exit.patch_site == nullptr || exit.linked_to != nullptr) return;
    if (by_guest_address_.find(exit.target) != &block) return;  // retired meanwhile
    cache_.patch(exit.patch_site, static_cast<std::int32_t>(block.code - (exit.patch_site + 4)));
    exit.linked_to = &block;
    block.linked_here.push_back(&exit);
}

void Tier::unlink(Exit& exit) {
    cache_.patch(exit.patch_site, exit.unlinked_distance);
    exit.linked_to = nullptr;
}

void Tier::retire_block(Block& block) {
    for (auto* exit : block.linked_here) unlink(*exit);
    block.linked_here.clear();
    for (const auto& exit : block.exits) {
        if (exit->linked_to != nullptr) std::erase(exit->linked_to->linked_here, exit.get());
        // Whoever is still in the block leaves it at its end, and links nothing.
        if (exit->linked_to != nullptr) unlink(*exit);
        exit->patch_site = nullptr;
    }
    for (auto* table : jump_tables_) table->remove(block.begin);
    by_guest_address_.erase(block.begin);
    for (auto page = page_of(block.begin); page <= page_of(block.begin + block.guest_bytes - 1); ++page) {
        std::erase(by_guest_page_[page], &block);
        if (by_guest_page_[page].empty()) by_guest_page_.erase(page);
    }
}

std::size_t Tier::retire(GuestAddress begin, std::uint64_t size_bytes) {
    if (size_bytes == 0) return 0;
    const std::scoped_lock lock(mutex_);
    const auto end = begin + size_bytes;
    std::vector<Block*> retired;
    const auto collect = [&](const std::vector<Block*>& blocks) {
        for (auto* block : blocks) {
            if (block->begin < end && block->begin + block->guest_bytes > begin) retired.push_back(block);
        }
    };
    const auto first_page = page_of(begin);
    const auto last_page = page_of(end - 1);
    if (last_page - first_page < by_guest_page_.size()) {
        for (auto page = first_page; page <= last_page; ++page) {
            if (const auto found = by_guest_page_.find(page); found != by_guest_page_.end()) collect(found->second);
        }
    } else {
        for (const auto& [page, blocks] : by_guest_page_) {
            if (page >= first_page && page <= last_page) collect(blocks);
        }
    }
    std::ranges::sort(retired);
    retired.erase(std::ranges::unique(retired).begin(), retired.end());
    for (auto* block : retired) retire_block(*block);
    return retired.size();
}

void Tier::remember(JumpTable& table, GuestAddress address) {
    const std::scoped_lock lock(mutex_);
    if (const auto* const block = by_guest_address_.find(address)) table.set(address, block->code);
}

Tier::Statistics Tier::statistics() {
    const std::scoped_lock lock(mutex_);
    Statistics statistics{.blocks = blocks_.size(), .guest_instructions = 0, .code_bytes = cache_.used_bytes()};
    for (const auto& block : blocks_) statistics.guest_instructions += block->guest_instructions;
    return statistics;
}

void Tier::add_jump_table(JumpTable* table) {
    const std::scoped_lock lock(mutex_);
    jump_tables_.push_back(table);
}

void Tier::remove_jump_table(JumpTable* table) {
    const std::scoped_lock lock(mutex_);
    std::erase(jump_tables_, table);
}

const Block* Tier::block_of_host(const void* host_address) const {
    return host_index_->find(static_cast<const std::byte*>(host_address));
}

bool Tier::begin_execution(std::uint64_t flushes) {
    executing_.fetch_add(1);
    if (flushes_.load() == flushes) return true;
    executing_.fetch_sub(1);
    return false;
}

bool Tier::make_room() {
    if (cache_.room() >= room_for_a_block && blocks_.size() < most_blocks) return true;
    flushes_.fetch_add(1);
    // Somebody is in the middle of what would be overwritten: interpret until they have left.
    if (executing_.load() != 0) return false;
    forget_everything();
    grow_cache();
    return available();
}

void Tier::grow_cache() {
    const auto size_bytes = cache_.size_bytes();
    cache_.close();
    if (!cache_.open(std::min(size_bytes * 2, largest_cache_bytes))) cache_.open(size_bytes);
}

void Tier::forget_everything() {
    by_guest_address_.clear();
    by_guest_page_.clear();
    for (auto* table : jump_tables_) table->clear();
    host_index_->count = 0;
    blocks_.clear();
}

void Tier::start_anew_in_child() {
    flushes_.fetch_add(1);
    executing_ = 0;
    forget_everything();
    cache_.close();
    open();
}

}  // namespace lxr::baseline
