// Miscellaneous instructions (SDM Vol. 1, "Miscellaneous Instructions"), and cache control.
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

void load_effective_address(B& b) {
    const auto address = b.effective_address(b.operand(1).memory);
    const auto type = b.type_of(0);
    if (address.type == type) return b.write(0, address);
    b.write(0, ir::size_bytes(address.type) > ir::size_bytes(type) ? b.truncate(address, type) : b.zero_extend(address, type));
}

void no_operation(B&) {}

void undefined(B& b) {
    b.fault(ExceptionVector::invalid_opcode);
}

void table_lookup(B& b) {
    const auto type = ir::integer_type(b.i.address_bits);
    const auto index = b.zero_extend(b.read_gpr(Gpr::rax, Type::i8), type);
    const auto offset = b.add(b.read_gpr(Gpr::rbx, type), index);
    b.write_gpr(Gpr::rax, b.load(Type::i8, b.add_segment_base(b.i.segment, offset)));
}

/// No cache is modelled, but the address must be readable.
void flush_cache_line(B& b) {
    b.load(Type::i8, b.address_of(0));
}

/// The line that RAX points into.
void clear_cache_line(B& b) {
    const auto type = ir::integer_type(b.i.address_bits);
    const auto address = b.add_segment_base(b.i.segment, b.read_gpr(Gpr::rax, type));
    const auto where = b.bit_and(address, b.imm(Type::i64, ~std::uint64_t{63}));
    const auto zero = b.resize(b.imm(Type::i64, 0), Type::v256);
    b.store(where, zero);
    b.store(b.add(where, b.imm(Type::i64, 32)), zero);
}

void fence(B& b) {
    b.fence();
}

}  // namespace lxr::semantics
