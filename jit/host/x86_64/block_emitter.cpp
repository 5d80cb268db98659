// The baseline emitter for x86-64 hosts: writes the guest's instructions down again with their registers in the homes that
// baseline_stubs.S describes. Guest flags, vectors and MXCSR are the host's own, so most instructions stay as they are; what
// touches RSP, R14, R15, FS, GS or rip gets a borrowed register around it. Nothing that is added changes flags.
#include "jit/host/block_emitter.h"

#include <sys/auxv.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "jit/baseline/evaluated_instruction.h"
#include "jit/baseline/marks.h"
#include "jit/host/x86_64/assembler.h"
#include "jit/host/x86_64/byte_check.h"
#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/instruction_form.h"
#include "jit/host/x86_64/ir_code.h"
#include "jit/host/x86_64/reencoder.h"
#include "jit/host/x86_64/transfers.h"
#include "lifter/encoding.h"
#include "lifter/guest_state.h"
#include "lifter/support/check.h"

namespace lxr::host {

using baseline::Arena;
using baseline::Block;
using baseline::Exit;
using baseline::ExitKind;
using baseline::Landing;
using baseline::LentRegister;
using baseline::Mark;
using baseline::Transfer;

namespace {

/// What must be left for one more instruction, and for the ways out of the block.
constexpr std::size_t room_for_an_instruction = 8 * 1024;
static_assert(2 * room_for_an_instruction <= room_for_a_block);

class BlockEmitter {
public:
    BlockEmitter(std::span<const std::byte> code, GuestAddress begin, const BlockLimits& limits, Copies copies,
                 const Placement& placement, Arena& arena)
        : guest_code_(code),
          copies_(copies),
          begin_(begin),
          limits_(limits),
          placement_(placement),
          executable_(placement.executable),
          arena_(arena),
          assembler_(placement.writable),
          marks_(begin.value()) {}

    Block* run() {
        if (placement_.with_checked_entry) begin_with_check();
        while (!ended_ && emit_next()) {
        }
        if (guest_instructions_ == 0) return nullptr;
        give_registers_back();
        settle_stack();
        if (!ended_) end_with_jump(begin_ + guest_bytes_);
        for (auto* exit = exits_; exit != nullptr; exit = exit->next) {
            if (exit->patch_site != nullptr) emit_stub(*exit);
        }
        if (!misses_.empty()) emit_end_of_misses();
        if (placement_.compares_bytes) emit_comparison_of_bytes();
        return finish();
    }

private:
    Block* finish() {
        write_mark();
        const auto marks = marks_.bytes();
        auto* const kept_marks = reinterpret_cast<std::uint8_t*>(arena_.allocate(marks.size(), 1));
        std::ranges::copy(marks, kept_marks);
        auto* const block = arena_.make<Block>(Block{.begin = begin_,
                                                     .guest_bytes = guest_bytes_,
                                                     .guest_instructions = guest_instructions_,
                                                     .code = executable_,
                                                     .code_bytes = offset(),
                                                     .body_offset = body_offset_,
                                                     .checked_entry = checked_entry_,
                                                     .marks_bytes = static_cast<std::uint32_t>(marks.size()),
                                                     .marks = kept_marks,
                                                     .exits = exits_,
                                                     .changed = changed_,
                                                     .transfers = transfers_,
                                                     .landings = landings_,
                                                     .x87_instructions = x87_instructions_});
        return block;
    }

    [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(assembler_.position()); }

    void begin_with_check() {
        miss_ = emit_miss(assembler_);
        checked_entry_ = executable_ + assembler_.position();
        emit_check(assembler_, begin_, *miss_);
        body_offset_ = offset();
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
        changed_ = arena_.make<Exit>(Exit{.kind = ExitKind::changed, .target = begin_});
        body_offset_ = offset();
        mark(begin_.value());
        assembler_.store_state(spill_offset(byte_check_slot), rcx);
        mark(begin_.value());
        mark_->lent[0] = {rcx, byte_check_slot};
        mark_->lent_count = 1;
        mark_->compares_bytes = true;
        const auto differences = emit_byte_comparison(assembler_, guest_code_.first(guest_bytes_), begin_);
        mark(begin_.value());
        assembler_.set_relative(assembler_.jump(), 0);
        for (const auto jump : differences) assembler_.set_relative(jump, static_cast<std::int64_t>(assembler_.position()));
        assembler_.load_state(rcx, spill_offset(byte_check_slot));
        mark(begin_.value());
        leave_with(*changed_);
    }

