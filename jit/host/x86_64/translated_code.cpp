// The parts of entering and leaving translated code that know the machine's registers.
#include "jit/host/translated_code.h"

#include <array>
#include <cstddef>

#include "jit/baseline/jump_table.h"
#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/state_offsets.h"

extern "C" {
lxr::baseline::Exit* lxr_enter_translated(lxr::GuestState* state, const void* code);
extern const std::byte lxr_enter_translated_end[];
void lxr_bottom_return();
void lxr_transfer_miss();
void lxr_second_transfer_miss();
void lxr_leave_translated();
extern const std::byte lxr_leave_translated_end[];
void lxr_evaluate_in_translated();
void lxr_load_x87_in_translated();
void lxr_make_system_call_in_translated();
void lxr_x87_is_loaded();
void lxr_run_region_in_translated();
void lxr_region_jumps();
void lxr_region_returns();
extern const std::byte lxr_return_to_translated[];
extern const std::byte lxr_return_to_translated_end[];
}

namespace lxr::host {

static_assert(offsetof(GuestState, gpr) == LXR_STATE_GPR);
static_assert(offsetof(GuestState, rip) == LXR_STATE_RIP);
static_assert(offsetof(GuestState, status_flags) == LXR_STATE_STATUS_FLAGS);
static_assert(offsetof(GuestState, control_flags) == LXR_STATE_CONTROL_FLAGS);
static_assert(offsetof(GuestState, mxcsr) == LXR_STATE_MXCSR);
static_assert(offsetof(GuestState, attention) == LXR_STATE_ATTENTION);
static_assert(offsetof(GuestState, vector) == LXR_STATE_VECTOR);
static_assert(offsetof(GuestState, translated.entry) == LXR_STATE_ENTRY);
static_assert(offsetof(GuestState, translated.exit) == LXR_STATE_EXIT);
static_assert(offsetof(GuestState, translated.return_stack) == LXR_STATE_RETURN_STACK);
static_assert(offsetof(GuestState, translated.spilled) == LXR_STATE_SPILLED);
static_assert(offsetof(GuestState, translated.wide_vectors) == LXR_STATE_WIDE_VECTORS);
static_assert(offsetof(GuestState, translated.host_stack) == LXR_STATE_HOST_STACK);
static_assert(offsetof(GuestState, translated.transfer_exit) == LXR_STATE_TRANSFER_EXIT);
static_assert(offsetof(GuestState, translated.jump_index_mask) == LXR_STATE_JUMP_INDEX_MASK);
static_assert(offsetof(GuestState, translated.second_jump_index_mask) == LXR_STATE_SECOND_JUMP_INDEX_MASK);
static_assert(offsetof(GuestState, translated.jump_table) == LXR_STATE_JUMP_TABLE);
static_assert(offsetof(GuestState, translated.second_jump_table) == LXR_STATE_SECOND_JUMP_TABLE);
static_assert(offsetof(GuestState, translated.second_jump_keys) == LXR_STATE_SECOND_JUMP_KEYS);

namespace {

constexpr greg_t trap_flag = 1U << 8;

/// ucontext's names of the host registers in the order of their encoding.
constexpr std::array context_registers = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                          REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

baseline::Exit transfer_exit{.kind = baseline::ExitKind::transfer};

std::uint64_t leave_address() {
    return reinterpret_cast<std::uint64_t>(&lxr_leave_translated);
}

}  // namespace

void prepare_translated_code(GuestState& state, EvaluationFrame& frame) {
    state.translated.frame = reinterpret_cast<std::uint64_t>(frame.slots.data());
    state.translated.leave = leave_address();
    state.translated.evaluate = reinterpret_cast<std::uint64_t>(&lxr_evaluate_in_translated);
    state.translated.use_x87 = reinterpret_cast<std::uint64_t>(&lxr_load_x87_in_translated);
    state.translated.make_system_call = reinterpret_cast<std::uint64_t>(&lxr_make_system_call_in_translated);
    state.translated.run_region = reinterpret_cast<std::uint64_t>(&lxr_run_region_in_translated);
    state.translated.transfer_exit = reinterpret_cast<std::uint64_t>(&transfer_exit);
    state.translated.transfer_miss = reinterpret_cast<std::uint64_t>(&lxr_transfer_miss);
    state.translated.jump_index_mask = baseline::JumpTable::index_mask;
    state.translated.second_jump_index_mask = baseline::JumpTable::second_index_mask;
    state.translated.wide_vectors = __builtin_cpu_supports("avx") != 0;
}

std::uint64_t bottom_return_address() {
    return reinterpret_cast<std::uint64_t>(&lxr_bottom_return);
}

std::uint64_t second_transfer_miss_address() {
    return reinterpret_cast<std::uint64_t>(&lxr_second_transfer_miss);
}

void set_way_out_of_region(GuestState& state, bool by_return) {
    state.translated.after_region = reinterpret_cast<std::uint64_t>(by_return ? &lxr_region_returns : &lxr_region_jumps);
}

baseline::Exit* enter_translated(GuestState& state, const std::byte* code) {
    return lxr_enter_translated(&state, code);
}

const std::byte* program_counter(const ucontext_t& context) {
    return reinterpret_cast<const std::byte*>(context.uc_mcontext.gregs[REG_RIP]);
}

StubPlace stub_place(const ucontext_t& context) {
    const auto within = [pc = program_counter(context)](auto* begin, const std::byte* end) {
        return pc >= reinterpret_cast<const std::byte*>(begin) && pc < end;
    };
    if (within(&lxr_enter_translated, lxr_enter_translated_end)) return StubPlace::entering;
    if (program_counter(context) == reinterpret_cast<const std::byte*>(&lxr_x87_is_loaded)) return StubPlace::entering;
    if (within(lxr_return_to_translated, lxr_return_to_translated_end)) return StubPlace::entering;
    if (within(&lxr_bottom_return, reinterpret_cast<const std::byte*>(&lxr_leave_translated))) return StubPlace::transferring;
    if (within(&lxr_leave_translated, lxr_leave_translated_end)) return StubPlace::leaving;
    return StubPlace::none;
}

void set_return_stack(ucontext_t& context, std::uint64_t stack_pointer) {
    context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(stack_pointer);
}

void set_host_single_step(ucontext_t& context, bool on) {
    auto& flags = context.uc_mcontext.gregs[REG_EFL];
    flags = on ? flags | trap_flag : flags & ~trap_flag;
}

void leave_translated(ucontext_t& context, const GuestState& state, const baseline::Mark& mark, baseline::Exit& exit) {
    auto& registers = context.uc_mcontext.gregs;
    for (unsigned i = 0; i < mark.lent_count; ++i) {
        const auto& lent = mark.lent[i];
        registers[context_registers[lent.reg]] = static_cast<greg_t>(state.translated.spilled[lent.slot]);
    }
    registers[context_registers[home_of_guest_rsp]] += mark.stack_offset;
    if (mark.from_ir) {
        constexpr std::uint64_t given_back = rflags::status | rflags::df;
        auto& flags = registers[REG_EFL];
        flags = (flags & ~static_cast<greg_t>(given_back)) | static_cast<greg_t>(state.translated.flags & given_back);
    }
    registers[REG_R14] = reinterpret_cast<greg_t>(&exit);
    registers[REG_RIP] = static_cast<greg_t>(leave_address());
    set_host_single_step(context, false);
}

}  // namespace lxr::host
