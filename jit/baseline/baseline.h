// The baseline tier: guest blocks as host code, found by guest address, linked to each other, and found again by host address
// when a signal interrupts them.
#pragma once

#include <ucontext.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "jit/baseline/arena.h"
#include "jit/baseline/block.h"
#include "jit/baseline/block_table.h"
#include "jit/baseline/recent_blocks.h"
#include "jit/baseline/tier_thread.h"
#include "jit/code_cache/code_cache.h"
#include "jit/host/block_emitter.h"
#include "jit/services.h"
#include "lifter/guest_state.h"

namespace lxr::baseline {

/// One per engine. Thread-safe.
class Tier {
public:
    Tier(host::Copies copies, const host::BlockLimits& limits);
    ~Tier();

    /// False if the host cannot run translated code, or refuses executable memory: everything is interpreted then.
    [[nodiscard]] bool available() const { return cache_.is_open(); }

    /// The block at `address`, or null. `flushes` becomes the count of flushes for which that holds (see begin_execution).
    [[nodiscard]] Block* find(GuestAddress address, std::uint64_t& flushes);
    /// As `find`, but made if there is none. @return null if its first instruction must be interpreted, or the cache is full.
    /// @param by_transfer  a transfer is on its way to it, as the next one may be.
    /// @param retirements  their count before the bytes were looked at: if it has changed, so may have the bytes, and the
    /// result is null.
    Block* block_at(GuestAddress address, const CodeBytes& code, bool by_transfer, std::uint64_t retirements,
                    std::uint64_t& flushes);
    [[nodiscard]] std::uint64_t retirements() const { return retirements_.load(); }
    [[nodiscard]] Contents contents() const { return {flushes_.load(), retirements_.load()}; }

    /// Lets an exit to a known target jump to the block that the target has.
    void link(Exit& exit, Block& block);
    /// From now on blocks count how often they are reached by backward jumps and calls; after so many, code leaves by an exit
    /// that is `hot`.
    void count_arrivals(std::uint64_t until_hot) { arrivals_until_hot_ = until_hot; }
    /// Whether exits that are linked from now on lead to counters, too.
    void set_counting(bool counts);
    struct Recount {
        std::size_t exits = 0;  // whose next users ask for the way
        bool is_last = true;    // no others are linked without a counter
    };
    /// Has blocks counted that are linked without: some with each call, those made last first. Only while counting.
    /// @param most_exits  it ends after so many, or a few more, as all that lead to one block are taken together.
    Recount count_more(std::size_t most_exits);
    /// What becomes of a block that was counted often enough: the same once more; `measured_part` times as many arrivals; as
    /// many, each counted by two counters in turn, so that it is seen what one of them takes; or no more.
    enum class Count : std::uint8_t { briefly, again, twice, no_more };
    static constexpr std::uint64_t measured_part = 32;
    void end_count(GuestAddress address, Count count);
    /// Direct exits to the block at `address`, if there is one, lead into a region of the optimising tier from now on; or, for
    /// null, to the block again.
    void set_region(GuestAddress address, const void* region);

    /// Forgets all blocks that overlap the range: nothing jumps to them any more. @return how many.
    std::size_t retire(GuestAddress begin, std::uint64_t size_bytes);
    /// Forgets the block at `address`, which has found its bytes changed. @return true if transfers arrive there.
    bool retire_changed(GuestAddress address);

    /// Brackets the execution of translated code by a thread. A full cache is flushed when nobody executes: all blocks and
    /// exits are gone then. `flushes` came with the block. @return false if that is gone; then nothing was begun.
    bool begin_execution(TierThread& thread, std::uint64_t flushes);
    /// Also without a begin.
    static void end_execution(TierThread& thread) { thread.executing.store(false, std::memory_order_release); }
    /// Lets indirect jumps of the thread reach the block at `address`, if there still is one.
    void remember(TierThread& thread, GuestAddress address);

    void add_thread(TierThread* thread);
    void remove_thread(TierThread* thread);

    /// The block whose code contains the host address. Async-signal-safe.
    [[nodiscard]] const Block* block_of_host(const void* host_address) const;