    /// Begins a mark; it is written when the next one begins.
    void mark(std::uint64_t guest_address) {
        write_mark();
        mark_ = {.host_offset = offset(), .guest_address = guest_address, .stack_offset = stack_offset_};
    }
    void write_mark() {
        if (mark_) marks_.append(*mark_);
        mark_.reset();
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
        mark(address_.value());
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
                return emit_copied(encoding);
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
            mark(address_.value());
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
        mark(address_.value());
        IrCode::enter(assembler_);
    }
    void give_registers_back() {
        if (std::exchange(registers_lent_, false)) IrCode::leave(assembler_);
    }

    class Surroundings : public IrSurroundings {
    public:
        Surroundings(BlockEmitter& emitter, const ir::Block& lifted) : emitter_(emitter), lifted_(lifted) {}
        void note_registers_lent() override {
            emitter_.mark(emitter_.address_.value());
            emitter_.mark_->lent = {{{rax, 0}, {rcx, 1}, {rdx, 2}}};
            emitter_.mark_->lent_count = 3;
            emitter_.mark_->from_ir = true;
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
        const auto* const instruction = baseline::evaluated_instruction(lifted, arena_);
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

    void note_x87_instruction(const Encoding& encoding) {
        const auto modrm = encoding.modrm_offset != 0 ? std::to_integer<unsigned>(bytes_[encoding.modrm_offset]) : 0;
        const auto opcode = static_cast<std::uint16_t>((encoding.opcode & 7U) << 8 | modrm);
        x87_instructions_ = arena_.make<baseline::X87Instruction>(offset(), opcode, address_, x87_instructions_);
    }

    [[nodiscard]] GuestAddress next_address() const { return address_ + bytes_.size(); }
    static GuestAddress target_of(const Encoding& encoding) {
        return GuestAddress(static_cast<std::uint64_t>(encoding.immediate));
    }
    /// Of an instruction whose only operand is a register.
    static unsigned register_operand(const Encoding& encoding) {
        return encoding.opcode_reg != no_gpr ? encoding.opcode_reg : encoding.rm;
    }

    // ---- borrowing

    /// What an instruction needs around it: guest registers without a home in host registers, and the base of an address.
    struct Borrowing {
        RegisterMap map = homes;
        AddressOverride address;
        std::array<LentRegister, 3> lent{};
        std::uint8_t lent_count = 0;
        bool scratch_used = false;
    };

    /// A host register that the instruction does not use: the scratch first, then one that is lent.
    static std::optional<Reg> borrow(Borrowing& borrowing, std::uint16_t used) {
        if (!borrowing.scratch_used) {
            borrowing.scratch_used = true;
            return scratch;
        }
        auto free = static_cast<std::uint16_t>(lendable & ~used);
        for (unsigned i = 0; i < borrowing.lent_count; ++i) free &= static_cast<std::uint16_t>(~bit(borrowing.lent[i].reg));
        if (free == 0 || borrowing.lent_count == borrowing.lent.size()) return std::nullopt;
        const auto reg = static_cast<Reg>(std::countr_zero(free));
        borrowing.lent[borrowing.lent_count] = {static_cast<std::uint8_t>(reg), borrowing.lent_count};
        ++borrowing.lent_count;
        return reg;
    }

    static std::optional<Reg> address_base(const Encoding& encoding, Borrowing& borrowing, std::uint16_t used) {
        if (!needs_address_base(encoding)) return std::nullopt;
        const auto reg = borrow(borrowing, used);
        if (!reg) return std::nullopt;
        if (encoding.rip_relative) {
            borrowing.address = {.base = reg, .index = std::nullopt, .drop_displacement = true};
        } else if (encoding.base == no_gpr) {
            borrowing.address.base = reg;
        } else {
            borrowing.address.index = reg;
        }
        return reg;
    }

    void spill_lent(const Borrowing& borrowing) {
        for (unsigned i = 0; i < borrowing.lent_count; ++i) {
            assembler_.store_state(spill_offset(borrowing.lent[i].slot), static_cast<Reg>(borrowing.lent[i].reg));
        }
        if (borrowing.lent_count == 0) return;
        // A lent register's own value is back only after the instruction: tell whoever recovers from a fault in between. Before
        // this place it is not in its slot yet.
        mark(mark_->guest_address);
        mark_->lent = borrowing.lent;
        mark_->lent_count = borrowing.lent_count;
    }

    void restore_lent(const Borrowing& borrowing) {
        for (unsigned i = 0; i < borrowing.lent_count; ++i) {
            assembler_.load_state(static_cast<Reg>(borrowing.lent[i].reg), spill_offset(borrowing.lent[i].slot));
        }
    }

    void load_address_base(const Encoding& encoding, Reg reg) {
        if (encoding.rip_relative) {
            return assembler_.move_immediate(reg, static_cast<std::uint64_t>(encoding.displacement));
        }
        assembler_.load_state(reg,
                              encoding.segment == Segment::fs ? offsetof(GuestState, fs_base) : offsetof(GuestState, gs_base));
    }

    /// LEA of a rip-relative address into a register that has its home.
    static bool is_constant_address(const Encoding& encoding, const Borrowing& borrowing) {
        return encoding.mnemonic == Mnemonic::LEA && encoding.rip_relative && encoding.operand_bits == 64 &&
               encoding.address_bits == 64 && borrowing.map[encoding.reg] == homes[encoding.reg] &&
               (homeless & bit(encoding.reg)) == 0;
    }

    /// The unit notes the operand's segment: the one of the guest's prefix, or else that of the guest's base register, which
    /// another base register would change.
    void keep_segment(const Encoding& encoding) {
        constexpr unsigned stack_segment_prefix = 0x36;
        constexpr unsigned data_segment_prefix = 0x3e;
        if (!encoding.has_memory_operand) return;
        const auto prefixes = bytes_.first(encoding.prefix_bytes);
        const auto given = std::find_if(prefixes.rbegin(), prefixes.rend(),
                                        [](std::byte prefix) { return is_segment_prefix(std::to_integer<unsigned>(prefix)); });
        const bool has_own_base = !encoding.rip_relative && encoding.base < 14 && encoding.base != guest_rsp;
        if (given != prefixes.rend()) {
            assembler_.byte(std::to_integer<unsigned>(*given));
        } else if (!has_own_base) {
            assembler_.byte(encoding.base == guest_rsp ? stack_segment_prefix : data_segment_prefix);
        }
    }

    bool emit_copied(const Encoding& encoding) {
        const auto used_guest =
            static_cast<std::uint16_t>(encoding.gprs_read | encoding.gprs_written | explicit_gprs(encoding));
        if (encoding.x87) use_x87(address_);
        Borrowing borrowing;
        std::array<std::optional<Reg>, 2> stand_in;
        for (const unsigned number : {14U, 15U}) {
            if ((used_guest & bit(number)) == 0) continue;
            const auto reg = borrow(borrowing, used_guest);
            if (!reg) return false;
            stand_in[number - 14] = reg;
            borrowing.map[number] = *reg;
        }
        const auto base = address_base(encoding, borrowing, used_guest);
        if (needs_address_base(encoding) && !base) return false;

        if (is_constant_address(encoding, borrowing)) {
            assembler_.move_immediate(borrowing.map[encoding.reg], static_cast<std::uint64_t>(encoding.displacement));
            return true;
        }
        const auto begin = assembler_.position();
        spill_lent(borrowing);
        for (const unsigned number : {14U, 15U}) {
            if (const auto reg = stand_in[number - 14]) assembler_.load_state(*reg, gpr_offset(number));
        }
        if (base) load_address_base(encoding, *base);
        if (encoding.x87) {
            note_x87_instruction(encoding);
            keep_segment(encoding);
        }
        if (!reencode(assembler_, encoding, bytes_, borrowing.map, borrowing.address)) {
            assembler_.cut(begin);
            mark_.reset();
            mark(address_.value());  // nothing is lent
            return false;
        }
        for (const unsigned number : {14U, 15U}) {
            const auto reg = stand_in[number - 14];
            if (reg && (encoding.gprs_written & bit(number)) != 0) assembler_.store_state(gpr_offset(number), *reg);
        }
        restore_lent(borrowing);
        return true;
    }

    // ---- the stack

    /// The guest register's value: in its home, or fetched into the scratch register.
    Reg value_of(unsigned guest_register) {
        if ((homeless & bit(guest_register)) == 0) return homes[guest_register];
        assembler_.load_state(scratch, gpr_offset(guest_register));
        return scratch;
    }

    /// The home of the stack pointer is moved once for pushes and pops that follow each other.
    void settle_stack() {
        if (stack_offset_ == 0) return;
        assembler_.add_address(home_of_guest_rsp, home_of_guest_rsp, stack_offset_);
        stack_offset_ = 0;
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
        assembler_.store(home_of_guest_rsp, stack_offset_ - 8, value);
        stack_offset_ -= 8;
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
        if (!load_memory_operand(encoding)) return false;
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
        assembler_.load(to, home_of_guest_rsp, stack_offset_);
        if (!has_home) assembler_.store_state(gpr_offset(guest_register), scratch);
        stack_offset_ += 8;
        return true;
    }

    bool emit_leave() {
        assembler_.load(scratch, rbp, 0);
        assembler_.add_address(home_of_guest_rsp, rbp, 8);
        assembler_.move(rbp, scratch);
        stack_offset_ = 0;
        return true;
    }

    /// scratch = the 64-bit memory operand. Only the scratch register is changed.
    bool load_memory_operand(const Encoding& encoding) {
        const auto address_registers = static_cast<std::uint16_t>((encoding.base != no_gpr ? bit(encoding.base) : 0) |
                                                                  (encoding.index != no_gpr ? bit(encoding.index) : 0));
        const int borrowed =
            std::popcount(static_cast<std::uint16_t>(address_registers & homeless)) + (needs_address_base(encoding) ? 1 : 0);
        if (borrowed > 1 || encoding.address_bits != 64) return false;
        Borrowing borrowing;
        if (const auto base = address_base(encoding, borrowing, address_registers)) load_address_base(encoding, *base);
        for (const unsigned number : {14U, 15U}) {
            if ((address_registers & bit(number)) == 0) continue;
            assembler_.load_state(scratch, gpr_offset(number));
            borrowing.map[number] = scratch;
        }
        // The operand of PUSH, CALL and JMP as that of MOV r14, m64.
        Encoding move = encoding;
        std::array<std::byte, longest_instruction_bytes> bytes{};
        std::ranges::copy(bytes_, bytes.begin());
        constexpr std::byte move_load{0x8b};
        bytes[encoding.opcode_offset] = move_load;
        bytes[encoding.modrm_offset] &= std::byte{0xc7};
        move.prefix_bytes = 0;
        move.rex = 0x48;
        move.reg = 0;
        borrowing.map[0] = homes[0];
        if (encoding.base == 0 || encoding.index == 0) {  // guest RAX is in the address: name the destination otherwise
            move.reg = encoding.base != 1 && encoding.index != 1 ? 1 : 2;
        }
        borrowing.map[move.reg] = scratch;
        return reencode(assembler_, move, bytes_of(bytes), borrowing.map, borrowing.address);
    }

    [[nodiscard]] std::span<const std::byte> bytes_of(const std::array<std::byte, longest_instruction_bytes>& bytes) const {
        return std::span(bytes).first(bytes_.size());
    }

    // ---- exits

    Exit& new_exit(ExitKind kind, GuestAddress target) {
        exits_ = arena_.make<Exit>(Exit{.kind = kind, .target = target, .next = exits_});
        return *exits_;
    }

    /// Remembers a jump to a stub at the end of the block; linking makes it go elsewhere.
    /// @param jump_site  position of the four bytes of the jump.
    void exit_through(std::size_t jump_site, ExitKind kind, GuestAddress target) {
        new_exit(kind, target).patch_site = executable_ + jump_site;
    }

    void end_with_jump(GuestAddress target) {
        mark(target.value());
        assembler_.align_patch_site(1);
        exit_through(assembler_.jump(), ExitKind::direct, target);
        ended_ = true;
    }

    void leave_with(Exit& exit) {
        assembler_.move_immediate(scratch, reinterpret_cast<std::uint64_t>(&exit));
        assembler_.jump_through_state(offsetof(GuestState, translated.leave));
    }

    void emit_stub(Exit& exit) {
        if (exit.kind == ExitKind::direct) mark(exit.target.value());
        const auto jump_site = static_cast<std::size_t>(exit.patch_site - executable_);
        exit.unlinked_distance = static_cast<std::int32_t>(assembler_.position() - (jump_site + 4));
        assembler_.set_relative(jump_site, static_cast<std::int64_t>(assembler_.position()));
        leave_with(exit);
    }

    /// The block goes on where the jump is not taken, until it has passed enough of them.
    bool emit_jump_if(const Encoding& encoding) {
        assembler_.align_patch_site(2);
        mark_->host_offset = offset();
        exit_through(assembler_.jump_if(encoding.opcode & 15U), ExitKind::direct, target_of(encoding));
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
        transfers_ = arena_.make<Transfer>(offset(), rsp_change, address_, transfers_);
        emit_note_transfer(assembler_, static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(executable_ + offset())));
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
        const auto byte = emit_check(assembler_, next_address(), *miss_);
        landings_ = arena_.make<Landing>(executable_ + byte, check_that_always_misses, landings_);
        x87_is_loaded_ = false;
        if (!limits_.goes_past_calls) end_with_jump(next_address());
    }

