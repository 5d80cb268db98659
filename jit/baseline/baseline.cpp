// Making, linking and retiring baseline blocks.
#include "jit/baseline/baseline.h"

#include <algorithm>
#include <utility>

#include "jit/baseline/zeroed_array.h"
#include "jit/host/block_emitter.h"
#include "jit/host/block_entries.h"
#include "lifter/support/check.h"
#include "lifter/support/log.h"

namespace lxr::baseline {

namespace {

/// The cache begins small, because both its mappings count against the guest's RLIMIT_AS, and doubles when it has been full.
constexpr std::size_t first_cache_bytes = 16U << 20;
constexpr std::size_t largest_cache_bytes = 128U << 20;
constexpr std::size_t most_blocks = 1U << 19;
/// Of the entries that the optimising tier wants.
constexpr std::size_t most_entry_bytes = 96;

/// What follows the block in the list of one of its pages.
Block*& next_in_page(Block& block, std::uint64_t page) {
    return block.next_in_page[page - page_of(block.begin)];
}

}  // namespace

/// In ascending order of host addresses, as the cache is filled.
class Tier::HostIndex {
public:
    [[nodiscard]] std::size_t size() const { return count_.load(std::memory_order_relaxed); }
    void clear() { count_ = 0; }

    void add(const Block* block) {
        blocks_[size()].store(block, std::memory_order_relaxed);
        count_.store(size() + 1, std::memory_order_release);  // with the acquire in `find`
    }

    [[nodiscard]] const Block& operator[](std::size_t number) const { return *blocks_[number].load(std::memory_order_relaxed); }

