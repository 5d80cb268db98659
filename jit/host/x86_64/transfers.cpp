// The flags are the guest's, and on a miss another block may look at them: so the address is taken off by LEA, and LOOP tests
// for what is left. A check that hits takes no jump, because the host predicts indirect jumps by the jumps that were taken
// before them, and forgets sooner what it has learned if there are more of them (docs/baseline_tier.md, "Exits").
#include "jit/host/x86_64/transfers.h"

#include <cstddef>
#include <limits>

#include "jit/host/x86_64/homes.h"
#include "lifter/guest_state.h"
#include "lifter/support/check.h"

namespace lxr::host {

namespace {

constexpr std::size_t rip_offset = offsetof(GuestState, rip);
constexpr unsigned jump_through_memory = 4;  // the opcode extensions of FF
constexpr unsigned call_through_memory = 2;
constexpr unsigned loop_opcode = 0xe2;
/// From the opcode of LOOP to the end of a check: LOOP and a move between registers.
constexpr std::size_t bytes_from_loop = 2 + 3;

/// pext r14, r14, gs:[jump_index_mask]; then FF /extension gs:[r14 * 8 + jump_table].
void emit_through_table(Assembler& a, unsigned extension) {
    a.bytes({0x65, 0xc4, 0x62, 0x8a, 0xf5, 0x34, 0x25});
    a.dword(offsetof(GuestState, translated.jump_index_mask));
    a.bytes({0x65, 0x42, 0xff, 0x04U | extension << 3, 0xf5});
    a.dword(offsetof(GuestState, translated.jump_table));
}

void add_to_rcx(Assembler& a, std::int64_t value) {
    LXR_CHECK(value == static_cast<std::int32_t>(value));
    a.add_address(rcx, rcx, static_cast<std::int32_t>(value));
}

/// rcx = 1 if it is `address`, else something else. Half by half, because LEA adds 32 bits.
void make_one_if_equal(Assembler& a, std::uint64_t address) {
    if (address < std::uint64_t{1} << 31) return add_to_rcx(a, 1 - static_cast<std::int64_t>(address));
    const auto low = static_cast<std::int32_t>(0 - static_cast<std::uint32_t>(address));
    add_to_rcx(a, low);
    a.bytes({0xc4, 0xe3, 0xfb, 0xf0, 0xc9, 0x20});  // rorx rcx, rcx, 32
    const auto high = (address + static_cast<std::uint64_t>(static_cast<std::int64_t>(low))) >> 32;
    add_to_rcx(a, 1 - static_cast<std::int64_t>(high));
}

}  // namespace

void emit_note_transfer(Assembler& assembler, std::uint32_t low_address_bits) {
    assembler.store_state(rip_offset, scratch);
    assembler.store_state_immediate32(offsetof(GuestState, translated.transfer), low_address_bits);
}

void emit_table_jump(Assembler& assembler) {
    emit_through_table(assembler, jump_through_memory);
}

void emit_table_call(Assembler& assembler) {
    emit_through_table(assembler, call_through_memory);
}

std::size_t emit_miss(Assembler& a) {
    const auto position = a.position();
    a.move(rcx, scratch);
    a.jump_through_state(offsetof(GuestState, translated.transfer_miss));
    return position;
}

HiddenMiss emit_hidden_miss(Assembler& a) {
    a.bytes({0x49, 0xbe});  // mov r14, imm64
    const auto position = a.position();
    a.move(rcx, scratch);
    return {.position = position, .jump_site = a.jump()};
}

std::size_t emit_check(Assembler& a, GuestAddress address, std::size_t miss) {
    const auto begin = a.position();
    a.move(scratch, rcx);
    a.load_state(rcx, rip_offset);
    make_one_if_equal(a, address.value());
    a.byte(loop_opcode);
    const auto distance = static_cast<std::ptrdiff_t>(miss) - static_cast<std::ptrdiff_t>(a.position() + 1);
    LXR_CHECK(distance >= std::numeric_limits<std::int8_t>::min() && distance < 0);
    a.byte(static_cast<std::uint8_t>(distance));
    a.move(rcx, scratch);
    LXR_CHECK(a.position() - begin <= most_check_bytes);
    return a.position() - bytes_from_loop;
}

}  // namespace lxr::host
