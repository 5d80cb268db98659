// Messages as bytes: numbers as they lie in memory, lists after their length. Both sides are the same machine and build.
#include "jit/optimizing/region.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace lxr::optimizing {

namespace {

class Writer {
public:
    template <typename T>
        requires std::is_trivially_copyable_v<T>
    void put(const T& value) {
        append(&value, sizeof value);
    }
    template <typename List>
    void put_list(const List& list) {
        put(static_cast<std::uint64_t>(list.size()));
        append(list.data(), list.size());
    }
    template <typename T>
    void put_all(const std::vector<T>& values) {
        put(static_cast<std::uint64_t>(values.size()));
        for (const auto& value : values) put(value);
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

private:
    void append(const void* data, std::size_t size_bytes) {
        const auto* first = static_cast<const std::byte*>(data);
        bytes_.insert(bytes_.end(), first, first + size_bytes);
    }
    std::vector<std::byte> bytes_;
};

/// Reads past the end give zeros and make `complete` false.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <typename T>
        requires std::is_trivially_copyable_v<T>
    void get(T& value) {
        copy(&value, sizeof value);
    }
    /// Lists of bytes or characters.
    template <typename List>
    void get_list(List& list) {
        std::uint64_t size = 0;
        get(size);
        if (size > rest_.size()) return void(complete_ = false);
        list.resize(size);
        copy(list.data(), size);
    }
    template <typename T>
    void get_all(std::vector<T>& values) {
        std::uint64_t count = 0;
        get(count);
        for (std::uint64_t i = 0; i < count && !failed(); ++i) get(values.emplace_back());
    }
    [[nodiscard]] bool complete() const { return complete_ && rest_.empty(); }
    [[nodiscard]] bool failed() const { return !complete_; }

private:
    void copy(void* to, std::size_t size_bytes) {
        if (size_bytes > rest_.size()) return void(complete_ = false);
        if (size_bytes > 0) std::memcpy(to, rest_.data(), size_bytes);
        rest_ = rest_.subspan(size_bytes);
    }
    std::span<const std::byte> rest_;
    bool complete_ = true;
};

}  // namespace

std::vector<std::byte> encode(const RegionRequest& request) {
    Writer writer;
    writer.put(request.entry);
    writer.put(request.precise);
    writer.put(request.ordered);
    writer.put(request.show_stages);
    writer.put(static_cast<std::uint64_t>(request.blocks.size()));
    for (const auto& block : request.blocks) {
        writer.put(block.begin);
        writer.put(block.instructions);
        writer.put_list(block.bytes);
        writer.put(block.frame);
        writer.put_all(block.targets);
        writer.put_all(block.callees);
    }
    return writer.take();
}

bool decode(std::span<const std::byte> bytes, RegionRequest& request) {
    Reader reader(bytes);
    std::uint64_t count = 0;
    reader.get(request.entry);
    reader.get(request.precise);
    reader.get(request.ordered);
    reader.get(request.show_stages);
    reader.get(count);
    for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
        auto& block = request.blocks.emplace_back();
        reader.get(block.begin);
        reader.get(block.instructions);
        reader.get_list(block.bytes);
        reader.get(block.frame);
        reader.get_all(block.targets);
        reader.get_all(block.callees);
    }
    return reader.complete();
}

std::vector<std::byte> encode(const RegionAnswer& answer) {
    Writer writer;
    writer.put_list(answer.refusal);
    writer.put_list(answer.code);
    writer.put(answer.entry_offset);
    writer.put_list(answer.lifted);
    writer.put_list(answer.optimized);
    writer.put_list(answer.assembly);
    writer.put(answer.cpu_ns);
    writer.put(answer.stage_ns);
    return writer.take();
}

bool decode(std::span<const std::byte> bytes, RegionAnswer& answer) {
    Reader reader(bytes);
    reader.get_list(answer.refusal);
    reader.get_list(answer.code);
    reader.get(answer.entry_offset);
    reader.get_list(answer.lifted);
    reader.get_list(answer.optimized);
    reader.get_list(answer.assembly);
    reader.get(answer.cpu_ns);
    reader.get(answer.stage_ns);
    return reader.complete();
}

std::vector<std::byte> greeting() {
    constexpr std::string_view words = "lxr-optimizer 7";
    Writer writer;
    writer.put_list(words);
    writer.put(std::uint64_t{sizeof(GuestState)});
    return writer.take();
}

}  // namespace lxr::optimizing
