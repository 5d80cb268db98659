// A state is written as what differs from a state before it: most of an outcome is what it was before the instruction.
#include "tools/difftest/recording.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "lifter/decoder.h"

namespace lxr::difftest {

namespace {

using Memory = std::array<std::byte, arena::data_size_bytes>;

struct Header {
    std::array<char, 8> magic = {'l', 'x', 'r', 'v', 'e', 'c', 't', '\n'};
    std::uint32_t version = 2;
    std::uint32_t state_bytes = sizeof(MachineState);
    std::uint32_t poke_bytes = sizeof(Poke);
    std::uint32_t memory_bytes = arena::data_size_bytes;
    bool operator==(const Header&) const = default;
};

/// A run of bytes that differ from the base; after the last one comes one of no bytes.
struct Run {
    std::uint16_t skipped;  // bytes that are as in the base
    std::uint16_t changed;  // bytes that follow
};
constexpr std::size_t longest_run = 0xffff;
constexpr std::size_t longest_name = 256;

template <typename T>
void put(std::ostream& file, const T& value) {
    file.write(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
bool get(std::istream& file, T& value) {
    return static_cast<bool>(file.read(reinterpret_cast<char*>(&value), sizeof value));
}

template <typename T>
std::span<std::byte> bytes_of(T& value) {
    return std::as_writable_bytes(std::span(&value, 1));
}
template <typename T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

void put_changes(std::ostream& file, std::span<const std::byte> base, std::span<const std::byte> value) {
    static_assert(sizeof(MachineState) < longest_run && arena::data_size_bytes < longest_run);
    std::size_t at = 0;
    while (true) {
        auto begin = at;
        while (begin < value.size() && value[begin] == base[begin]) ++begin;
        auto end = begin;
        while (end < value.size() && value[end] != base[end]) ++end;
        if (begin == end) break;
        put(file, Run{static_cast<std::uint16_t>(begin - at), static_cast<std::uint16_t>(end - begin)});
        file.write(reinterpret_cast<const char*>(&value[begin]), static_cast<std::streamsize>(end - begin));
        at = end;
    }
    put(file, Run{0, 0});
}

/// Applies the changes to `value`, which holds the base.
bool get_changes(std::istream& file, std::span<std::byte> value) {
    std::size_t at = 0;
    for (Run run{}; get(file, run);) {
        if (run.changed == 0) return true;
        at += run.skipped;
        if (at + run.changed > value.size()) return false;
        if (!file.read(reinterpret_cast<char*>(&value[at]), run.changed)) return false;
        at += run.changed;
    }
    return false;
}

/// The data as it is when the test begins.
void poke_into(Memory& memory, const Test& test) {
    for (std::uint32_t i = 0; i < test.poke_count; ++i) {
        const auto& poke = test.pokes[i];
        std::memcpy(&memory[poke.address - arena::data_begin], poke.bytes.data(), poke.size_bytes);
    }
}

bool is_inside(const Poke& poke) {
    return poke.size_bytes <= poke.bytes.size() && poke.address >= arena::data_begin &&
           poke.address <= arena::data_end - poke.size_bytes;
}

void put_test(std::ostream& file, const Batch& batch, std::uint32_t number) {
    const auto& test = batch.tests[number];
    const auto& outcome = batch.native[number];
    put_changes(file, bytes_of(MachineState{}), bytes_of(test.before));
    put(file, test.poke_count);
    for (std::uint32_t i = 0; i < test.poke_count; ++i) put(file, test.pokes[i]);
    put_changes(file, bytes_of(test.before), bytes_of(outcome.after));
    put(file, outcome.ending);
    put(file, outcome.fault);
    auto memory = std::make_unique<Memory>(batch.memory);
    poke_into(*memory, test);
    put_changes(file, *memory, outcome.memory);
}

bool get_test(std::istream& file, Batch& batch, std::uint32_t number) {
    auto& test = batch.tests[number];
    auto& outcome = batch.native[number];
    test = {};
    if (!get_changes(file, bytes_of(test.before)) || !get(file, test.poke_count)) return false;
    if (test.poke_count > test.pokes.size()) return false;
    for (std::uint32_t i = 0; i < test.poke_count; ++i) {
        if (!get(file, test.pokes[i]) || !is_inside(test.pokes[i])) return false;
    }
    outcome.after = test.before;
    if (!get_changes(file, bytes_of(outcome.after)) || !get(file, outcome.ending) || !get(file, outcome.fault)) return false;
    outcome.memory = batch.memory;
    poke_into(outcome.memory, test);
    return get_changes(file, outcome.memory);
}

}  // namespace

Recorder::Recorder(const std::string& path) : recording_(!path.empty()) {
    if (!recording_) return;
    file_.open(path, std::ios::binary | std::ios::trunc);
    put(file_, Header{});
}

void Recorder::write(const std::string& form, std::span<const std::byte> code, const Batch& batch) {
    if (!recording_) return;
    put(file_, static_cast<std::uint16_t>(form.size()));
    file_.write(form.data(), static_cast<std::streamsize>(form.size()));
    put(file_, static_cast<std::uint16_t>(code.size()));
    file_.write(reinterpret_cast<const char*>(code.data()), static_cast<std::streamsize>(code.size()));
    put(file_, batch.count);
    put_changes(file_, Memory{}, batch.memory);
    for (std::uint32_t i = 0; i < batch.count; ++i) put_test(file_, batch, i);
}

std::expected<Recording, std::string> Recording::open(const std::string& path) {
    Recording recording;
    recording.path_ = path;
    recording.file_.open(path, std::ios::binary);
    Header header;
    if (!recording.file_) return std::unexpected(fmt::format("cannot read {}", path));
    if (!get(recording.file_, header) || header != Header{}) {
        return std::unexpected(fmt::format("{} was not recorded by lxr-difftest --record of this version", path));
    }
    return recording;
}

std::expected<bool, std::string> Recording::read(std::string& form, std::vector<std::byte>& code, Batch& batch) {
    const auto cut = [&] { return std::unexpected(fmt::format("{} is damaged", path_)); };
    std::uint16_t size = 0;
    if (!get(file_, size)) return file_.gcount() == 0 ? std::expected<bool, std::string>(false) : cut();
    if (size > longest_name) return cut();
    form.resize(size);
    if (!file_.read(form.data(), size) || !get(file_, size) || size > longest_instruction_bytes) return cut();
    code.resize(size);
    if (!file_.read(reinterpret_cast<char*>(code.data()), size)) return cut();
    if (!get(file_, batch.count) || batch.count > Batch::capacity) return cut();
    batch.memory = {};
    if (!get_changes(file_, batch.memory)) return cut();
    for (std::uint32_t i = 0; i < batch.count; ++i) {
        if (!get_test(file_, batch, i)) return cut();
    }
    return true;
}

}  // namespace lxr::difftest
