// Text of each stage, and files of it.
#include "jit/dump.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "jit/baseline/block.h"
#include "jit/host_code_text.h"
#include "jit/optimizing/region.h"
#include "lifter/decoder.h"
#include "lifter/lift.h"
#include "lifter/support/log.h"
#include "lifter/support/own_output.h"

namespace lxr {

namespace {

using optimizing::RegionAnswer;
using optimizing::RegionBlock;
using optimizing::RegionRequest;

std::string heading(const RegionBlock& block) {
    if (block.frame == optimizing::first_frame) return fmt::format("block at {:#x}\n", block.begin.value());
    return fmt::format("block at {:#x} in frame {}\n", block.begin.value(), block.frame);
}

std::string guest_text(const RegionBlock& block) {
    auto text = heading(block);
    const std::span bytes(block.bytes);
    for (std::size_t at = 0; at < bytes.size();) {
        const auto address = block.begin + at;
        const auto instruction = decode(bytes.subspan(at), address);
        text += fmt::format("  {:#x}  {}\n", address.value(), disassemble(bytes.subspan(at), address));
        if (!instruction) break;
        at += instruction->length_bytes;
    }
    return text;
}

std::string ir_text(const RegionBlock& block) {
    auto lifted = lift_block(block.bytes, block.begin, {.instructions = block.instructions, .ends_before_missing = true});
    ir::simplify(lifted);
    return heading(block) + ir::print(lifted);
}

template <typename Text>
std::string of_all_blocks(const RegionRequest& request, Text text_of) {
    std::string text;
    for (const auto& block : request.blocks) text += text_of(block);
    return text;
}

std::string hexadecimal(std::span<const std::byte> bytes) {
    constexpr std::size_t bytes_in_a_line = 16;
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool ends_line = i % bytes_in_a_line == bytes_in_a_line - 1 || i + 1 == bytes.size();
        text += fmt::format("{:02x}{}", static_cast<unsigned>(bytes[i]), ends_line ? '\n' : ' ');
    }
    return text;
}

std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

RegionRequest request_of(const baseline::Block& block, std::span<const std::byte> guest_code) {
    const auto bytes = guest_code.first(block.guest_bytes);
    RegionRequest request{.entry = block.begin, .blocks = {}};
    request.blocks.push_back(
        {.begin = block.begin, .instructions = block.guest_instructions, .bytes = {bytes.begin(), bytes.end()}});
    return request;
}

std::string name_of(GuestAddress address, std::string_view tier, std::uint64_t content_id) {
    return fmt::format("{:#x}-{}-{:016x}", address.value(), tier, content_id);
}

/// FNV-1a, 64 bits.
class Hash {
public:
    void add(std::uint64_t number) {
        for (unsigned shift = 0; shift < 64; shift += 8) add(static_cast<std::byte>(number >> shift));
    }
    void add(std::byte byte) { value_ = (value_ ^ static_cast<std::uint64_t>(byte)) * 0x100'0000'01b3; }
    [[nodiscard]] std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xcbf2'9ce4'8422'2325;
};

}  // namespace

std::optional<DumpStages> parse_dump_stages(std::string_view names) {
    DumpStages stages;
    while (true) {
        const auto name = names.substr(0, names.find(','));
        const auto* const found = std::ranges::find(dump_stage_names, name);
        if (found == dump_stage_names.end()) return std::nullopt;
        stages.set(static_cast<std::size_t>(found - dump_stage_names.begin()));
        if (name.size() == names.size()) return stages;
        names.remove_prefix(name.size() + 1);
    }
}

std::uint64_t content_id(const RegionRequest& request) {
    Hash hash;
    hash.add(std::uint64_t{request.precise});
    hash.add(std::uint64_t{request.ordered});
    for (const auto& block : request.blocks) {
        hash.add(block.begin - request.entry);
        hash.add(block.frame);
        hash.add(block.bytes.size());
        for (const auto byte : block.bytes) hash.add(byte);
        hash.add(block.targets.size());
        for (const auto target : block.targets) hash.add(target - request.entry);
        hash.add(block.callees.size());
        for (const auto callee : block.callees) hash.add(callee);
    }
    return hash.value();
}

std::string region_name(GuestAddress entry, std::uint64_t content_id) {
    return name_of(entry, "optimizing", content_id);
}

std::string block_name(const baseline::Block& block, std::span<const std::byte> guest_code) {
    return name_of(block.begin, "baseline", content_id(request_of(block, guest_code)));
}

std::string stage_text(DumpStage stage, const RegionRequest& request, const RegionAnswer& answer) {
    switch (stage) {
        case DumpStage::guest:
            return of_all_blocks(request, guest_text);
        case DumpStage::ir:
            return of_all_blocks(request, ir_text);
        case DumpStage::lift:
            return answer.lifted;
        case DumpStage::opt:
            return answer.optimized;
        case DumpStage::assembly:
            return answer.assembly;
        case DumpStage::object:
            return hexadecimal(answer.code);
    }
    return {};
}

bool Dump::wants(const RegionRequest& request) const {
    if (!options_.at) return options_.symbol.empty();
    return std::ranges::any_of(request.blocks, [this](const RegionBlock& block) {
        return *options_.at - block.begin < block.bytes.size();  // wraps before the block
    });
}

void Dump::write(const RegionRequest& request, const RegionAnswer& answer) const {
    if (!wants(request)) return;
    for (std::size_t i = 0; i < dump_stage_names.size(); ++i) {
        const auto stage = static_cast<DumpStage>(i);
        const auto text = stage == DumpStage::object ? std::string(as_text(answer.code)) : stage_text(stage, request, answer);
        write(region_name(request.entry, content_id(request)), stage, text);
    }
}

void Dump::write(const baseline::Block& block, std::span<const std::byte> guest_code) const {
    const auto request = request_of(block, guest_code);
    if (!wants(request)) return;
    const auto name = block_name(block, guest_code);
    write(name, DumpStage::guest, guest_text(request.blocks.front()));
    write(name, DumpStage::ir, ir_text(request.blocks.front()));
    write(name, DumpStage::assembly, describe_block(block, guest_code));
    write(name, DumpStage::object, as_text({block.code, block.code_bytes}));
}

void Dump::write(const std::string& name, DumpStage stage, std::string_view text) const {
    const auto index = static_cast<std::size_t>(stage);
    if (!options_.stages.test(index) || text.empty()) return;
    const auto path = fmt::format("{}/{}.{}", options_.folder, name, dump_stage_names[index]);
    if (has_failed_) return;
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (!write_own_output(file, text) && !has_failed_.exchange(true)) {
        log(LogCategory::jit, LogLevel::warning, "cannot write {}: {}; nothing more is dumped", path, std::strerror(errno));
    }
    if (file >= 0) close(file);
}

}  // namespace lxr
