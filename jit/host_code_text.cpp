// Emits blocks into a buffer, and reads them back with the disassembler. Called by lxr-dump.
#include "jit/host_code_text.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "jit/baseline/marks.h"
#include "jit/host/block_emitter.h"
#include "lifter/decoder.h"

namespace lxr {

namespace {

using baseline::Block;
using baseline::Exit;

struct Field {
    std::size_t offset;
    std::size_t count;
    std::size_t size_bytes;
    std::string_view name;
};
// clang-format off
constexpr std::array fields = {
    //    offset                                       count size name
    Field{offsetof(GuestState, rip),                   1,    8,   "rip"},
    Field{offsetof(GuestState, fs_base),               1,    8,   "fs_base"},
    Field{offsetof(GuestState, gs_base),               1,    8,   "gs_base"},
    Field{offsetof(GuestState, gpr),                   16,   8,   "gpr"},
    Field{offsetof(GuestState, translated.leave),      1,    8,   "leave"},
    Field{offsetof(GuestState, translated.evaluate),   1,    8,   "evaluate"},
    Field{offsetof(GuestState, translated.make_system_call), 1, 8, "make_system_call"},
    Field{offsetof(GuestState, translated.use_x87),    1,    8,   "use_x87"},
    Field{offsetof(GuestState, translated.overwritten), 1,   8,   "overwritten"},
    Field{offsetof(GuestState, translated.transfer), 1,  4,   "transfer"},
    Field{offsetof(GuestState, translated.transfer_miss), 1, 8,   "transfer_miss"},
    Field{offsetof(GuestState, translated.jump_index_mask), 1, 8, "jump_index_mask"},
    Field{offsetof(GuestState, translated.jump_table), TranslatedCodeArea::jump_entries, 8, "jump_table"},
    Field{offsetof(GuestState, translated.spilled),    4,    8,   "spilled"},
    Field{offsetof(GuestState, translated.flags),      1,    8,   "flags"},
    Field{offsetof(GuestState, translated.frame),      1,    8,   "frame"},
};
// clang-format on

std::string field_name(std::size_t offset) {
    for (const auto& field : fields) {
        if (offset < field.offset || offset >= field.offset + field.count * field.size_bytes) continue;
        const auto index = (offset - field.offset) / field.size_bytes;
        return field.count == 1 ? fmt::format("[state.{}]", field.name) : fmt::format("[state.{}{}]", field.name, index);
    }
    return fmt::format("[state + {:#x}]", offset);
}

/// "gs:[0x…]" is a field of GuestState, "gs:[r14*8+0x…]" an element of one.
std::string with_field_names(std::string text) {
    const auto begin = text.find("gs:[");
    const auto offset_begin = text.find("0x", begin);
    if (begin == text.npos || offset_begin == text.npos) return text;
    const bool indexed = text[begin + std::string_view("gs:[").size()] != '0';
    const auto end = text.find(']', begin);
    std::size_t offset = 0;
    std::from_chars(text.data() + offset_begin + std::string_view("0x").size(), text.data() + end, offset, 16);
    return text.replace(begin, end + 1 - begin, indexed ? "[state.jump_table + r14*8]" : field_name(offset));
}

class BlockText {
public:
    BlockText(const Block& block, std::span<const std::byte> guest_code) : block_(block), guest_code_(guest_code) {
        for (const auto* exit = block.exits; exit != nullptr; exit = exit->next) ++exits_;
        unsigned number = exits_;
        for (const auto* exit = block.exits; exit != nullptr; exit = exit->next) numbers_[exit] = --number;
        baseline::MarkReader marks({block.marks, block.marks_bytes}, block.begin.value());
        while (marks.next()) marks_[marks.mark().host_offset] = marks.mark().guest_address;
    }

    std::string text() {
        find_labels();
        std::string lines;
        for (std::uint32_t at = 0; at < block_.code_bytes;) {
            if (const auto mark = marks_.find(at); mark != marks_.end()) lines += heading(mark->second);
            if (const auto label = labels_.find(at); label != labels_.end())
                lines += fmt::format("  label {}\n", label->second);
            const std::span rest(block_.code + at, block_.code_bytes - at);
            const auto length = decode(rest, GuestAddress(at))->length_bytes;
            lines += fmt::format("    {}\n", line(rest.first(length), at));
            at += length;
            ++host_instructions_;
        }
        return fmt::format("block at {:#x}: {} guest instructions, {} bytes; {} host instructions, {} bytes\n{}",
                           block_.begin.value(), block_.guest_instructions, block_.guest_bytes, host_instructions_,
                           block_.code_bytes, lines);
    }

private:
    /// Where the jumps within the block lead: without offsets in the text, a change shows only where it is.
    void find_labels() {
        for (std::uint32_t at = 0; at < block_.code_bytes;) {
            const auto instruction = decode({block_.code + at, block_.code_bytes - at}, GuestAddress(at));
            at += instruction->length_bytes;
            const auto& operand = instruction->operands[0];
            if (operand.relative && patched_here(at) == nullptr) labels_[static_cast<std::uint32_t>(operand.immediate)] = 0;
        }
        unsigned number = 0;
        for (auto& [offset, label] : labels_) label = number++;
    }

