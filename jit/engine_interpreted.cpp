// Code that is interpreted: whole blocks where there is no baseline tier, else what it cannot translate, and single
// instructions.
#include <array>
#include <utility>

#include "jit/engine_implementation.h"
#include "jit/host/block_emitter.h"
#include "jit/interpreter/interpreter.h"
#include "lifter/decoder.h"
#include "lifter/support/log.h"

namespace lxr {

ir::Block Engine::Implementation::lift(GuestAddress address, const CodeBytes& code, LiftLimits limits) {
    auto block = timed([&] {
        auto lifted = lift_block(code.bytes, address, limits);
        ir::simplify(lifted);
        return lifted;
    });
    if (log_enabled(LogCategory::lift, LogLevel::debug)) {
        log(LogCategory::lift, LogLevel::debug, "block {:#x}\n{}", address.value(), ir::print(block));
    }
    constexpr auto relaxed = std::memory_order_relaxed;
    blocks_translated.fetch_add(1, relaxed);
    instructions_translated.fetch_add(block.guest_instructions, relaxed);
    bytes_translated.fetch_add(block.guest_bytes, relaxed);
    return block;
}

bool Engine::Implementation::is_fetch_fault(const ir::Block& block, EngineThread& thread) {
    const auto& last = block.operations.back();
    if (last.opcode != ir::Opcode::fetch_fault) return false;
    thread.fetch_fault_address = GuestAddress(last.wide);
    thread.reason = LeaveReason::fetch_fault;
    return true;
}

const Translation* Engine::Implementation::translate(EngineThread& thread, GuestAddress address) {
    auto code = services.code_at(address);
    std::array<std::byte, longest_instruction_bytes> copy;
    if (code.may_change) code.bytes = copied(code.bytes, copy);
    // Code that may change under us is checked at every instruction, so that it may also change itself.
    const LiftLimits limits{.instructions = options.single_step || code.may_change ? 1U : LiftLimits{}.instructions,
                            .ends_before = baseline != nullptr ? &host::is_translatable : nullptr};
    const auto block = lift(address, code, limits);
    if (is_fetch_fault(block, thread)) return nullptr;
    return translations.insert(interpreter::translate(block, code));
}

const Step* Engine::Implementation::steps_at(EngineThread& thread, std::uint64_t rip) {
    const auto* translation = translations.find(GuestAddress(rip));
    if (translation == nullptr) translation = translate(thread, GuestAddress(rip));
    if (translation == nullptr) return nullptr;
    (*thread.jump_cache)[EngineThread::jump_cache_slot(rip)] = {rip, translation->steps.data()};
    return translation->steps.data();
}

void Engine::Implementation::catch_up(EngineThread& thread) {
    const auto generation = translations.generation().load();
    if (generation == thread.seen_generation) return;
    thread.jump_cache = std::make_unique<std::array<JumpCacheEntry, EngineThread::jump_cache_size>>();
    thread.seen_generation = generation;
    std::uint64_t oldest = generation;
    {
        const std::scoped_lock lock(threads_mutex);
        for (const auto* each : threads) {
            if (each != &thread) oldest = std::min(oldest, each->inside_since.load());
        }
    }
    translations.reclaim(oldest);
}

std::unique_ptr<Translation> Engine::Implementation::translate_one(EngineThread& thread, bool is_kept) {
    const GuestAddress address(thread.state.rip);
    auto code = services.code_at(address);
    std::array<std::byte, longest_instruction_bytes> copy;
    if (code.may_change) code.bytes = copied(code.bytes, copy);
    const bool checks_alignment = (thread.state.control_flags & rflags::ac) != 0;
    const auto block = lift(address, code, {.instructions = 1, .checks_alignment = checks_alignment});
    if (is_fetch_fault(block, thread)) return nullptr;
    return interpreter::translate(block, {.bytes = code.bytes, .may_change = is_kept, .fault = {}});
}

void Engine::Implementation::interpret(EngineThread& thread, const Translation& instruction) {
    do {
        thread.seen_generation = 0;  // no generation: the exit leaves instead of going on
        interpreter::run(thread, instruction.steps.data());
    } while (writes_to_kept_code(thread));
}

void Engine::Implementation::interpret_one(EngineThread& thread) {
    if (const auto instruction = translate_one(thread, false)) interpret(thread, *instruction);
}

void Engine::Implementation::evaluate_single_step(EngineThread& thread) {
    interpret_one(thread);
    const bool completed = thread.reason != LeaveReason::fault && thread.reason != LeaveReason::fetch_fault;
    serve(thread);
    if (completed) services.fault(thread.state, {.vector = ExceptionVector::debug});
}

bool Engine::Implementation::writes_to_kept_code(const EngineThread& thread) {
    return thread.reason == LeaveReason::fault && thread.fault.vector == ExceptionVector::page_fault &&
           (thread.fault.error_code & page_fault::write) != 0 && services.let_write(thread.fault);
}

}  // namespace lxr
