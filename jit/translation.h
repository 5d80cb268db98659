// A translation of one guest block and the process-wide map from guest addresses to them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "lifter/evaluator.h"
#include "lifter/support/address.h"

namespace lxr {

/// The steps of one guest block. Immutable once published; retired when its bytes may have changed.
struct Translation {
    GuestAddress begin;
    std::uint32_t guest_bytes = 0;
    std::uint32_t guest_instructions = 0;
    /// The guest's bytes, where the first step must compare them (CodeBytes::may_change); else empty.
    std::vector<std::byte> checked_bytes;
    std::vector<Step> steps;
};

/// Thread-safe. Look-ups take no lock. Retired translations are kept until `reclaim` is told that nobody runs them.
class TranslationMap {
public:
    TranslationMap();
    ~TranslationMap();
    TranslationMap(const TranslationMap&) = delete;
    TranslationMap& operator=(const TranslationMap&) = delete;

    [[nodiscard]] const Translation* find(GuestAddress begin) const;
    /// @return the translation that is in the map for this address afterwards (another thread's, if it came first).
    const Translation* insert(std::unique_ptr<Translation> translation);
    /// Takes out all translations that overlap the range, and keeps them until they are reclaimed.
    /// @return how many.
    std::size_t retire(GuestAddress begin, std::uint64_t size_bytes);
    /// Frees what was retired up to `generation`: no thread may still be in a block that it entered before it.
    void reclaim(std::uint64_t generation);

    /// Grows whenever translations or tables are retired. A thread that finds it changed must forget the pointers it keeps.
    [[nodiscard]] const std::atomic<std::uint64_t>& generation() const { return generation_; }

    /// For fork: held by the forking thread.
    [[nodiscard]] std::mutex& mutex() { return mutex_; }

private:
    struct Table;
    template <typename T>
    struct Retired {
        std::uint64_t generation;  // the first without it
        std::unique_ptr<T> object;
    };
    using PageNumber = std::uint64_t;

    void replace_table(std::size_t capacity);
    void list_in_pages(const Translation& translation);
    void retire_page(PageNumber page, GuestAddress begin, GuestAddress end, std::vector<const Translation*>& retired);
    void forget(const Translation& translation);

    std::atomic<std::uint64_t> generation_ = 1;
    std::atomic<Table*> table_;  // release when published, acquire when read
    std::mutex mutex_;           // guards all that follows, and changes of the table
    std::unique_ptr<Table> current_;
    std::unordered_map<const Translation*, std::unique_ptr<const Translation>> translations_;
    std::unordered_map<PageNumber, std::vector<const Translation*>> pages_;  // guest pages, and what was made from their bytes
    std::vector<Retired<const Translation>> retired_;
    std::vector<Retired<Table>> retired_tables_;
};

}  // namespace lxr
