// The baseline emitter for x86-64 hosts: writes the guest's instructions down again with their registers in the homes that
// baseline_stubs.S describes. Guest flags, vectors and MXCSR are the host's own, so most instructions stay as they are; what
// touches RSP, R14, R15, FS, GS or rip gets a borrowed register around it. Nothing that is added changes flags.
#include "jit/host/block_emitter.h"

#include <sys/auxv.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "jit/baseline/evaluated_instruction.h"
#include "jit/host/x86_64/block_draft.h"
#include "jit/host/x86_64/byte_check.h"
#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/instruction_copier.h"
#include "jit/host/x86_64/instruction_form.h"
#include "jit/host/x86_64/ir_code.h"
#include "jit/host/x86_64/transfers.h"
#include "lifter/encoding.h"
#include "lifter/guest_state.h"
#include "lifter/support/check.h"

namespace lxr::host {

using baseline::Block;
using baseline::Exit;
using baseline::ExitKind;

namespace {

/// What must be left for one more instruction, and for the ways out of the block.
constexpr std::size_t room_for_an_instruction = 8 * 1024;
static_assert(2 * room_for_an_instruction <= room_for_a_block);

class BlockEmitter {
public:
    BlockEmitter(std::span<const std::byte> code, GuestAddress begin, const BlockLimits& limits, Copies copies,
                 const Placement& placement, baseline::Arena& arena)
        : guest_code_(code),
          copies_(copies),
          begin_(begin),
          limits_(limits),
          placement_(placement),
          draft_(begin, placement, arena),
          assembler_(draft_.assembler) {}

    Block* run() {
        if (placement_.with_checked_entry) begin_with_check();
        while (!ended_ && emit_next()) {
        }
        if (guest_instructions_ == 0) return nullptr;
        give_registers_back();
        settle_stack();
        if (!ended_) end_with_jump(begin_ + guest_bytes_);
        draft_.emit_stubs();
        if (!misses_.empty()) emit_end_of_misses();
        if (placement_.compares_bytes) emit_comparison_of_bytes();
        return finish();
    }

private:
    Block* finish() {
        return draft_.finish({.begin = begin_,
                              .guest_bytes = guest_bytes_,
                              .guest_instructions = guest_instructions_,
                              .body_offset = body_offset_,
                              .checked_entry = checked_entry_,
                              .changed = changed_});
    }

    void begin_with_check() {
        miss_ = emit_miss(assembler_);
        checked_entry_ = draft_.executable_at(assembler_.position());
        emit_check(assembler_, begin_, *miss_);
        body_offset_ = draft_.offset();
    }

    /// Where the hidden misses lead.
    void emit_end_of_misses() {
        for (const auto jump_site : misses_) {
            assembler_.set_relative(jump_site, static_cast<std::int64_t>(assembler_.position()));
        }
        assembler_.jump_through_state(offsetof(GuestState, translated.transfer_miss));
    }

    /// Where the block is entered. Behind its code, because how long it is must be known.
    void emit_comparison_of_bytes() {
        changed_ = draft_.arena.make<Exit>(Exit{.kind = ExitKind::changed, .target = begin_});
        body_offset_ = draft_.offset();
        draft_.mark(begin_);
        assembler_.store_state(spill_offset(byte_check_slot), rcx);
        draft_.mark(begin_);
        draft_.current_mark().lent[0] = {rcx, byte_check_slot};
        draft_.current_mark().lent_count = 1;
        draft_.current_mark().compares_bytes = true;
        const auto differences = emit_byte_comparison(assembler_, guest_code_.first(guest_bytes_), begin_);
        draft_.mark(begin_);
        assembler_.set_relative(assembler_.jump(), 0);
        for (const auto jump : differences) assembler_.set_relative(jump, static_cast<std::int64_t>(assembler_.position()));
        assembler_.load_state(rcx, spill_offset(byte_check_slot));
        draft_.mark(begin_);
        draft_.leave_with(*changed_);
    }

    bool emit_next() {
        if (guest_instructions_ >= limits_.instructions || assembler_.room() < room_for_an_instruction) return false;
        const auto address = begin_ + guest_bytes_;
        const auto rest = guest_code_.subspan(guest_bytes_);
        const auto encoding = decode_encoding(rest, address);
        if (!encoding) return false;
        const auto form = form_of(*encoding, copies_);
        if (form == Form::interpreted) return false;
        bytes_ = rest.first(encoding->length_bytes);
        address_ = address;
        if (form == Form::from_ir || !emit_copied_form(form, *encoding)) emit_from_ir();
        guest_bytes_ += encoding->length_bytes;
        ++guest_instructions_;
        // It may have written what comes next.
        return !(placement_.compares_bytes && encoding->writes_memory);
    }

