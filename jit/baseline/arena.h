// Memory for what lives as long as the translations between two flushes: blocks, exits, marks.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace lxr::baseline {

/// Objects one behind the other, never freed one by one and never destroyed. Not thread-safe: the tier's mutex guards it.
class Arena {
public:
    template <typename T, typename... Arguments>
    T* make(Arguments&&... arguments) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (allocate(sizeof(T), alignof(T))) T{std::forward<Arguments>(arguments)...};
    }

    /// @param size_bytes  not more than a chunk.
    std::byte* allocate(std::size_t size_bytes, std::size_t alignment) {
        auto begin = (used_ + alignment - 1) & ~(alignment - 1);
        if (begin + size_bytes > chunk_bytes) {
            chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(chunk_bytes));
            begin = 0;
        }
        used_ = begin + size_bytes;
        return chunks_.back().get() + begin;
    }

    void clear() {
        chunks_.clear();
        used_ = chunk_bytes;
    }

private:
    static constexpr std::size_t chunk_bytes = 64 * 1024;
    std::vector<std::unique_ptr<std::byte[]>> chunks_;
    std::size_t used_ = chunk_bytes;  // of the last chunk
};

}  // namespace lxr::baseline
