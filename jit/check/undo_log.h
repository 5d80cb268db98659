// What the interpreter wrote to guest memory when it ran ahead of a block that is checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lifter/support/address.h"

namespace lxr::check {

/// Of one thread; not async-signal-safe.
class UndoLog {
public:
    void clear() { entries_.clear(); }
    /// Called before bytes are written: keeps what is there. Bytes that cannot be read are left out: they cannot be written.
    void note(GuestAddress begin, std::uint64_t size_bytes);
    /// Keeps what has been written, and puts back what was there before.
    void undo();
    /// Where memory differs now from what undo() has kept, as text; nothing if it does not.
    [[nodiscard]] std::optional<std::string> difference() const;

private:
    struct Entry {
        GuestAddress begin;
        std::vector<std::byte> before;
        std::vector<std::byte> written;
    };
    std::vector<Entry> entries_;
};

}  // namespace lxr::check
