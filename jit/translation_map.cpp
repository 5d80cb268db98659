// An open-addressed hash table that readers walk without a lock: slots go from empty to a translation and, at a retirement or
// when it is half full, the whole table is replaced. That is rare against look-ups.
#include <algorithm>
#include <bit>

#include "jit/translation.h"

namespace lxr {

struct TranslationMap::Table {
    explicit Table(std::size_t capacity_log2) : shift(64 - capacity_log2), slots(std::size_t{1} << capacity_log2) {}

    [[nodiscard]] std::size_t first_slot(GuestAddress address) const {
        constexpr std::uint64_t golden_ratio = 0x9e3779b97f4a7c15;
        return (address.value() * golden_ratio) >> shift;
    }
    [[nodiscard]] std::size_t next_slot(std::size_t slot) const { return (slot + 1) & (slots.size() - 1); }

    unsigned shift;
    std::size_t used = 0;
    std::vector<std::atomic<const Translation*>> slots;  // release when filled, acquire when read
};

namespace {

constexpr std::size_t initial_capacity = 1U << 12;

}  // namespace

TranslationMap::TranslationMap() {
    rebuild(initial_capacity);
}
TranslationMap::~TranslationMap() = default;

const Translation* TranslationMap::find(GuestAddress begin) const {
    const Table& table = *table_.load(std::memory_order_acquire);
    for (auto slot = table.first_slot(begin);; slot = table.next_slot(slot)) {
        const auto* translation = table.slots[slot].load(std::memory_order_acquire);
        if (translation == nullptr || translation->begin == begin) return translation;
    }
}

void TranslationMap::place(Table& table, const Translation* translation) {
    auto slot = table.first_slot(translation->begin);
    while (table.slots[slot].load(std::memory_order_relaxed) != nullptr) slot = table.next_slot(slot);
    table.slots[slot].store(translation, std::memory_order_release);
    ++table.used;
}

void TranslationMap::rebuild(std::size_t capacity) {
    auto table = std::make_unique<Table>(static_cast<std::size_t>(std::countr_zero(capacity)));
    for (const auto& translation : translations_) place(*table, translation.get());
    table_.store(table.get(), std::memory_order_release);
    const auto generation = generation_.load(std::memory_order_relaxed) + 1;
    if (current_ != nullptr) retired_tables_.push_back({generation, std::move(current_)});
    current_ = std::move(table);
    // Sequentially consistent with EngineThread::inside_since: a thread that is not seen inside by a later `reclaim` finds
    // this generation, and so the new table, when it enters.
    generation_.store(generation);
}

const Translation* TranslationMap::insert(std::unique_ptr<Translation> translation) {
    const std::scoped_lock lock(mutex_);
    if (const auto* existing = find(translation->begin)) return existing;
    const auto* inserted = translation.get();
    translations_.push_back(std::move(translation));
    if ((current_->used + 1) * 2 > current_->slots.size()) {
        rebuild(current_->slots.size() * 2);
    } else {
        place(*current_, inserted);
    }
    return inserted;
}

std::size_t TranslationMap::retire(GuestAddress begin, std::uint64_t size_bytes) {
    const std::scoped_lock lock(mutex_);
    const auto stays = [&](const std::unique_ptr<const Translation>& each) {
        return each->begin + each->guest_bytes <= begin || each->begin >= begin + size_bytes;
    };
    const auto first_retired = std::partition(translations_.begin(), translations_.end(), stays);
    const auto count = static_cast<std::size_t>(translations_.end() - first_retired);
    if (count == 0) return 0;
    const auto generation = generation_.load(std::memory_order_relaxed) + 1;
    for (auto each = first_retired; each != translations_.end(); ++each) retired_.push_back({generation, std::move(*each)});
    translations_.erase(first_retired, translations_.end());
    rebuild(current_->slots.size());
    return count;
}

void TranslationMap::reclaim(std::uint64_t generation) {
    const std::scoped_lock lock(mutex_);
    const auto unused = [&](const auto& each) { return each.generation <= generation; };
    std::erase_if(retired_, unused);
    std::erase_if(retired_tables_, unused);
}

}  // namespace lxr
