// An open-addressed hash table that readers walk without a lock: a slot goes from empty to a translation, and from there to a
// tombstone. When it is half full it is replaced by a new one. What was made from a guest page is listed by page, so that the
// guest's many mprotect and munmap calls cost nothing where no code was translated.
#include <algorithm>
#include <bit>

#include "jit/translation.h"

namespace lxr {

struct TranslationMap::Table {
    explicit Table(std::size_t capacity) : shift(64 - static_cast<unsigned>(std::countr_zero(capacity))), slots(capacity) {}

    [[nodiscard]] std::size_t first_slot(GuestAddress address) const {
        constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;
        return (address.value() * golden_ratio) >> shift;
    }
    [[nodiscard]] std::size_t next_slot(std::size_t slot) const { return (slot + 1) & (slots.size() - 1); }

    void place(const Translation& translation) {
        auto slot = first_slot(translation.begin);
        while (slots[slot].load(std::memory_order_relaxed) != nullptr) slot = next_slot(slot);
        slots[slot].store(&translation, std::memory_order_release);  // with the acquire in find
        ++used;
    }

    unsigned shift;
    std::size_t used = 0;  // tombstones included
    std::vector<std::atomic<const Translation*>> slots;
};

namespace {

constexpr std::size_t initial_capacity = 1U << 8;

/// In a slot whose translation was retired. It begins nowhere that a guest can be.
const Translation tombstone{.begin = GuestAddress(~std::uint64_t{0}), .checked_bytes = {}, .steps = {}};

}  // namespace

TranslationMap::TranslationMap() {
    replace_table(initial_capacity);
}
TranslationMap::~TranslationMap() = default;

const Translation* TranslationMap::find(GuestAddress begin) const {
    const Table& table = *table_.load(std::memory_order_acquire);
    for (auto slot = table.first_slot(begin);; slot = table.next_slot(slot)) {
        const auto* translation = table.slots[slot].load(std::memory_order_acquire);
        if (translation == nullptr || (translation->begin == begin && translation != &tombstone)) return translation;
    }
}

void TranslationMap::replace_table(std::size_t capacity) {
    auto table = std::make_unique<Table>(capacity);
    for (const auto& [pointer, translation] : translations_) table->place(*pointer);
    table_.store(table.get(), std::memory_order_release);
    const auto generation = generation_.load(std::memory_order_relaxed) + 1;
    if (current_ != nullptr) retired_tables_.push_back({generation, std::move(current_)});
    current_ = std::move(table);
    // Sequentially consistent with EngineThread::inside_since: a thread that is not seen inside by a later `reclaim` finds
    // this generation, and so the new table, when it enters.
    generation_.store(generation);
}

void TranslationMap::list_in_pages(const Translation& translation) {
    const auto last = translation.begin + std::max(translation.guest_bytes, 1U) - 1;
    for (auto page = page_of(translation.begin); page <= page_of(last); ++page) pages_[page].push_back(&translation);
}

const Translation* TranslationMap::insert(std::unique_ptr<Translation> translation) {
    const std::scoped_lock lock(mutex_);
    if (const auto* existing = find(translation->begin)) return existing;
    const auto* inserted = translation.get();
    translations_.emplace(inserted, std::move(translation));
    list_in_pages(*inserted);
    if ((current_->used + 1) * 2 > current_->slots.size()) {
        replace_table(std::bit_ceil(std::max(initial_capacity, translations_.size() * 4)));
    } else {
        current_->place(*inserted);
    }
    return inserted;
}

void TranslationMap::retire_page(PageNumber page, GuestAddress begin, GuestAddress end,
                                 std::vector<const Translation*>& retired) {
    const auto found = pages_.find(page);
    if (found == pages_.end()) return;
    for (const auto* each : found->second) {
        if (each->begin < end && each->begin + std::max(each->guest_bytes, 1U) > begin) retired.push_back(each);
    }
}

void TranslationMap::forget(const Translation& translation) {
    auto slot = current_->first_slot(translation.begin);
    while (current_->slots[slot].load(std::memory_order_relaxed) != &translation) slot = current_->next_slot(slot);
    current_->slots[slot].store(&tombstone, std::memory_order_release);
    const auto last = translation.begin + std::max(translation.guest_bytes, 1U) - 1;
    for (auto page = page_of(translation.begin); page <= page_of(last); ++page) {
        std::erase(pages_[page], &translation);
        if (pages_[page].empty()) pages_.erase(page);
    }
}

std::size_t TranslationMap::retire(GuestAddress begin, std::uint64_t size_bytes) {
    const std::scoped_lock lock(mutex_);
    if (size_bytes == 0) return 0;
    const auto end = begin + size_bytes;
    const auto first_page = page_of(begin);
    const auto last_page = page_of(end - 1);
    std::vector<const Translation*> retired;
    if (last_page - first_page < pages_.size()) {
        for (auto page = first_page; page <= last_page; ++page) retire_page(page, begin, end, retired);
    } else {
        for (const auto& [page, listed] : pages_) {
            if (page >= first_page && page <= last_page) retire_page(page, begin, end, retired);
        }
    }
    if (retired.empty()) return 0;
    std::ranges::sort(retired);  // one that spans pages was found in each
    retired.erase(std::ranges::unique(retired).begin(), retired.end());
    const auto generation = generation_.load(std::memory_order_relaxed) + 1;
    for (const auto* each : retired) {
        forget(*each);
        const auto owner = translations_.find(each);
        retired_.push_back({generation, std::move(owner->second)});
        translations_.erase(owner);
    }
    generation_.store(generation);  // as in replace_table
    return retired.size();
}

void TranslationMap::reclaim(std::uint64_t generation) {
    const std::scoped_lock lock(mutex_);
    const auto unused = [&](const auto& each) { return each.generation <= generation; };
    std::erase_if(retired_, unused);
    std::erase_if(retired_tables_, unused);
}

}  // namespace lxr