    /// The transfer that was made at the host address with these low bits, by a thread that has just made it. Only while
    /// executing.
    [[nodiscard]] const Transfer& transfer_at(std::uint32_t low_address_bits) const;

    /// The x87 instruction at the host address that has these low bits; null if there is none. Only while executing.
    [[nodiscard]] const X87Instruction* x87_instruction_at(std::uint32_t low_address_bits) const;

    struct Statistics {
        std::uint64_t blocks;
        std::uint64_t guest_instructions;
        std::uint64_t instructions_translated;  // also those that were forgotten with a flush
        std::uint64_t code_bytes;
        std::uint64_t comparing_blocks;  // those that compare the guest's bytes
        std::uint64_t changed_blocks;    // how many of them found a difference
    };
    [[nodiscard]] Statistics statistics();

    [[nodiscard]] std::mutex& mutex() { return mutex_; }
    /// After fork, with the mutex held: the code is the parent's.
    void start_anew_in_child();

private:
    /// Blocks by host address, for signal handlers, with one for each checked entry that stands alone; entries are written
    /// once, then counted (release; readers acquire).
    class HostIndex;

    template <typename Entry>
    [[nodiscard]] const Entry* entry_at(std::uint32_t low_address_bits, Entry* Block::* list) const;
    Block* publish(GuestAddress address, const CodeBytes& code, bool by_transfer);
    [[nodiscard]] host::Placement next_placement();
    const std::byte* checked_entry_of(Block& block);
    const std::byte* counting_entry_of(Block& block);
    void add_counting_entry(Block& block);
    [[nodiscard]] static bool may_count(const Block& block, const Exit& exit);
    const std::byte* direct_entry_of(Block& block, const Exit& exit);
    [[nodiscard]] bool has_room_for_entry();
    const std::byte* publish_entry(const Block& block, std::size_t size_bytes);
    [[nodiscard]] host::Placement next_entry_placement();
    const std::byte* take_entry(std::size_t size_bytes);
    std::size_t unlink_all(Block& block);
    bool make_room();
    void forget_everything();
    void grow_cache();
    void retire_block(Block& block);
    void list_in_pages(Block& block);
    void unlist_in_pages(Block& block);
    void unlink(Exit& exit);
    static void forget_link(Exit& exit);
    void open();

    const host::Copies copies_;
    const host::BlockLimits limits_;
    std::uint64_t arrivals_until_hot_ = 0;  // 0: nothing is ever counted
    // Sequentially consistent with TierThread::executing: who executes has announced it before looking at the count of flushes;
    // who flushes counts it before looking whether anybody executes.
    std::atomic<std::uint64_t> flushes_ = 0;
    std::atomic<std::uint64_t> retirements_ =
        0;  // calls of `retire` and `retire_changed`; changed with the mutex held, before a block goes

    std::mutex mutex_;  // guards all that follows
    CodeCache cache_;
    bool counts_ = true;                 // see set_counting
    bool links_uncounted_ = false;       // exits were linked that might have been counted, behind count_more's back
    std::size_t uncounted_blocks_ = 0;   // the first so many of host_index_ are yet to be looked at by count_more
    std::span<std::byte> entries_room_;  // of the page for entries that was begun last
    const std::byte* next_entry_ = nullptr;
    BlockTable by_guest_address_;
    std::unordered_map<std::uint64_t, Block*> by_guest_page_;  // lists by Block::next_in_page
    Arena arena_;  // of all blocks since the last flush: their code stays in the cache
    std::uint64_t blocks_ = 0;
    std::uint64_t guest_instructions_ = 0;
    std::uint64_t instructions_translated_ = 0;  // since the beginning
    std::uint64_t retired_blocks_ = 0;           // since the last flush; their code is still in the cache
    std::uint64_t comparing_blocks_ = 0;
    std::uint64_t changed_blocks_ = 0;
    std::unique_ptr<HostIndex> host_index_;
    std::vector<TierThread*> threads_;
};

}  // namespace lxr::baseline
