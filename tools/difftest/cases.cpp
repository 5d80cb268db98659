// A case with values is one state; one without is run over the edge values of its operands, and random states.
#include "tools/difftest/cases.h"

#include <fmt/core.h>

#include <algorithm>
#include <regex>
#include <vector>

#include "tools/difftest/case_values.h"
#include "tools/difftest/fuzz.h"
#include "tools/difftest/host_features.h"
#include "tools/difftest/tests.h"
#include "tools/difftest/undefined_flags.h"
#include "tools/difftest/values.h"

namespace lxr::difftest {

namespace {

/// One row of the table that assemble_cases.py makes.
struct CaseRow {
    const std::byte* begin;
    const std::byte* end;
    const char* assembly;
    const char* values;
    const char* place;

    [[nodiscard]] std::span<const std::byte> bytes() const { return {begin, end}; }
};

}  // namespace

}  // namespace lxr::difftest

extern "C" const lxr::difftest::CaseRow lxr_instruction_cases[];
extern "C" const lxr::difftest::CaseRow lxr_instruction_cases_end[];

namespace lxr::difftest {

namespace {

constexpr std::size_t random_states = 64;

std::vector<Instruction> decode_all(std::span<const std::byte> bytes) {
    std::vector<Instruction> instructions;
    for (std::size_t at = 0; at < bytes.size(); at += instructions.back().length_bytes) {
        const auto instruction = decode(bytes.subspan(at), GuestAddress(arena::usual_entry + at));
        if (!instruction) break;  // cases of #UD end with it
        instructions.push_back(*instruction);
    }
    return instructions;
}

/// General-purpose registers that are operands, but for those that make addresses; at most two.
std::vector<unsigned> value_registers(const std::vector<Instruction>& instructions) {
    std::vector<unsigned> registers;
    std::vector<unsigned> addressing = {static_cast<unsigned>(Gpr::rsp)};
    for (const auto& i : instructions) {
        for (unsigned n = 0; n < i.operand_count; ++n) {
            const auto& o = i.operands[n];
            if (o.kind == OperandKind::memory)
                addressing.insert(addressing.end(), {o.memory.base.number, o.memory.index.number});
            const bool general = o.reg.cls == RegisterClass::gpr || o.reg.cls == RegisterClass::high_byte;
            if (o.kind == OperandKind::reg && general) registers.push_back(o.reg.number);
        }
    }
    registers.push_back(static_cast<unsigned>(Gpr::rax));  // the usual implicit operands
    registers.push_back(static_cast<unsigned>(Gpr::rdx));
    std::vector<unsigned> chosen;
    for (const unsigned reg : registers) {
        if (chosen.size() < 2 && !std::ranges::count(addressing, reg) && !std::ranges::count(chosen, reg))
            chosen.push_back(reg);
    }
    return chosen;
}

/// Of the first instruction that the host lacks.
std::string_view feature_missing_in(std::span<const std::byte> code) {
    for (const auto& instruction : decode_all(code)) {
        const auto feature = feature_missing_for(code);
        if (!feature.empty()) return feature;
        code = code.subspan(instruction.length_bytes);
    }
    return {};
}

class CaseRunner {
public:
    CaseRunner(Comparison& comparison, const CaseRow& row, std::uint64_t seed)
        : comparison_(comparison), row_(row), instructions_(decode_all(row.bytes())), random_(derived_seed(seed, 0)) {}

    /// @return true if nothing differed.
    bool run() {
        auto& batch = comparison_.native.batch();
        batch.entry = arena::usual_entry;
        batch.end = batch.entry + row_.bytes().size();
        arena::place_code(batch.entry, row_.bytes());
        fill_memory(batch.memory, random_);
        batch.count = 0;
        std::string(row_.values).empty() ? add_edges() : add_values();
        flush();
        return passed_;
    }

    std::size_t comparisons = 0;

private:
    void add_values() {
        Test test;
        test.before.rip = arena::usual_entry;
        test.before.x87.control = 0x37f;
        for (std::size_t i = 0; i < test.before.gpr.size(); ++i) test.before.gpr[i] = 0x1111111111111111 * i;
        test.before[Gpr::rsp] = arena::data_begin + page_size_bytes;
        const auto wrong = apply_values(row_.values, test);
        if (!wrong.empty()) return fail(wrong);
        add(test);
    }

    void add_edges() {
        if (instructions_.empty()) return add(random_test({}, arena::usual_entry, random_));
        const auto registers = value_registers(instructions_);
        const bool two = registers.size() == 2;
        for (const auto first : edge_words()) {
            for (const auto second : two ? edge_words() : edge_words().first(1)) {
                auto test = random_test(instructions_[0], arena::usual_entry, random_);
                if (!registers.empty()) test.before.gpr[registers[0]] = first;
                if (two) test.before.gpr[registers[1]] = second;
                add(test);
            }
        }
        for (std::size_t i = 0; i < random_states; ++i) add(random_test(instructions_[0], arena::usual_entry, random_));
    }

    void add(const Test& test) {
        auto& batch = comparison_.native.batch();
        batch.tests[batch.count++] = test;
        if (batch.count == Batch::capacity) flush();
    }

    void flush() {
        auto& batch = comparison_.native.batch();
        if (batch.count == 0) return;
        const bool finished = comparison_.run([&](std::string_view tier, std::uint32_t i, const Outcome& native,
                                                  const Outcome& lxr) { compare(tier, batch.tests[i], native, lxr); });
        if (!finished) fail(fmt::format("the native run {}", comparison_.native.failure()));
        batch.count = 0;
    }

    void compare(std::string_view tier, const Test& test, const Outcome& native, const Outcome& lxr) {
        ++comparisons;
        if (instructions_.size() == 1 && are_unordered_faults(instructions_[0].mnemonic, native, lxr)) return;
        std::uint32_t undefined = 0;
        if (instructions_.size() == 1 && native.ending != Ending::fault) {
            undefined = undefined_flags_after(instructions_[0], test.before);
        } else if (instructions_.size() > 1) {
            for (const auto& instruction : instructions_) undefined |= undefined_flags(instruction.mnemonic);
        }
        if (differences(native, lxr, undefined).empty()) return;
        fail(fmt::format("[{}] differs in: {}\n{}", tier, differences(native, lxr, undefined),
                         side_by_side(test, native, lxr, undefined)));
    }

    void fail(std::string_view what) {
        if (passed_) fmt::print("{}: {}  {}\n", row_.place, row_.assembly, what);
        passed_ = false;
    }

    Comparison& comparison_;
    const CaseRow& row_;
    std::vector<Instruction> instructions_;
    Random random_;
    bool passed_ = true;
};

}  // namespace

CaseResult run_cases(const CaseOptions& options) {
    Comparison comparison(options.tier);
    const std::regex wanted(options.name);
    CaseResult result;
    FeaturesMissing missing;
    for (const auto* row = lxr_instruction_cases; row != lxr_instruction_cases_end; ++row) {
        if (!std::regex_search(row->assembly, wanted) && !std::regex_search(row->place, wanted)) continue;
        if (const auto feature = feature_missing_in(row->bytes()); !feature.empty()) {
            missing.note(feature);
            continue;
        }
        CaseRunner runner(comparison, *row, options.seed);
        ++result.cases;
        if (!runner.run()) ++result.failed_cases;
        result.comparisons += runner.comparisons;
    }
    return result;
}

}  // namespace lxr::difftest
