// Piece by piece: the difference by LEA, and JRCXZ to look at it. Pieces are powers of two, of which the last overlaps the one
// before: no byte is read that is not the block's, as it may change or be on a page that does not exist.
#include "jit/host/x86_64/byte_check.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "jit/host/x86_64/homes.h"

namespace lxr::host {

namespace {

constexpr std::size_t largest_piece_bytes = 8;

std::uint64_t value_of(std::span<const std::byte> piece) {
    std::uint64_t value = 0;
    std::memcpy(&value, piece.data(), piece.size());
    return value;
}

/// rcx = the piece at [rcx], its upper bits cleared.
void load_piece(Assembler& a, std::size_t size_bytes) {
    switch (size_bytes) {
        case 1:
            return a.bytes({0x0f, 0xb6, 0x09});
        case 2:
            return a.bytes({0x0f, 0xb7, 0x09});
        case 4:
            return a.bytes({0x8b, 0x09});
        default:
            return a.bytes({0x48, 0x8b, 0x09});
    }
}

/// @return the position of the jump's four bytes.
std::size_t compare_piece(Assembler& a, std::span<const std::byte> piece, GuestAddress address) {
    a.move_immediate(rcx, address.value());
    load_piece(a, piece.size());
    a.move_immediate(scratch, 0 - value_of(piece));
    a.bytes({0x4a, 0x8d, 0x0c, 0x31});  // lea rcx, [rcx + r14]
    a.bytes({0xe3, 0x05});              // jrcxz over the jump
    return a.jump();
}

}  // namespace

std::vector<std::size_t> emit_byte_comparison(Assembler& assembler, std::span<const std::byte> bytes, GuestAddress address) {
    std::vector<std::size_t> jumps;
    const auto piece_bytes = std::min(std::bit_floor(bytes.size()), largest_piece_bytes);
    for (std::size_t done = 0; done < bytes.size(); done += piece_bytes) {
        const auto at = std::min(done, bytes.size() - piece_bytes);
        jumps.push_back(compare_piece(assembler, bytes.subspan(at, piece_bytes), address + at));
    }
    assembler.load_state(rcx, spill_offset(byte_check_slot));
    return jumps;
}

}  // namespace lxr::host