    bool emit_copied_form(Form form, const Encoding& encoding) {
        give_registers_back();
        if (!knows_stack_offset(form, encoding)) settle_stack();
        draft_.mark(address_);
        return emit(form, encoding);
    }

    /// @return false if it cannot be written after all; nothing has been appended then.
    bool emit(Form form, const Encoding& encoding) {
        switch (form) {
            case Form::interpreted:
            case Form::from_ir:
                return false;
            case Form::nothing:
                return true;
            case Form::copied:
                if (encoding.x87) use_x87(address_);
                return copy_instruction(draft_, instruction(encoding));
            case Form::push:
                return emit_push(encoding);
            case Form::pop:
                return emit_pop(register_operand(encoding));
            case Form::leave:
                return emit_leave();
            case Form::jump:
                return emit_jump(encoding);
            case Form::jump_if:
                return emit_jump_if(encoding);
            case Form::jump_if_zero:
                return emit_jump_if_zero(encoding);
            case Form::loop:
                return emit_loop(encoding);
            case Form::call:
                return emit_call(encoding);
            case Form::ret:
                return emit_ret(encoding);
            case Form::syscall:
                return emit_syscall();
        }
        return false;
    }

    /// What is not copied: host code from its IR, or a call that evaluates it.
    void emit_from_ir() {
        const auto lifted = baseline::lift_instruction(bytes_, address_);
        settle_stack();
        if (!IrCode::covers(lifted)) {
            give_registers_back();
            draft_.mark(address_);
            return emit_evaluated(lifted);
        }
        lend_registers();
        Surroundings surroundings(*this, lifted);
        surroundings.note_registers_lent();
        ended_ = !IrCode(assembler_, surroundings, lifted).emit();
        registers_lent_ = !ended_;
    }

    /// Instructions from the IR that follow each other share this.
    void lend_registers() {
        if (std::exchange(registers_lent_, true)) return;
        draft_.mark(address_);
        IrCode::enter(assembler_);
    }
    void give_registers_back() {
        if (std::exchange(registers_lent_, false)) IrCode::leave(assembler_);
    }

    class Surroundings : public IrSurroundings {
    public:
        Surroundings(BlockEmitter& emitter, const ir::Block& lifted) : emitter_(emitter), lifted_(lifted) {}
        void note_registers_lent() override {
            emitter_.draft_.mark(emitter_.address_);
            emitter_.draft_.current_mark().lent = {{{rax, 0}, {rcx, 1}, {rdx, 2}}};
            emitter_.draft_.current_mark().lent_count = 3;
            emitter_.draft_.current_mark().from_ir = true;
        }
        void jump(GuestAddress target) override { emitter_.end_with_jump(target); }
        void jump_indirect() override {
            emitter_.assembler_.load_state(scratch, offsetof(GuestState, rip));
            emitter_.jump_indirect();
        }
        void evaluate_instead() override { emitter_.emit_evaluated(lifted_); }

    private:
        BlockEmitter& emitter_;
        const ir::Block& lifted_;
    };

    void emit_evaluated(const ir::Block& lifted) {
        const auto* const instruction = baseline::evaluated_instruction(lifted, draft_.arena);
        assembler_.move_immediate(scratch, reinterpret_cast<std::uint64_t>(instruction));
        assembler_.call_through_state(offsetof(GuestState, translated.evaluate));
        x87_is_loaded_ = false;
        ended_ = !instruction->falls_through;
    }

    /// Before the first x87 instruction of the block, and after what puts the x87 state away.
    void use_x87(GuestAddress address) {
        if (std::exchange(x87_is_loaded_, true)) return;
        assembler_.move_immediate(scratch, address.value());
        assembler_.call_through_state(offsetof(GuestState, translated.use_x87));
    }

    [[nodiscard]] GuestAddress next_address() const { return address_ + bytes_.size(); }
    static GuestAddress target_of(const Encoding& encoding) {
        return GuestAddress(static_cast<std::uint64_t>(encoding.immediate));
    }
    /// Of an instruction whose only operand is a register.
    static unsigned register_operand(const Encoding& encoding) {
        return encoding.opcode_reg != no_gpr ? encoding.opcode_reg : encoding.rm;
    }

    /// The one that is being emitted.
    [[nodiscard]] CopiedInstruction instruction(const Encoding& encoding) const { return {encoding, bytes_, address_}; }

    // ---- the stack

    /// The guest register's value: in its home, or fetched into the scratch register.
    Reg value_of(unsigned guest_register) {
        if ((homeless & bit(guest_register)) == 0) return homes[guest_register];
        assembler_.load_state(scratch, gpr_offset(guest_register));
        return scratch;
    }

    /// The home of the stack pointer is moved once for pushes and pops that follow each other.
    void settle_stack() {
        if (draft_.stack_offset == 0) return;
        assembler_.add_address(home_of_guest_rsp, home_of_guest_rsp, draft_.stack_offset);
        draft_.stack_offset = 0;
    }

