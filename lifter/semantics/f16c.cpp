// F16C instructions (SDM Vol. 1, "16-Bit Floating-Point Conversion").
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"
#include "lifter/support/write_probe.h"

namespace lxr::semantics {

void convert_half_to_single(B& b) {
    const auto type = b.vector_type();
    const auto source = b.read_vector(1, half_vector(type));
    b.write_vector(0, b.with_immediate(Opcode::convert_from_half, type, Type::f32, source, {}, 0));
}

void convert_single_to_half(B& b) {
    const auto source = b.read_vector(1, b.vector_type());
    const auto type = half_vector(source.type);
    // Page faults come before floating-point exceptions and leave MXCSR as it was.
    if (b.is_memory(0)) {
        const auto where = b.address_of(0);
        b.check_alignment(where, ir::size_bytes(type));
        b.helper(Helper::check_writable, where, b.imm(Type::i64, ir::size_bytes(type)));
    }
    const auto how = static_cast<std::int32_t>(immediate_byte(b));
    const auto halves = b.with_immediate(Opcode::convert_to_half, type, Type::i16, source, {}, how);
    b.write_vector(0, b.is_memory(0) ? halves : b.resize(halves, Type::v128));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

std::uint64_t check_writable(GuestState&, std::uint64_t address, std::uint64_t size_bytes, std::uint64_t) {
    probe_write(GuestAddress(address), size_bytes);
    return 0;
}

}  // namespace lxr::helpers
