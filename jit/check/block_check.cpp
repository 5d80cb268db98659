// Stores of the interpreter's run are noted by steps of their own that stand before the storing ones.
#include "jit/check/block_check.h"

#include <fmt/core.h>

#include <algorithm>

#include "jit/engine_thread.h"
#include "jit/interpreter/interpreter.h"
#include "lifter/decoder.h"
#include "lifter/helpers.h"
#include "lifter/lift.h"

namespace lxr::check {

namespace {

UndoLog& memory_of(EvaluationFrame* frame) {
    return *static_cast<EngineThread*>(frame)->undo_log;
}

void note_store(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    memory_of(frame).note(GuestAddress(frame->slots[operation.a]), ir::size_bytes(operation.type));
    [[clang::musttail]] return (step + 1)->function(step + 1, state, frame);
}

void note_string(UndoLog& memory, const GuestState& state, std::uint64_t form) {
    constexpr std::uint64_t narrow_addresses = 0x100;
    const auto mask = (form & narrow_addresses) != 0 ? 0xffff'ffff : ~std::uint64_t{0};
    const auto element_bytes = form & 0xff;
    const auto size_bytes = (state[Gpr::rcx] & mask) * element_bytes;
    const auto first = state[Gpr::rdi] & mask;
    const bool down = (state.control_flags & rflags::df) != 0;
    if (size_bytes != 0) memory.note(GuestAddress(down ? first + element_bytes - size_bytes : first), size_bytes);
}

void note_helper(const Step* step, GuestState* state, EvaluationFrame* frame) {
    constexpr std::uint64_t largest_x87_operand_bytes = 10;
    constexpr std::uint64_t largest_area_bytes = 4096;
    const auto& operation = step->operation;
    const auto argument = [&](std::uint16_t slot) { return slot == ir::no_slot ? 0 : frame->slots[slot]; };
    auto& memory = memory_of(frame);
    switch (helper_row(static_cast<Helper>(operation.immediate)).writes) {
        case HelperWrites::nothing:
            break;
        case HelperWrites::bytes_b:
            memory.note(GuestAddress(argument(operation.a)), argument(operation.b));
            break;
        case HelperWrites::x87_at_b:
            memory.note(GuestAddress(argument(operation.b)), largest_x87_operand_bytes);
            break;
        case HelperWrites::area:
            memory.note(GuestAddress(argument(operation.a)), largest_area_bytes);
            break;
        case HelperWrites::string:
            note_string(memory, *state, argument(operation.a));
            break;
    }
    [[clang::musttail]] return (step + 1)->function(step + 1, state, frame);
}

/// The step that notes what the operation will write; null if it writes no memory.
StepFunction noting_function(const ir::Operation& operation) {
    if (operation.opcode == ir::Opcode::call_helper) return &note_helper;
    const bool stores = ir::opcode_row(operation.opcode).effect == ir::Effect::store && operation.opcode != ir::Opcode::fence;
    return stores ? &note_store : nullptr;
}

bool sets_all_flags(const ir::Operation& operation) {
    switch (operation.opcode) {
        case ir::Opcode::flags_add:
        case ir::Opcode::flags_adc:
        case ir::Opcode::flags_sub:
        case ir::Opcode::flags_sbb:
        case ir::Opcode::flags_logic:
            return true;
        case ir::Opcode::put_flags:
            return static_cast<std::uint32_t>(operation.immediate) == rflags::status;
        default:
            return false;
    }
}

bool varies(const ir::Operation& operation) {
    return operation.opcode == ir::Opcode::call_helper && helper_row(static_cast<Helper>(operation.immediate)).varies;
}

std::string guest_code(std::span<const std::byte> code, const baseline::Block& block) {
    std::string text;
    for (std::uint32_t at = 0; at < block.guest_bytes;) {
        const auto address = block.begin + at;
        const auto rest = code.subspan(std::min<std::size_t>(at, code.size()));
        const auto instruction = decode(rest, address);
        text += fmt::format("  {:#x}  {}\n", address.value(), disassemble(rest, address));
        if (!instruction) break;
        at += instruction->length_bytes;
    }
    return text;
}

}  // namespace

BlockCheck::CheckedInstruction BlockCheck::lift_one(std::span<const std::byte> code, GuestAddress address) {
    auto block = lift_block(code, address, {.instructions = 1});
    ir::simplify(block);
    CheckedInstruction checked;
    checked.next = address + block.guest_bytes;
    if (const auto instruction = decode(code, address)) {
        checked.undefined_flags = undefined_flags(instruction->mnemonic);
        checked.repeats = instruction->rep || instruction->repne;
    }
    for (const auto& operation : block.operations) {
        if (const auto noting = noting_function(operation)) checked.steps.push_back({noting, operation});
        if (operation.opcode != ir::Opcode::hint_call) {
            checked.steps.push_back({interpreter::step_of(operation, interpreter::ExitStyle::leaving), operation});
        }
        checked.defines_all_flags |= sets_all_flags(operation);
        checked.varies |= varies(operation);
    }
    return checked;
}

const BlockCheck::CheckedBlock& BlockCheck::checked(const baseline::Block& block) {
    const std::scoped_lock lock(mutex_);
    auto& checked = blocks_[block.begin.value()];
    if (checked.guest_bytes == block.guest_bytes) return checked;
    checked = {.begin = block.begin, .guest_bytes = block.guest_bytes, .instructions = {}};
    const auto code = services_.code_at(block.begin).bytes;
    for (std::uint32_t at = 0; at < block.guest_bytes;) {
        checked.instructions.push_back(lift_one(code.subspan(std::min<std::size_t>(at, code.size())), block.begin + at));
        const auto after = checked.instructions.back().next - block.begin;
        if (after <= at) break;  // the code is gone
        at = static_cast<std::uint32_t>(after);
    }
    return checked;
}

bool BlockCheck::interpret(EngineThread& thread, const CheckedBlock& block) {
    auto& state = thread.state;
    undefined_flags_ = 0;
    auto address = block.begin;
    for (const auto& instruction : block.instructions) {
        if (instruction.varies) return false;
        do {
            interpreter::run(thread, instruction.steps.data());
            if ((state.attention.load(std::memory_order_relaxed) & attention_runtime) != 0) return false;
        } while (instruction.repeats && thread.reason == LeaveReason::look_up && state.rip == address.value());
        if (thread.reason == LeaveReason::fault) return true;  // nothing was changed
        undefined_flags_ = (instruction.defines_all_flags ? 0 : undefined_flags_) | instruction.undefined_flags;
        if (thread.reason != LeaveReason::look_up || state.rip != instruction.next.value()) return true;
        address = instruction.next;
    }
    return true;
}

bool BlockCheck::run_ahead(EngineThread& thread, const baseline::Block& block) {
    auto& state = thread.state;
    const auto& instructions = checked(block);
    memory_.clear();
    thread.undo_log = &memory_;
    before_ = ComparedState::of(state);
    const bool comparable = interpret(thread, instructions);
    interpreted_ = ComparedState::of(state);
    memory_.undo();
    before_.put_back(state);
    state.attention.fetch_and(~attention_engine, std::memory_order_relaxed);
    return comparable;
}

std::string BlockCheck::difference(const EngineThread& thread, const baseline::Block& block) {
    auto text = check::difference(before_, interpreted_, ComparedState::of(thread.state), undefined_flags_);
    if (const auto memory = memory_.difference()) text += fmt::format("  * {}\n", *memory);
    if (text.empty()) return text;
    return fmt::format("the block at {:#x} differs from the interpreter\n{}{}", block.begin.value(), text,
                       guest_code(services_.code_at(block.begin).bytes, block));
}

void BlockCheck::invalidate(GuestAddress begin, std::uint64_t size_bytes) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(blocks_, [&](const auto& entry) {
        const auto& block = entry.second;
        return block.begin < begin + size_bytes && begin < block.begin + block.guest_bytes;
    });
}

}  // namespace lxr::check