    /// True if the instruction does not look at the stack pointer's home, or takes the offset into account.
    static bool knows_stack_offset(Form form, const Encoding& encoding) {
        switch (form) {
            case Form::nothing:
            case Form::leave:
            case Form::ret:
                return true;
            case Form::push:
                return encoding.first_operand == OperandKind::immediate ||
                       (encoding.first_operand == OperandKind::reg && register_operand(encoding) != guest_rsp);
            case Form::pop:
                return register_operand(encoding) != guest_rsp;
            case Form::copied:
                return !encoding.x87 &&
                       ((encoding.gprs_read | encoding.gprs_written | explicit_gprs(encoding)) & bit(guest_rsp)) == 0;
            default:
                return false;
        }
    }

    /// A fault finds the stack pointer unmoved.
    void push(Reg value) {
        assembler_.store(home_of_guest_rsp, draft_.stack_offset - 8, value);
        draft_.stack_offset -= 8;
    }

    bool emit_push(const Encoding& encoding) {
        if (encoding.first_operand == OperandKind::immediate) {
            assembler_.move_immediate(scratch, static_cast<std::uint64_t>(encoding.immediate));
            push(scratch);
            return true;
        }
        if (encoding.first_operand == OperandKind::reg) {
            push(value_of(register_operand(encoding)));
            return true;
        }
        if (!load_memory_operand(draft_, instruction(encoding))) return false;
        push(scratch);
        return true;
    }

    bool emit_pop(unsigned guest_register) {
        if (guest_register == guest_rsp) {
            assembler_.load(home_of_guest_rsp, home_of_guest_rsp, 0);
            return true;
        }
        const bool has_home = (homeless & bit(guest_register)) == 0;
        const auto to = has_home ? homes[guest_register] : scratch;
        assembler_.load(to, home_of_guest_rsp, draft_.stack_offset);
        if (!has_home) assembler_.store_state(gpr_offset(guest_register), scratch);
        draft_.stack_offset += 8;
        return true;
    }

    bool emit_leave() {
        assembler_.load(scratch, rbp, 0);
        assembler_.add_address(home_of_guest_rsp, rbp, 8);
        assembler_.move(rbp, scratch);
        draft_.stack_offset = 0;
        return true;
    }

    // ---- exits

    void end_with_jump(GuestAddress target) {
        draft_.mark(target);
        assembler_.place_patch_site(1);
        draft_.exit_through(assembler_.jump(), target);
        ended_ = true;
    }

    /// The block goes on where the jump is not taken, until it has passed enough of them.
    bool emit_jump_if(const Encoding& encoding) {
        draft_.current_mark().host_offset = draft_.offset();
        assembler_.place_patch_site(2);
        draft_.exit_through(assembler_.jump_if(encoding.opcode & 15U), target_of(encoding));
        if (conditional_jumps_++ == limits_.conditional_jumps) end_with_jump(next_address());
        return true;
    }

    bool emit_jump_if_zero(const Encoding& encoding) {
        // jrcxz reaches 127 bytes: over the jump of the case that it is not zero.
        assembler_.bytes({0xe3, 0x00});
        const auto after = assembler_.position();
        end_with_jump(next_address());
        assembler_.set_byte(after - 1, static_cast<unsigned>(assembler_.position() - after));
        end_with_jump(target_of(encoding));
        return true;
    }

    bool emit_loop(const Encoding& encoding) {
        assembler_.add_address(rcx, rcx, -1);
        assembler_.bytes({0xe3, 0x00});
        const auto after = assembler_.position();
        end_with_jump(target_of(encoding));
        assembler_.set_byte(after - 1, static_cast<unsigned>(assembler_.position() - after));
        end_with_jump(next_address());
        return true;
    }

    /// What the engine needs to know if the target turns out to be no address.
    void note_transfer(std::int32_t rsp_change) {
        draft_.note_transfer(address_, rsp_change);
        const auto* const here = draft_.executable_at(assembler_.position());
        emit_note_transfer(assembler_, static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(here)));
    }

    /// To the guest address in the scratch register.
    void jump_indirect() {
        note_transfer(0);
        emit_table_jump(assembler_);
        ended_ = true;
    }

    /// What comes between a call's push and its landing fits in here.
    static constexpr std::size_t most_call_bytes = 50;

    /// Before the host call: the miss of its landing, unless there is one near enough, and the guest's return address.
    void push_return_address() {
        if (!miss_ || assembler_.position() + most_call_bytes - *miss_ > longest_way_to_miss) {
            const auto miss = emit_hidden_miss(assembler_);
            miss_ = miss.position;
            misses_.push_back(miss.jump_site);
        }
        assembler_.move_immediate(scratch, next_address().value());
        push(scratch);
        settle_stack();
    }

