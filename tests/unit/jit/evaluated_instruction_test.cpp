// Instructions that the baseline tier evaluates within its blocks (jit/baseline/evaluated_instruction.h), and x87 code.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/jit/small_world.h"

namespace lxr {
namespace {

class EvaluatedInstruction : public testing::TestWithParam<Tier> {};

TEST_P(EvaluatedInstruction, GoesOnInTheBlock) {
    std::array<std::uint64_t, 2> stack{};
    SmallWorld world({.tier = GetParam()}, {0x31, 0xc0,                      // xor eax, eax
                                            0x9c, 0x58,                      // pushfq; pop rax
                                            0x48, 0x8d, 0x48, 0x01,          // lea rcx, [rax + 1]
                                            0x48, 0x89, 0xca, 0x0f, 0x05});  // mov rdx, rcx; syscall
    world.state[Gpr::rsp] = reinterpret_cast<std::uint64_t>(stack.data() + stack.size());
    world.run();
    EXPECT_TRUE(world.syscall_made);
    EXPECT_EQ(world.state[Gpr::rax], rflags::fixed | rflags::interrupts | rflags::zf | rflags::pf);
    EXPECT_EQ(world.state[Gpr::rdx], world.state[Gpr::rax] + 1);
    EXPECT_EQ(world.statistics.baseline_blocks, 1U);
    EXPECT_EQ(world.statistics.baseline_entries, 1U);
    EXPECT_EQ(world.statistics.blocks_translated, 0U) << "the interpreter had to do something";
}

TEST_P(EvaluatedInstruction, JumpsElsewhere) {
    SmallWorld world({.tier = GetParam()}, {0xb9, 0x03, 0x00, 0x00, 0x00,  // mov ecx, 3
                                            0xff, 0xc0,                    // again: inc eax
                                            0xe0, 0xfc,                    // loopne again
                                            0x0f, 0x05});                  // syscall
    world.run();
    EXPECT_TRUE(world.syscall_made);
    EXPECT_EQ(world.state[Gpr::rax], 3U);
}

TEST_P(EvaluatedInstruction, FaultsWithTheStateBeforeIt) {
    SmallWorld world({.tier = GetParam()}, {0xb8, 0x07, 0x00, 0x00, 0x00, 0xf9, 0x0f, 0x0b});  // mov eax, 7; stc; ud2
    world.run();
    ASSERT_TRUE(world.fault_met);
    EXPECT_EQ(world.fault_met->vector, ExceptionVector::invalid_opcode);
    EXPECT_EQ(world.state.rip, SmallWorld::code_begin + 6);
    EXPECT_EQ(world.state[Gpr::rax], 7U);
    EXPECT_EQ(world.state.status_flags, rflags::cf);
}

TEST_P(EvaluatedInstruction, LooksForAttentionBehindIt) {
    std::array<std::uint64_t, 2> stack{0x302, 0};                            // TF
    SmallWorld world({.tier = GetParam()}, {0x9d, 0x90, 0x90, 0x0f, 0x05});  // popfq; nop; nop; syscall
    world.state[Gpr::rsp] = reinterpret_cast<std::uint64_t>(stack.data());
    world.run();
    ASSERT_TRUE(world.fault_met) << "the trap flag was not seen";
    EXPECT_EQ(world.fault_met->vector, ExceptionVector::debug);
    EXPECT_EQ(world.state.rip, SmallWorld::code_begin + 2);
}

TEST_P(EvaluatedInstruction, SeesWhatX87InstructionsBeforeItDid) {
    struct [[gnu::packed]] Environment {
        std::uint32_t control, status, tags, instruction_pointer, selector_and_opcode, data_pointer, data_selector;
    } environment{};
    SmallWorld world({.tier = GetParam()}, {0xd9, 0xe8,              // fld1
                                            0xd8, 0xc0,              // fadd st0, st0
                                            0x41, 0xd9, 0x37,        // fnstenv [r15], which is evaluated
                                            0xd9, 0xe8,              // fld1
                                            0xde, 0xc1,              // faddp
                                            0x41, 0x8b, 0x47, 0x0c,  // mov eax, [r15 + 12]
                                            0x0f, 0x05});            // syscall
    world.state[Gpr::r15] = reinterpret_cast<std::uint64_t>(&environment);
    world.run();
    EXPECT_TRUE(world.syscall_made);
    EXPECT_EQ(world.state[Gpr::rax], SmallWorld::code_begin + 2) << "the unit's pointer is the guest's, not the host's";
    EXPECT_EQ(world.state.x87.top, 7);
    EXPECT_EQ(world.state.x87.valid, 0x80);
    EXPECT_EQ(world.state.x87.registers[7].significand, 0xc000'0000'0000'0000);  // 3.0
    EXPECT_EQ(world.state.x87.registers[7].sign_exponent, 0x4000);
    EXPECT_EQ(world.state.x87.instruction_pointer, SmallWorld::code_begin + 9);
    EXPECT_EQ(world.statistics.blocks_translated, 0U);
}

INSTANTIATE_TEST_SUITE_P(Tiers, EvaluatedInstruction, testing::Values(Tier::baseline, Tier::baseline_ir),
                         [](const auto& tier) { return tier.param == Tier::baseline ? "baseline" : "baseline_ir"; });

}  // namespace
}  // namespace lxr
