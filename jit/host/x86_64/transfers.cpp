// The flags are the guest's, and on a miss another block may look at them: so the negated address is added by LEA, and JRCXZ
// tests for zero.
#include "jit/host/x86_64/transfers.h"

#include <cstddef>

#include "jit/host/x86_64/homes.h"
#include "lifter/guest_state.h"

namespace lxr::host {

namespace {

constexpr std::size_t rip_offset = offsetof(GuestState, rip);
constexpr unsigned jump_through_memory = 4;  // the opcode extensions of FF
constexpr unsigned call_through_memory = 2;

/// pext r14, r14, gs:[jump_index_mask]; then FF /extension gs:[r14 * 8 + jump_table].
void emit_through_table(Assembler& a, unsigned extension) {
    a.bytes({0x65, 0xc4, 0x62, 0x8a, 0xf5, 0x34, 0x25});
    a.dword(offsetof(GuestState, translated.jump_index_mask));
    a.bytes({0x65, 0x42, 0xff, 0x04U | extension << 3, 0xf5});
    a.dword(offsetof(GuestState, translated.jump_table));
}

}  // namespace

void emit_note_transfer(Assembler& assembler, std::uint32_t block_number) {
    assembler.store_state(rip_offset, scratch);
    assembler.store_state_immediate32(offsetof(GuestState, translated.transfer_block), block_number);
}

void emit_table_jump(Assembler& assembler) {
    emit_through_table(assembler, jump_through_memory);
}

void emit_table_call(Assembler& assembler) {
    emit_through_table(assembler, call_through_memory);
}

void emit_check(Assembler& a, GuestAddress address) {
    a.store_state(saved_rcx, rcx);
    a.load_state(scratch, rip_offset);
    a.move_immediate(rcx, 0 - address.value());
    a.bytes({0x4a, 0x8d, 0x0c, 0x31});  // lea rcx, [rcx + r14]
    a.bytes({0xe3, 0x00});              // jrcxz over the miss
    const auto miss = a.position();
    a.load_state(rcx, saved_rcx);
    emit_transfer_miss(a);
    a.set_byte(miss - 1, static_cast<unsigned>(a.position() - miss));
    a.load_state(rcx, saved_rcx);
}

void emit_transfer_miss(Assembler& assembler) {
    assembler.jump_through_state(offsetof(GuestState, translated.transfer_miss));
}

}  // namespace lxr::host