    /// Behind the host call: the block goes on if the guest has returned there.
    void land() {
        draft_.note_landing(emit_check(assembler_, next_address(), *miss_));
        x87_is_loaded_ = false;
        if (!limits_.goes_past_calls) end_with_jump(next_address());
    }

    bool load_target(const Encoding& encoding) {
        if (encoding.first_operand == OperandKind::memory) return load_memory_operand(draft_, instruction(encoding));
        const auto reg = value_of(register_operand(encoding));
        if (reg != scratch) assembler_.move(scratch, reg);
        return true;
    }

    bool emit_jump(const Encoding& encoding) {
        if (encoding.first_operand == OperandKind::immediate) {
            end_with_jump(target_of(encoding));
            return true;
        }
        if (!load_target(encoding)) return false;
        jump_indirect();
        return true;
    }

    bool emit_call(const Encoding& encoding) {
        if (encoding.first_operand != OperandKind::immediate) return emit_indirect_call(encoding);
        push_return_address();
        draft_.mark(target_of(encoding));
        assembler_.place_patch_site(1);
        draft_.exit_through(assembler_.call(), target_of(encoding));
        land();
        return true;
    }

    /// The push comes before it is known whether the target is an address at all, so what it overwrites is kept.
    bool emit_indirect_call(const Encoding& encoding) {
        if (!load_target(encoding)) return false;
        note_transfer(-8);
        draft_.mark(address_);
        draft_.current_mark().reads_for_write = true;
        assembler_.load(scratch, home_of_guest_rsp, -8);
        assembler_.store_state(offsetof(GuestState, translated.overwritten), scratch);
        push_return_address();
        assembler_.load_state(scratch, offsetof(GuestState, rip));
        emit_table_call(assembler_);
        land();
        return true;
    }

    bool emit_ret(const Encoding& encoding) {
        const auto released = static_cast<std::int32_t>(encoding.immediate & 0xffff);
        assembler_.load(scratch, home_of_guest_rsp, draft_.stack_offset);
        draft_.stack_offset += 8 + released;
        settle_stack();
        note_transfer(8 + released);
        assembler_.ret();
        ended_ = true;
        return true;
    }

    bool emit_syscall() {
        if (limits_.goes_past_calls) {
            assembler_.move_immediate(scratch, next_address().value());
            assembler_.call_through_state(offsetof(GuestState, translated.make_system_call));
            end_with_jump(next_address());
        } else {
            draft_.leave_with(draft_.new_exit(ExitKind::syscall, next_address()));
            ended_ = true;
        }
        return true;
    }

    std::span<const std::byte> guest_code_;
    Copies copies_;
    std::span<const std::byte> bytes_;  // of the instruction that is being emitted
    GuestAddress address_;
    GuestAddress begin_;
    BlockLimits limits_;
    Placement placement_;
    BlockDraft draft_;
    Assembler& assembler_;  // the draft's
    Exit* changed_ = nullptr;
    std::uint32_t guest_bytes_ = 0;
    std::uint32_t guest_instructions_ = 0;
    const std::byte* checked_entry_ = nullptr;
    std::uint32_t body_offset_ = 0;
    std::optional<std::size_t> miss_;  // the last one
    std::vector<std::size_t> misses_;  // the jumps of hidden ones
    unsigned conditional_jumps_ = 0;
    bool ended_ = false;
    bool x87_is_loaded_ = false;   // by an instruction of this block
    bool registers_lent_ = false;  // to code from the IR
};

}  // namespace

bool can_run_translated_code() {
    constexpr unsigned long fsgsbase_in_user_mode = 1U << 1;  // Linux asm/hwcap2.h, HWCAP2_FSGSBASE
    return (getauxval(AT_HWCAP2) & fsgsbase_in_user_mode) != 0 && __builtin_cpu_supports("bmi2") != 0;
}

bool is_translatable(std::span<const std::byte> code, GuestAddress address) {
    const auto encoding = decode_encoding(code, address);
    return encoding && form_of(*encoding, Copies::exact) != Form::interpreted;
}

Block* emit_block(std::span<const std::byte> code, GuestAddress begin, const BlockLimits& limits, Copies copies,
                  const Placement& placement, baseline::Arena& arena) {
    LXR_CHECK(placement.writable.size() >= room_for_a_block);
    return BlockEmitter(code, begin, limits, copies, placement, arena).run();
}

CheckedEntry emit_checked_entry(const Block& block, const Placement& placement) {
    Assembler assembler(placement.writable);
    const auto miss = emit_miss(assembler);
    const auto entry = assembler.position();
    emit_check(assembler, block.begin, miss);
    const auto site = assembler.jump();
    assembler.set_relative(site, block.body() - placement.executable);
    return {.offset = entry, .size_bytes = assembler.position()};
}

}  // namespace lxr::host
