// Instructions of a block leave RBX and RSP where the data is, and read no flags that are undefined.
#include "tools/difftest/blocks.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <regex>
#include <string_view>

#include "tools/difftest/fuzz.h"
#include "tools/difftest/tests.h"
#include "tools/difftest/undefined_flags.h"

namespace lxr::difftest {

namespace {

constexpr std::uint32_t states_of_each = 16;
/// Branches back take from it, so that every block ends. Memory operands do not reach it.
constexpr std::uint32_t fuel_address = arena::data_begin + 8;
constexpr std::uint32_t fuel = 6;
constexpr std::uint64_t data_pointer = arena::data_begin + arena::data_size_bytes / 2;

/// Beginnings of mnemonics that blocks do not have: they would end them, move the pointers, or read all flags.
constexpr std::array<std::string_view, 53> left_out = {
    "STOS",    "LODS",   "SCAS",   "INS",     "OUTS",     "XLAT",    "LEAVE", "ENTER",  "RET",        "CALL",   "DIV",
    "IDIV",    "POPF",   "PUSHF",  "LAHF",    "INT",      "UD",      "WRFSB", "WRGSB",  "MASKMOV",    "HLT",    "CLI",
    "STI",     "IN",     "OUT",    "RDMSR",   "WRMSR",    "RDPMC",   "CLTS",  "WBINVD", "LGDT",       "LIDT",   "LLDT",
    "LTR",     "LMSW",   "SWAPGS", "SYSRET",  "XSETBV",   "MONITOR", "MWAIT", "IRET",   "CLZERO",     "MOVDIR", "LSS",
    "FXRSTOR", "XRSTOR", "FLDENV", "LDMXCSR", "VLDMXCSR", "FRSTOR",  "LFS",   "LGS",    "VMASKMOVDQU"};
constexpr std::array<std::string_view, 2> string_or_vector = {"MOVS", "CMPS"};  // strings have no operands

bool begins_with_any(std::string_view name, std::span<const std::string_view> beginnings) {
    return std::ranges::any_of(beginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

bool is_left_out(const Instruction& i) {
    const auto name = mnemonic_name(i.mnemonic);
    const bool begins_so_too = name == "INC" || (name.starts_with("INSERT") && i.operand_count > 0);
    const bool string = i.operand_count == 0 && begins_with_any(name, string_or_vector);
    const bool indirect = name == "JMP" && !i.operands[0].relative;
    return (!begins_so_too && begins_with_any(name, left_out)) || string || indirect || !exclusion(i.mnemonic).empty();
}

bool is_pointer(Register reg) {
    const bool general = reg.cls == RegisterClass::gpr || reg.cls == RegisterClass::high_byte;
    return general && (reg.number == static_cast<unsigned>(Gpr::rbx) || reg.number == static_cast<unsigned>(Gpr::rsp));
}

bool is_tame_memory(const Instruction& i, const Memory& memory) {
    constexpr std::int64_t reach = 1024;
    const bool bit_offset = mnemonic_name(i.mnemonic).starts_with("BT") && i.operands[1].kind == OperandKind::reg;
    if (bit_offset || memory.index.cls != RegisterClass::none || memory.segment >= Segment::fs) return false;
    if (memory.base.cls == RegisterClass::none) return true;
    const bool by_rbx = memory.base == Register{RegisterClass::gpr, static_cast<std::uint8_t>(Gpr::rbx)};
    return by_rbx && memory.displacement > -reach && memory.displacement < reach;
}

bool is_tame(const Instruction& i) {
    if (is_left_out(i)) return false;
    for (unsigned n = 0; n < i.operand_count; ++n) {
        const auto& o = i.operands[n];
        if (o.kind == OperandKind::memory && !is_tame_memory(i, o.memory)) return false;
        if (o.kind == OperandKind::reg && (is_pointer(o.reg) || o.reg.cls == RegisterClass::segment)) return false;
    }
    return true;
}

/// AF is never read in a block (no LAHF, no PUSHF), so it is only masked at the end.
std::uint32_t readable_undefined_flags(const Instruction& i) {
    const bool by_register = i.operand_count > 0 && i.operands[i.operand_count - 1U].kind == OperandKind::reg;
    const auto undefined = by_register ? undefined_flags(i.mnemonic) : undefined_flags_after(i, {});
    return undefined & ~rflags::af;
}

struct Unit {
    Encoding encoding;
    std::size_t at = 0;          // offset in the block
    bool defines_flags = false;  // a CMP behind what leaves flags undefined: no branch goes to it
};

class Block {
public:
    Block(const std::vector<const Form*>& forms, Random& random) {
        const auto length = 2 + random.below(29);
        while (units.size() < length) {
            constexpr unsigned loops_in_percent = 6;
            !units.empty() && random.percent(loops_in_percent) ? add_loop(random) : add(forms, random);
        }
        for (auto& unit : units) aim_branch(unit, random);
    }

    [[nodiscard]] std::uint64_t entry() const { return arena::usual_entry; }

    void remove(std::size_t number) {
        constexpr std::byte nop{0x90};
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(units[number].at), units[number].encoding.size_bytes, nop);
    }

    std::vector<Unit> units;
    std::vector<std::byte> bytes;
    std::uint32_t undefined_at_end = 0;

private:
    void add(const std::vector<const Form*>& forms, Random& random) {
        const auto& form = *random.pick(forms);
        for (int attempt = 0; attempt < 200; ++attempt) {
            const auto encoding = random_encoding(form, entry() + bytes.size(), random);
            if (!is_tame(encoding.instruction)) continue;
            append(encoding, false);
            undefined_at_end |= undefined_flags(encoding.instruction.mnemonic) & rflags::af;
            if (readable_undefined_flags(encoding.instruction) != 0) define_flags(random);
            return;
        }
    }

    /// SUB dword ptr [fuel], 1; JG to the beginning of an earlier instruction. One unit: the one is never without the other.
    void add_loop(Random& random) {
        constexpr std::array<std::uint8_t, 3> subtract = {0x83, 0x2c, 0x25};
        constexpr std::array<std::uint8_t, 2> jump_if_greater = {0x0f, 0x8f};
        std::size_t target = 0;
        do target = random.below(units.size());
        while (units[target].defines_flags);
        Encoding encoding;
        const auto put = [&](const void* part, std::size_t size_bytes) {
            std::memcpy(encoding.buffer.data() + encoding.size_bytes, part, size_bytes);
            encoding.size_bytes += size_bytes;
        };
        constexpr std::uint8_t one = 1;
        put(subtract.data(), subtract.size());
        put(&fuel_address, sizeof fuel_address);
        put(&one, sizeof one);
        put(jump_if_greater.data(), jump_if_greater.size());
        const auto displacement =
            static_cast<std::uint32_t>(units[target].at - (bytes.size() + encoding.size_bytes + sizeof(std::uint32_t)));
        put(&displacement, sizeof displacement);
        encoding.instruction = *decode(encoding.buffer, GuestAddress(entry() + bytes.size()));
        append(encoding, false);
    }

    void define_flags(Random& random) {
        constexpr std::byte group{0x83};
        constexpr unsigned compare_eax = 0xf8;
        Encoding encoding;
        encoding.buffer = {group, static_cast<std::byte>(compare_eax + random.below(8)), static_cast<std::byte>(random.next())};
        encoding.instruction = *decode(encoding.buffer, GuestAddress(entry() + bytes.size()));
        encoding.size_bytes = encoding.instruction.length_bytes;
        append(encoding, true);
    }

    void append(const Encoding& encoding, bool defines_flags) {
        units.push_back({.encoding = encoding, .at = bytes.size(), .defines_flags = defines_flags});
        bytes.insert(bytes.end(), encoding.bytes().begin(), encoding.bytes().end());
    }

    /// To the beginning of a later instruction, or behind the last.
    void aim_branch(const Unit& unit, Random& random) {
        const auto& target = unit.encoding.instruction.operands[0];
        if (!target.relative) return;
        const auto next = unit.at + unit.encoding.size_bytes;
        const auto size_bytes = std::min<std::size_t>(target.bits / 8, 4);
        std::vector<std::size_t> targets;
        for (const auto& other : units) {
            if (other.at >= next && !other.defines_flags && (size_bytes > 1 || other.at - next < 128))
                targets.push_back(other.at);
        }
        if (targets.empty()) targets.push_back(next);
        const auto displacement = static_cast<std::uint32_t>(random.pick(targets) - next);
        std::memcpy(bytes.data() + next - size_bytes, &displacement, size_bytes);
    }
};

class BlockRunner {
public:
    BlockRunner(Comparison& comparison, const BlockOptions& options) : comparison_(comparison), options_(options) {}

    void run(const std::vector<const Form*>& forms, std::uint64_t number) {
        Random random(derived_seed(derived_seed(options_.seed, 0), number));
        Block block(forms, random);
        auto& batch = comparison_.native.batch();
        fill_memory(batch.memory, random);
        std::memcpy(batch.memory.data() + (fuel_address - arena::data_begin), &fuel, sizeof fuel);
        batch.count = states_of_each;
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            auto& test = batch.tests[i];
            test = random_test(block.units[0].encoding.instruction, block.entry(), random);
            test.before[Gpr::rbx] = data_pointer;
            test.before[Gpr::rsp] = data_pointer;
            test.poke_count = 0;                               // they lie where RBX pointed before, perhaps in the fuel
            test.before.selectors = MachineState{}.selectors;  // x87 instructions that are copied note the host's (FDS)
        }
        const auto failed = first_difference(block);
        if (!failed) return;
        ++result.differing_blocks;
        if (result.differing_blocks > options_.details) return;
        batch.tests[0] = batch.tests[*failed];
        batch.count = 1;
        shrink(block);
        report(block, number);
    }

    BlockResult result;

private:
    /// The number of the first test that differs.
    std::optional<std::uint32_t> first_difference(const Block& block) {
        auto& batch = comparison_.native.batch();
        batch.entry = block.entry();
        batch.end = batch.entry + block.bytes.size();
        arena::place_code(batch.entry, block.bytes);
        std::optional<std::uint32_t> failed;
        const bool finished =
            comparison_.run([&](std::string_view tier, std::uint32_t i, const Outcome& native, const Outcome& lxr) {
                ++result.comparisons;
                if (failed || differences(native, lxr, block.undefined_at_end).empty()) return;
                failed = i;
                shown_ = fmt::format("[{}] differs in: {}\n{}", tier, differences(native, lxr, block.undefined_at_end),
                                     side_by_side(batch.tests[i], native, lxr, block.undefined_at_end));
            });
        if (!finished) shown_ = fmt::format("the native run {}\n", comparison_.native.failure());
        return finished ? failed : 0;
    }

    /// Replaces instructions by NOPs as long as there is a difference.
    void shrink(Block& block) {
        for (std::size_t number = block.units.size(); number-- > 0;) {
            auto smaller = block;
            smaller.remove(number);
            if (first_difference(smaller)) block = smaller;
        }
        first_difference(block);
    }

    void report(const Block& block, std::uint64_t number) {
        fmt::print("block {}: lxr-difftest --seed={} '--form={}' --blocks --block={}\n", number, options_.seed, options_.form,
                   number);
        for (std::size_t at = 0; at < block.bytes.size();) {
            const auto rest = std::span(block.bytes).subspan(at);
            const auto instruction = decode(rest, GuestAddress(block.entry() + at));
            const auto text = disassemble(rest, GuestAddress(block.entry() + at));
            if (text != "nop") fmt::print("    {:#x}: {}\n", block.entry() + at, text);
            at += instruction ? instruction->length_bytes : 1;
        }
        fmt::print("{}", shown_);
    }

    Comparison& comparison_;
    const BlockOptions& options_;
    std::string shown_;
};

}  // namespace

BlockResult run_blocks(const std::vector<Form>& forms, const BlockOptions& options) {
    Comparison comparison(options.tier);
    const std::regex wanted(options.form);
    std::vector<const Form*> chosen;
    FeaturesMissing missing;
    for (const auto& form : forms) {
        const bool is_chosen = std::regex_search(form.name, wanted) && form.mnemonic != Mnemonic::unknown;
        if (is_chosen && !missing.is_missing_for(form)) chosen.push_back(&form);
    }
    BlockRunner runner(comparison, options);
    const auto begin = options.block.value_or(0);
    const auto end = options.block ? begin + 1 : options.blocks;
    for (auto number = begin; number < end && !chosen.empty(); ++number) runner.run(chosen, number);
    return runner.result;
}

}  // namespace lxr::difftest