    bool load_target(const Encoding& encoding) {
        if (encoding.first_operand == OperandKind::memory) return load_memory_operand(encoding);
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
        mark(target_of(encoding).value());
        assembler_.align_patch_site(1);
        exit_through(assembler_.call(), ExitKind::direct, target_of(encoding));
        land();
        return true;
    }

    /// The push comes before it is known whether the target is an address at all, so what it overwrites is kept.
    bool emit_indirect_call(const Encoding& encoding) {
        if (!load_target(encoding)) return false;
        note_transfer(-8);
        mark(address_.value());
        mark_->reads_for_write = true;
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
        assembler_.load(scratch, home_of_guest_rsp, stack_offset_);
        stack_offset_ += 8 + released;
        settle_stack();
        note_transfer(8 + released);
        assembler_.ret();
        ended_ = true;
        return true;
    }

    bool emit_syscall() {
        leave_with(new_exit(ExitKind::syscall, next_address()));
        ended_ = true;
        return true;
    }

    std::span<const std::byte> guest_code_;
    Copies copies_;
    std::span<const std::byte> bytes_;  // of the instruction that is being emitted
    GuestAddress address_;
    GuestAddress begin_;
    BlockLimits limits_;
    Placement placement_;
    const std::byte* executable_;
    Arena& arena_;
    Assembler assembler_;
    baseline::MarkWriter marks_;
    std::optional<Mark> mark_;  // of the instruction that is being emitted
    Exit* exits_ = nullptr;     // the latest first
    Exit* changed_ = nullptr;
    std::uint32_t guest_bytes_ = 0;
    std::uint32_t guest_instructions_ = 0;
    baseline::X87Instruction* x87_instructions_ = nullptr;
    const std::byte* checked_entry_ = nullptr;
    std::uint32_t body_offset_ = 0;
    std::int32_t stack_offset_ = 0;  // the guest's stack pointer less its home
    Transfer* transfers_ = nullptr;
    Landing* landings_ = nullptr;
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
                  const Placement& placement, Arena& arena) {
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
