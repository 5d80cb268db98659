// How each guest instruction becomes host code, if it does. Called by the block emitter.
#pragma once

#include <cstdint>

#include "jit/host/block_emitter.h"
#include "lifter/encoding.h"

namespace lxr::host {

enum class Form : std::uint8_t {
    interpreted,  // the block ends before it: nobody knows what it means
    from_ir,      // host code from its IR, or the interpreter's steps from within the block
    copied,       // written down again, with other registers
    nothing,      // no effect
    push,
    pop,
    leave,
    jump,
    jump_if,
    jump_if_zero,  // JRCXZ
    loop,
    call,
    ret,
    syscall
};
Form form_of(const Encoding& encoding, Copies copies);

/// The guest registers that the encoding has fields for, as a mask.
std::uint16_t explicit_gprs(const Encoding& encoding);
/// True for FS and GS, whose bases are in GuestState.
bool has_segment_base(const Encoding& encoding);
/// True if the memory operand's address has a part that must be put into a register: a segment's base, or what rip-relative
/// addresses are.
bool needs_address_base(const Encoding& encoding);

}  // namespace lxr::host
