// Registers are borrowed first, so that nothing has been written yet when there are too few.
#include "jit/host/x86_64/instruction_copier.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/instruction_form.h"
#include "jit/host/x86_64/reencoder.h"
#include "lifter/guest_state.h"

namespace lxr::host {

using baseline::LentRegister;

namespace {

/// What an instruction needs around it: guest registers without a home in host registers, and the base of an address.
struct Borrowing {
    RegisterMap map = homes;
    AddressOverride address;
    std::array<LentRegister, 3> lent{};
    std::uint8_t lent_count = 0;
    bool scratch_used = false;
};

/// A host register that the instruction does not use: the scratch first, then one that is lent.
std::optional<Reg> borrow(Borrowing& borrowing, std::uint16_t used) {
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

std::optional<Reg> address_base(const Encoding& encoding, Borrowing& borrowing, std::uint16_t used) {
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

/// LEA of a rip-relative address into a register that has its home.
bool is_constant_address(const Encoding& encoding, const Borrowing& borrowing) {
    return encoding.mnemonic == Mnemonic::LEA && encoding.rip_relative && encoding.operand_bits == 64 &&
           encoding.address_bits == 64 && borrowing.map[encoding.reg] == homes[encoding.reg] &&
           (homeless & bit(encoding.reg)) == 0;
}

class InstructionCopier {
public:
    InstructionCopier(BlockDraft& draft, const CopiedInstruction& instruction)
        : draft_(draft), encoding_(instruction.encoding), bytes_(instruction.bytes), address_(instruction.address) {}

    bool copy() {
        const auto used_guest =
            static_cast<std::uint16_t>(encoding_.gprs_read | encoding_.gprs_written | explicit_gprs(encoding_));
        Borrowing borrowing;
        std::array<std::optional<Reg>, 2> stand_in;
        for (const unsigned number : {14U, 15U}) {
            if ((used_guest & bit(number)) == 0) continue;
            const auto reg = borrow(borrowing, used_guest);
            if (!reg) return false;
            stand_in[number - 14] = reg;
            borrowing.map[number] = *reg;
        }
        const auto base = address_base(encoding_, borrowing, used_guest);
        if (needs_address_base(encoding_) && !base) return false;

        if (is_constant_address(encoding_, borrowing)) {
            draft_.assembler.move_immediate(borrowing.map[encoding_.reg], static_cast<std::uint64_t>(encoding_.displacement));
            return true;
        }
        const auto begin = draft_.assembler.position();
        spill_lent(borrowing);
        for (const unsigned number : {14U, 15U}) {
            if (const auto reg = stand_in[number - 14]) draft_.assembler.load_state(*reg, gpr_offset(number));
        }
        if (base) load_address_base(*base);
        if (encoding_.x87) {
            note_x87_instruction();
            keep_segment();
        }
        if (!reencode(draft_.assembler, encoding_, bytes_, borrowing.map, borrowing.address)) {
            draft_.assembler.cut(begin);
            draft_.cancel_mark();
            draft_.mark(address_);  // nothing is lent
            return false;
        }
        for (const unsigned number : {14U, 15U}) {
            const auto reg = stand_in[number - 14];
            if (reg && (encoding_.gprs_written & bit(number)) != 0) draft_.assembler.store_state(gpr_offset(number), *reg);
        }
        restore_lent(borrowing);
        return true;
    }

    bool load_operand() {
        const auto address_registers = static_cast<std::uint16_t>((encoding_.base != no_gpr ? bit(encoding_.base) : 0) |
                                                                  (encoding_.index != no_gpr ? bit(encoding_.index) : 0));
        const int borrowed =
            std::popcount(static_cast<std::uint16_t>(address_registers & homeless)) + (needs_address_base(encoding_) ? 1 : 0);
        if (borrowed > 1 || encoding_.address_bits != 64) return false;
        Borrowing borrowing;
        if (const auto base = address_base(encoding_, borrowing, address_registers)) load_address_base(*base);
        for (const unsigned number : {14U, 15U}) {
            if ((address_registers & bit(number)) == 0) continue;
            draft_.assembler.load_state(scratch, gpr_offset(number));
            borrowing.map[number] = scratch;
        }
        // The operand of PUSH, CALL and JMP as that of MOV r14, m64.
        Encoding move = encoding_;
        std::array<std::byte, longest_instruction_bytes> bytes{};
        std::ranges::copy(bytes_, bytes.begin());
        constexpr std::byte move_load{0x8b};
        bytes[encoding_.opcode_offset] = move_load;
        bytes[encoding_.modrm_offset] &= std::byte{0xc7};
        move.prefix_bytes = 0;
        move.rex = 0x48;
        move.reg = 0;
        borrowing.map[0] = homes[0];
        if (encoding_.base == 0 || encoding_.index == 0) {  // guest RAX is in the address: name the destination otherwise
            move.reg = encoding_.base != 1 && encoding_.index != 1 ? 1 : 2;
        }
        borrowing.map[move.reg] = scratch;
        return reencode(draft_.assembler, move, std::span(bytes).first(bytes_.size()), borrowing.map, borrowing.address);
    }

private:
    void spill_lent(const Borrowing& borrowing) {
        for (unsigned i = 0; i < borrowing.lent_count; ++i) {
            draft_.assembler.store_state(spill_offset(borrowing.lent[i].slot), static_cast<Reg>(borrowing.lent[i].reg));
        }
        if (borrowing.lent_count == 0) return;
        // A lent register's own value is back only after the instruction: tell whoever recovers from a fault in between. Before
        // this place it is not in its slot yet.
        draft_.mark(GuestAddress(draft_.current_mark().guest_address));
        draft_.current_mark().lent = borrowing.lent;
        draft_.current_mark().lent_count = borrowing.lent_count;
    }

    void restore_lent(const Borrowing& borrowing) {
        for (unsigned i = 0; i < borrowing.lent_count; ++i) {
            draft_.assembler.load_state(static_cast<Reg>(borrowing.lent[i].reg), spill_offset(borrowing.lent[i].slot));
        }
    }

    void load_address_base(Reg reg) {
        if (encoding_.rip_relative) {
            return draft_.assembler.move_immediate(reg, static_cast<std::uint64_t>(encoding_.displacement));
        }
        draft_.assembler.load_state(
            reg, encoding_.segment == Segment::fs ? offsetof(GuestState, fs_base) : offsetof(GuestState, gs_base));
    }

    /// The unit notes the operand's segment: the one of the guest's prefix, or else that of the guest's base register, which
    /// another base register would change.
    void keep_segment() {
        constexpr unsigned stack_segment_prefix = 0x36;
        constexpr unsigned data_segment_prefix = 0x3e;
        if (!encoding_.has_memory_operand) return;
        const auto prefixes = bytes_.first(encoding_.prefix_bytes);
        const auto given = std::find_if(prefixes.rbegin(), prefixes.rend(),
                                        [](std::byte prefix) { return is_segment_prefix(std::to_integer<unsigned>(prefix)); });
        const bool has_own_base = !encoding_.rip_relative && encoding_.base < 14 && encoding_.base != guest_rsp;
        if (given != prefixes.rend()) {
            draft_.assembler.byte(std::to_integer<unsigned>(*given));
        } else if (!has_own_base) {
            draft_.assembler.byte(encoding_.base == guest_rsp ? stack_segment_prefix : data_segment_prefix);
        }
    }

    void note_x87_instruction() {
        const auto modrm = encoding_.modrm_offset != 0 ? std::to_integer<unsigned>(bytes_[encoding_.modrm_offset]) : 0;
        draft_.note_x87_instruction(address_, static_cast<std::uint16_t>((encoding_.opcode & 7U) << 8 | modrm));
    }

    BlockDraft& draft_;
    const Encoding& encoding_;
    std::span<const std::byte> bytes_;
    GuestAddress address_;
};

}  // namespace

bool copy_instruction(BlockDraft& draft, const CopiedInstruction& instruction) {
    return InstructionCopier(draft, instruction).copy();
}

bool load_memory_operand(BlockDraft& draft, const CopiedInstruction& instruction) {
    return InstructionCopier(draft, instruction).load_operand();
}

}  // namespace lxr::host