    [[nodiscard]] const Block* find(const std::byte* host_address) const {
        std::size_t low = 0;
        std::size_t high = count_.load(std::memory_order_acquire);
        while (low < high) {
            const auto middle = (low + high) / 2;
            if (blocks_[middle].load(std::memory_order_relaxed)->code <= host_address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == 0) return nullptr;
        const auto* block = blocks_[low - 1].load(std::memory_order_relaxed);
        return host_address < block->code + block->code_bytes ? block : nullptr;
    }

private:
    ZeroedArray<std::atomic<const Block*>> blocks_{most_blocks};
    std::atomic<std::size_t> count_ = 0;
};

Tier::Tier(host::Copies copies, const host::BlockLimits& limits) : copies_(copies), limits_(limits) {
    open();
}
Tier::~Tier() = default;

void Tier::open() {
    if (host_index_ == nullptr) host_index_ = std::make_unique<HostIndex>();
    if (!host::can_run_translated_code() || !cache_.open(first_cache_bytes)) {
        log(LogCategory::jit, LogLevel::warning,
            "the host refuses executable memory or lacks FSGSBASE or BMI2: everything is interpreted");
    }
}

Block* Tier::find(GuestAddress address, std::uint64_t& flushes) {
    const std::scoped_lock lock(mutex_);
    flushes = flushes_.load();
    return by_guest_address_.find(address);
}

Block* Tier::block_at(GuestAddress address, const CodeBytes& code, bool by_transfer, std::uint64_t retirements,
                      std::uint64_t& flushes) {
    const std::scoped_lock lock(mutex_);
    const bool has_room = available() && make_room();
    flushes = flushes_.load();
    if (auto* const block = by_guest_address_.find(address)) return block;
    if (retirements_.load() != retirements) return nullptr;
    return has_room ? publish(address, code, by_transfer) : nullptr;
}

host::Placement Tier::next_placement() {
    return {.writable = cache_.room(), .executable = cache_.next()};
}

Block* Tier::publish(GuestAddress address, const CodeBytes& code, bool by_transfer) {
    auto placement = next_placement();
    placement.compares_bytes = code.may_change;
    placement.with_checked_entry = by_transfer && !code.may_change;
    auto* const block = host::emit_block(code.bytes, address, limits_, copies_, placement, arena_);
    if (block == nullptr) return nullptr;
    cache_.take(block->code_bytes);
    ++blocks_;
    guest_instructions_ += block->guest_instructions;
    instructions_translated_ += block->guest_instructions;
    if (block->changed != nullptr) ++comparing_blocks_;
    for (auto* exit = block->exits; exit != nullptr; exit = exit->next) {
        exit->leads_back = exit->target < block->begin + block->guest_bytes;
    }
    by_guest_address_.insert(address, block);
    list_in_pages(*block);
    host_index_->add(block);
    return block;
}

void Tier::list_in_pages(Block& block) {
    const auto first_page = page_of(block.begin);
    const auto last_page = page_of(block.begin + block.guest_bytes - 1);
    LXR_CHECK(last_page - first_page < block.next_in_page.size());
    for (auto page = first_page; page <= last_page; ++page) {
        block.next_in_page[page - first_page] = std::exchange(by_guest_page_[page], &block);
    }
}

void Tier::unlist_in_pages(Block& block) {
    const auto first_page = page_of(block.begin);
    for (auto page = first_page; page <= page_of(block.begin + block.guest_bytes - 1); ++page) {
        const auto found = by_guest_page_.find(page);
        auto** place = &found->second;
        while (*place != &block) place = &next_in_page(**place, page);
        *place = next_in_page(block, page);
        if (found->second == nullptr) by_guest_page_.erase(found);
    }
}

bool Tier::has_room_for_entry() {
    return cache_.room().size() >= host::room_for_a_block && host_index_->size() < most_blocks;
}

/// Keeps code that was written at the next placement, and leads to the block. Without marks: at no place in it is the state
/// canonical.
const std::byte* Tier::publish_entry(const Block& block, std::size_t size_bytes) {
    const auto* const entry = arena_.make<Block>(
        Block{.begin = block.begin, .code = cache_.next(), .code_bytes = static_cast<std::uint32_t>(size_bytes)});
    cache_.take(size_bytes);
    host_index_->add(entry);
    return entry->code;
}

const std::byte* Tier::checked_entry_of(Block& block) {
    if (block.checked_entry == nullptr && has_room_for_entry()) {
        const auto entry = host::emit_checked_entry(block, next_placement());
        block.checked_entry = publish_entry(block, entry.size_bytes) + entry.offset;
    }
    return block.checked_entry;
}

const std::byte* Tier::counting_entry_of(Block& block) {
    if (block.counting_entry == nullptr && has_room_for_entry()) add_counting_entry(block);
    return block.counting_entry;
}

/// Where code for the optimising tier goes: pages of its own, so that blocks lie within theirs as they would without it. How
/// fast a loop is depends on that.
host::Placement Tier::next_entry_placement() {
    if (entries_room_.size() < most_entry_bytes) {
        entries_room_ = cache_.room().first(page_size_bytes);
        next_entry_ = cache_.next();
        cache_.take(page_size_bytes);
        host_index_->add(arena_.make<Block>(Block{.begin = {}, .code = next_entry_, .code_bytes = page_size_bytes}));
    }
    return {.writable = entries_room_, .executable = next_entry_};
}

const std::byte* Tier::take_entry(std::size_t size_bytes) {
    LXR_CHECK(size_bytes <= most_entry_bytes);
    entries_room_ = entries_room_.subspan(size_bytes);
    return std::exchange(next_entry_, next_entry_ + size_bytes);
}

/// In front of one that is there already.
void Tier::add_counting_entry(Block& block) {
    block.arrivals_left = arena_.make<std::uint64_t>(arrivals_until_hot_);
    auto* const hot = arena_.make<Exit>(Exit{.kind = ExitKind::hot, .target = block.begin});
    const auto* const next = block.counting_entry != nullptr ? block.counting_entry : block.body();
    block.counting_entry = take_entry(host::emit_counting_entry(next, *block.arrivals_left, *hot, next_entry_placement()));
}

const std::byte* Tier::direct_entry_of(Block& block, const Exit& exit) {
    if (block.region_entry != nullptr) return block.region_entry;
    if (arrivals_until_hot_ == 0 || !may_count(block, exit)) return block.body();
    // One that was begun to be counted stays so: it may be being measured.
    const bool counts = counts_ || block.counting_entry != nullptr;
    links_uncounted_ |= !counts;
    const auto* const counting = counts ? counting_entry_of(block) : nullptr;
    return counting != nullptr ? counting : block.body();
}

bool Tier::may_count(const Block& block, const Exit& exit) {
    return exit.leads_back && !block.counted;
}

void Tier::set_counting(bool counts) {
    const std::scoped_lock lock(mutex_);
    counts_ = counts;
}

Tier::Recount Tier::count_more(std::size_t most_exits) {
    constexpr std::size_t most_blocks_at_once = 2000;
    const std::scoped_lock lock(mutex_);
    if (uncounted_blocks_ == 0 && std::exchange(links_uncounted_, false)) uncounted_blocks_ = host_index_->size();
    Recount recount;
    const auto end = uncounted_blocks_ - std::min(uncounted_blocks_, most_blocks_at_once);
    while (uncounted_blocks_ > end && recount.exits < most_exits) {
        for (auto* exit = (*host_index_)[--uncounted_blocks_].exits; exit != nullptr; exit = exit->next) {
            auto* const block = exit->linked_to;
            const bool is_counting = block == nullptr || block->counting_entry != nullptr || block->region_entry != nullptr;
            if (!is_counting && may_count(*block, *exit)) recount.exits += unlink_all(*block);
        }
    }
    recount.is_last = uncounted_blocks_ == 0 && !links_uncounted_;
    return recount;
}

void Tier::end_count(GuestAddress address, Count count) {
    constexpr std::uint64_t never = ~std::uint64_t{0};
    const std::scoped_lock lock(mutex_);
    auto* const block = by_guest_address_.find(address);
    if (block == nullptr) return;  // retired meanwhile
    const bool begins = block->arrivals_left == nullptr;
    if (begins && (count == Count::no_more || !has_room_for_entry())) return;
    if (begins) add_counting_entry(*block);
    const bool adds = count == Count::twice && has_room_for_entry();
    const auto arrivals = count == Count::briefly ? arrivals_until_hot_ : arrivals_until_hot_ * measured_part;
    __atomic_store_n(block->arrivals_left, adds ? never : arrivals, __ATOMIC_RELAXED);
    if (adds) {
        add_counting_entry(*block);
        *block->arrivals_left = arrivals;
    }
    const bool was_counted = std::exchange(block->counted, count == Count::no_more);
    if (begins || adds || was_counted != block->counted) unlink_all(*block);
}

void Tier::set_region(GuestAddress address, const void* region) {
    const std::scoped_lock lock(mutex_);
    auto* const block = by_guest_address_.find(address);
    if (block == nullptr || (region != nullptr && !has_room_for_entry())) return;
    block->region_entry = region == nullptr ? nullptr : take_entry(host::emit_region_entry(region, next_entry_placement()));
    unlink_all(*block);
}

void Tier::link(Exit& exit, Block& block) {
    const std::scoped_lock lock(mutex_);
    if (exit.patch_site == nullptr || exit.linked_to != nullptr) return;
    if (by_guest_address_.find(exit.target) != &block) return;  // retired meanwhile
    const auto* const to = direct_entry_of(block, exit);
    cache_.patch(exit.patch_site, static_cast<std::int32_t>(to - (exit.patch_site + 4)));
    exit.linked_to = &block;
    exit.next_linked = std::exchange(block.linked_here, &exit);
}

void Tier::unlink(Exit& exit) {
    cache_.patch(exit.patch_site, exit.unlinked_distance);
    exit.linked_to = nullptr;
}

/// Takes a linked exit off the list of the block that it leads to.
void Tier::forget_link(Exit& exit) {
    auto** place = &exit.linked_to->linked_here;
    while (*place != &exit) place = &(*place)->next_linked;
    *place = exit.next_linked;
}

/// Whoever goes to the block next asks for the way. @return from how many exits they do.
std::size_t Tier::unlink_all(Block& block) {
    std::size_t exits = 0;
    for (auto* exit = std::exchange(block.linked_here, nullptr); exit != nullptr; exit = exit->next_linked) {
        unlink(*exit);
        ++exits;
    }
    return exits;
}

void Tier::retire_block(Block& block) {
    unlink_all(block);
    for (auto* exit = block.exits; exit != nullptr; exit = exit->next) {
        // Whoever is still in the block leaves it at its end, and links nothing.
        if (exit->linked_to != nullptr) {
            forget_link(*exit);
            unlink(*exit);
        }
        exit->patch_site = nullptr;
    }
    for (const auto* landing = block.landings; landing != nullptr; landing = landing->next) {
        cache_.patch_byte(landing->check, landing->when_retired);
    }
    ++retired_blocks_;
    for (auto* thread : threads_) thread->jump_table.remove(block.begin, block.checked_entry);
    by_guest_address_.erase(block.begin);
    unlist_in_pages(block);
}

std::size_t Tier::retire(GuestAddress begin, std::uint64_t size_bytes) {
    if (size_bytes == 0) return 0;
    const std::scoped_lock lock(mutex_);
    retirements_.fetch_add(1);
    const auto end = begin + size_bytes;
    std::vector<Block*> retired;
    const auto collect = [&](std::uint64_t page, Block* listed) {
        for (auto* block = listed; block != nullptr; block = next_in_page(*block, page)) {
            if (block->begin < end && block->begin + block->guest_bytes > begin) retired.push_back(block);
        }
    };
    const auto first_page = page_of(begin);
    const auto last_page = page_of(end - 1);
    if (last_page - first_page < by_guest_page_.size()) {
        for (auto page = first_page; page <= last_page; ++page) {
            if (const auto found = by_guest_page_.find(page); found != by_guest_page_.end()) collect(page, found->second);
        }
    } else {
        for (const auto& [page, listed] : by_guest_page_) {
            if (page >= first_page && page <= last_page) collect(page, listed);
        }
    }
    std::ranges::sort(retired);
    retired.erase(std::ranges::unique(retired).begin(), retired.end());
    for (auto* block : retired) retire_block(*block);
    return retired.size();
}

bool Tier::retire_changed(GuestAddress address) {
    const std::scoped_lock lock(mutex_);
    auto* const block = by_guest_address_.find(address);
    if (block == nullptr || block->changed == nullptr) return false;  // another thread came first
    ++changed_blocks_;
    retirements_.fetch_add(1);
    retire_block(*block);
    return block->checked_entry != nullptr;
}

void Tier::remember(TierThread& thread, GuestAddress address) {
    const std::scoped_lock lock(mutex_);
    auto* const block = by_guest_address_.find(address);
    const auto* const entry = block != nullptr ? checked_entry_of(*block) : nullptr;
    if (entry != nullptr) thread.jump_table.set(address, entry);
}

Tier::Statistics Tier::statistics() {
    const std::scoped_lock lock(mutex_);
    return {.blocks = blocks_,
            .guest_instructions = guest_instructions_,
            .instructions_translated = instructions_translated_,
            .code_bytes = cache_.used_bytes(),
            .comparing_blocks = comparing_blocks_,
            .changed_blocks = changed_blocks_};
}

void Tier::add_thread(TierThread* thread) {
    const std::scoped_lock lock(mutex_);
    threads_.push_back(thread);
}

void Tier::remove_thread(TierThread* thread) {
    const std::scoped_lock lock(mutex_);
    std::erase(threads_, thread);
}

const Block* Tier::block_of_host(const void* host_address) const {
    return host_index_->find(static_cast<const std::byte*>(host_address));
}

/// What the block that contains a host address has in one of its lists for that address.
template <typename Entry>
const Entry* Tier::entry_at(std::uint32_t low_address_bits, Entry* Block::* list) const {
    // All code lies within 2 GB: the distance to any of it is known from the low bits.
    const auto* const somewhere = cache_.next();
    const auto distance = low_address_bits - static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(somewhere));
    const auto* const host_address = somewhere + static_cast<std::int32_t>(distance);
    const auto* const block = block_of_host(host_address);
    if (block == nullptr) return nullptr;
    const auto offset = static_cast<std::uint32_t>(host_address - block->code);
    const Entry* entry = block->*list;
    while (entry != nullptr && entry->host_offset != offset) entry = entry->next;
    return entry;
}

const X87Instruction* Tier::x87_instruction_at(std::uint32_t low_address_bits) const {
    return entry_at(low_address_bits, &Block::x87_instructions);
}

const Transfer& Tier::transfer_at(std::uint32_t low_address_bits) const {
    const auto* const transfer = entry_at(low_address_bits, &Block::transfers);
    LXR_CHECK(transfer != nullptr);
    return *transfer;
}

bool Tier::begin_execution(TierThread& thread, std::uint64_t flushes) {
    thread.executing.store(true);
    if (flushes_.load() == flushes) return true;
    end_execution(thread);
    return false;
}

bool Tier::make_room() {
    if (cache_.room().size() >= host::room_for_a_block && host_index_->size() < most_blocks) return true;
    flushes_.fetch_add(1);
    // Somebody is in the middle of what would be overwritten: interpret until they have left.
    if (std::ranges::any_of(threads_, [](const TierThread* thread) { return thread->executing.load(); })) return false;
    const bool was_full_of_use = retired_blocks_ * 2 < blocks_;
    forget_everything();
    was_full_of_use ? grow_cache() : cache_.empty();
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
    for (auto* thread : threads_) thread->jump_table.clear();
    host_index_->clear();
    arena_.clear();
    entries_room_ = {};
    uncounted_blocks_ = 0;
    blocks_ = guest_instructions_ = retired_blocks_ = 0;
}

void Tier::start_anew_in_child() {
    flushes_.fetch_add(1);
    for (auto* thread : threads_) end_execution(*thread);
    counts_ = true;
    forget_everything();
    cache_.close();
    open();
}

}  // namespace lxr::baseline
