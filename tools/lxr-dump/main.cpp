// lxr-dump: what every stage of lxr makes of an instruction, given as bytes or as assembly.
#include <fmt/core.h>

#include <charconv>
#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jit/host_code_text.h"
#include "jit/region_text.h"
#include "lifter/decoder.h"
#include "lifter/lift.h"
#include "tools/lxr-dump/assembler.h"

namespace {

using Bytes = std::vector<std::byte>;

constexpr lxr::GuestAddress dump_address(0x400000);

constexpr auto usage =
    "Usage: lxr-dump BYTES...       in hex: lxr-dump 48 01 d8, or lxr-dump 4801d8\n"
    "       lxr-dump 'ASSEMBLY'     in Intel syntax: lxr-dump 'lock xadd [rdi], eax; ret'\n"
    "       lxr-dump --host ...     only the host code that the baseline tier makes of it\n"
    "       lxr-dump --dump=STAGES ...   what the optimising tier makes of it, stage by stage: guest,ir,lift,opt,asm,obj\n"
    "       lxr-dump --optimized ...     the same as --dump=lift,opt,asm\n"
    "Prints the decoded instruction, its semantics as IR, what the verifier says, and the host code, at guest address "
    "0x400000.\n";

/// The words as one string of hex digits, or nothing if they are something else.
std::optional<Bytes> parse_bytes(std::string text) {
    std::erase_if(text, [](char character) { return character == ' ' || character == ','; });
    if (text.empty() || text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) {
        return std::nullopt;
    }
    Bytes bytes;
    for (std::size_t at = 0; at < text.size(); at += 2) {
        unsigned value = 0;
        std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

std::expected<Bytes, std::string> read_request(std::span<char*> words) {
    std::string text;
    for (const char* word : words) text.append(text.empty() ? "" : " ").append(word);
    if (const auto bytes = parse_bytes(text)) return *bytes;
    return lxr::assemble(text);
}

std::string describe(const lxr::Register& reg) {
    constexpr std::string_view classes[] = {"none",    "gpr",  "high byte", "vector", "mmx", "x87",
                                            "segment", "mask", "control",   "debug",  "rip"};
    return fmt::format("{} {}", classes[static_cast<std::size_t>(reg.cls)], reg.number);
}

std::string describe(const lxr::Memory& memory) {
    constexpr std::string_view segments[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    std::string text = fmt::format("{}:[", segments[static_cast<std::size_t>(memory.segment)]);
    if (memory.base.cls != lxr::RegisterClass::none) text += describe(memory.base) + " + ";
    if (memory.index.cls != lxr::RegisterClass::none) text += fmt::format("{} * {} + ", describe(memory.index), memory.scale);
    return text + fmt::format("{:#x}], {}-bit address", memory.displacement, memory.address_bits);
}

std::string describe(const lxr::Operand& operand) {
    switch (operand.kind) {
        case lxr::OperandKind::none:
            return "none";
        case lxr::OperandKind::reg:
            return describe(operand.reg);
        case lxr::OperandKind::memory:
            return describe(operand.memory);
        case lxr::OperandKind::immediate:
            return fmt::format("{} {:#x}", operand.relative ? "branch to" : "immediate", operand.immediate);
        case lxr::OperandKind::far_pointer:
            return "far pointer";
    }
    return "?";
}

std::string_view describe(lxr::DecodeError error) {
    constexpr std::string_view errors[] = {"the bytes end inside the instruction", "invalid: #UD", "longer than 15 bytes: #GP"};
    return errors[static_cast<std::size_t>(error)];
}

void print_instruction(const lxr::Instruction& instruction) {
    fmt::print("  {} ({}), operands {} bits, addresses {} bits{}{}{}{}\n", lxr::mnemonic_name(instruction.mnemonic),
               instruction.mnemonic == lxr::Mnemonic::unknown ? "no semantics yet: lifter/semantics/instructions.inc"
                                                              : lxr::mnemonic_reference(instruction.mnemonic),
               instruction.operand_bits, instruction.address_bits, instruction.lock ? ", lock" : "",
               instruction.rep ? ", rep" : "", instruction.repne ? ", repne" : "",
               instruction.vector_bits != 0 ? fmt::format(", vector {} bits", instruction.vector_bits) : "");
    for (const auto& operand : std::span(instruction.operands).first(instruction.operand_count)) {
        fmt::print("    {:>3} bits  {}\n", operand.bits, describe(operand));
    }
}

/// @return how many bytes were decoded.
std::size_t print_decoded(std::span<const std::byte> bytes) {
    fmt::print("decoded\n");
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto rest = bytes.subspan(at);
        const auto instruction = lxr::decode(rest, dump_address + at);
        const std::size_t length = instruction ? instruction->length_bytes : rest.size();
        std::string hex;
        for (const std::byte byte : rest.first(length)) hex += fmt::format("{:02x} ", static_cast<unsigned>(byte));
        fmt::print("  {:#x}  {:<24}{}\n", (dump_address + at).value(), hex, lxr::disassemble(rest, dump_address + at));
        if (!instruction) {
            fmt::print("  {}\n", describe(instruction.error()));
            break;
        }
        print_instruction(*instruction);
        at += length;
    }
    return at;
}

/// The bytes are lifted block by block, as the engine would meet them if no branch were taken.
void print_lifted(std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const auto block = lxr::lift_block(bytes.subspan(at), dump_address + at, {});
        fmt::print("\nlifted: block at {:#x}, {} bytes, {} instructions, {} operations\n{}", block.begin.value(),
                   block.guest_bytes, block.guest_instructions, block.operations.size(), lxr::ir::print(block));
        const std::string wrong = lxr::ir::verify(block);
        fmt::print("verified: {}\n", wrong.empty() ? "nothing is wrong" : wrong);
        if (block.guest_bytes == 0) return;
        at += block.guest_bytes;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || std::strcmp(argv[1], "--help") == 0) {
        fmt::print(argc < 2 ? stderr : stdout, "{}", usage);
        return argc < 2 ? 2 : 0;
    }
    const bool only_host_code = std::strcmp(argv[1], "--host") == 0;
    constexpr std::string_view stages_option = "--dump=";
    const std::string_view option = std::strcmp(argv[1], "--optimized") == 0 ? "--dump=lift,opt,asm" : argv[1];
    const bool only_stages = option.starts_with(stages_option);
    const std::size_t first = only_host_code || only_stages ? 2 : 1;
    const auto bytes = read_request(std::span(argv, static_cast<std::size_t>(argc)).subspan(first));
    if (!bytes) {
        fmt::print(stderr, "lxr-dump: {}\n", bytes.error());
        return 2;
    }
    if (only_stages) {
        const auto stages = lxr::parse_dump_stages(option.substr(stages_option.size()));
        if (!stages) {
            fmt::print(stderr, "lxr-dump: {}: give some of guest,ir,lift,opt,asm,obj\n", option);
            return 2;
        }
        fmt::print("{}", lxr::describe_region(*bytes, dump_address, *stages));
        return 0;
    }
    if (only_host_code) {
        fmt::print("{}", lxr::describe_host_code(*bytes, dump_address));
        return 0;
    }
    const std::size_t decoded = print_decoded(*bytes);
    if (decoded > 0) {
        print_lifted(*bytes);
        fmt::print("\nbaseline\n{}", lxr::describe_host_code(*bytes, dump_address));
    }
    return decoded == bytes->size() ? 0 : 1;
}