    /// The guest instruction that begins here. (The marks of stubs behind the code say where they lead.)
    std::string heading(std::uint64_t guest_address) {
        const auto offset = guest_address - block_.begin.value();
        if (offset >= block_.guest_bytes || guest_address <= last_heading_) return {};
        last_heading_ = guest_address;
        return fmt::format("{}\n", disassemble(guest_code_.subspan(offset), GuestAddress(guest_address)));
    }

    std::string line(std::span<const std::byte> instruction, std::uint32_t at) {
        auto text = with_field_names(disassemble(instruction, GuestAddress(at)));
        const auto mnemonic = text.substr(0, text.find(' '));
        if (const auto* const exit = patched_here(at + static_cast<std::uint32_t>(instruction.size()))) {
            return fmt::format("{} exit {} to {:#x}", mnemonic, numbers_[exit], exit->target.value());
        }
        constexpr std::string_view transfer = "[state.transfer], ";
        if (const auto found = text.find(transfer); found != text.npos) return text.substr(0, found + transfer.size()) + "here";
        const auto& operand = decode(instruction, GuestAddress(at))->operands[0];
        if (operand.relative)
            return fmt::format("{} label {}", mnemonic, labels_[static_cast<std::uint32_t>(operand.immediate)]);
        if (const auto address = wide_immediate(instruction)) {
            const auto found = numbers_.find(reinterpret_cast<const Exit*>(*address));
            const auto what = found != numbers_.end()    ? fmt::format("exit {}", found->second)
                              : is_hidden_code(*address) ? hidden_code(instruction, at)
                                                         : "the instruction's steps";
            return text.substr(0, text.find(',')) + ", " + what;
        }
        return text;
    }

    const Exit* patched_here(std::uint32_t end) {
        for (const auto& [exit, number] : numbers_) {
            if (exit->patch_site != nullptr && exit->patch_site + sizeof(std::int32_t) == block_.code + end) return exit;
        }
        return nullptr;
    }

    /// Of MOV r14, imm64: an address of this process, because guest addresses are small here.
    static std::optional<std::uint64_t> wide_immediate(std::span<const std::byte> instruction) {
        constexpr std::array move = {std::byte{0x49}, std::byte{0xbe}};
        if (instruction.size() != move.size() + 8 || std::memcmp(instruction.data(), move.data(), move.size()) != 0) return {};
        std::uint64_t value = 0;
        std::memcpy(&value, instruction.data() + move.size(), sizeof value);
        return value;
    }

    /// A miss of a check (jit/host/x86_64/transfers.h): mov rcx, r14 and a jump.
    static bool is_hidden_code(std::uint64_t immediate) { return static_cast<std::uint32_t>(immediate) == 0xe9f1894c; }
    std::string hidden_code(std::span<const std::byte> instruction, std::uint32_t at) {
        const auto offset = static_cast<std::uint32_t>(instruction.size() - sizeof(std::uint64_t));
        return fmt::format("in which is label {}: {}", labels_[at + offset], "mov rcx, r14; jmp [state.transfer_miss]");
    }

    const Block& block_;
    std::span<const std::byte> guest_code_;
    unsigned exits_ = 0;
    unsigned host_instructions_ = 0;
    std::uint64_t last_heading_ = 0;
    std::map<const Exit*, unsigned> numbers_;
    std::map<std::uint32_t, std::uint64_t> marks_;
    std::map<std::uint32_t, unsigned> labels_;
};

}  // namespace

std::string describe_block(const Block& block, std::span<const std::byte> guest_code) {
    return BlockText(block, guest_code).text();
}

std::string describe_host_code(std::span<const std::byte> code, GuestAddress address) {
    constexpr std::size_t cache_line_bytes = 64;
    std::vector<std::byte> memory(host::room_for_a_block + cache_line_bytes);
    const auto misalignment = reinterpret_cast<std::uintptr_t>(memory.data()) % cache_line_bytes;
    const auto room = std::span(memory).subspan(cache_line_bytes - misalignment, host::room_for_a_block);
    std::string text;
    for (std::size_t at = 0; at < code.size();) {
        baseline::Arena arena;
        const auto* const block = host::emit_block(code.subspan(at), address + at, {}, host::Copies::exact,
                                                   {.writable = room, .executable = room.data()}, arena);
        if (block == nullptr) return text + "the rest is interpreted\n";
        text += describe_block(*block, code.subspan(at));
        at += block->guest_bytes;
    }
    return text;
}

}  // namespace lxr
