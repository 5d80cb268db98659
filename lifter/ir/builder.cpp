// Recording: slots are handed out in order, one run of words for each value.
#include "lifter/ir/builder.h"

#include "lifter/support/check.h"

namespace lxr::ir {

Value Builder::result(Operation& operation) {
    const auto type = result_type(operation.opcode, operation.type);
    if (type == Type::none) return {};
    const Value value{block_.slots, type};
    operation.result = value.slot;
    block_.slots = static_cast<std::uint16_t>(block_.slots + slot_count(type));
    LXR_CHECK(block_.slots < no_slot - 16);
    return value;
}

Value Builder::emit(Opcode opcode, Type type, Type lane, unsigned aux, Value a, Value b, Value c, std::int32_t immediate) {
    Operation operation;
    operation.opcode = opcode;
    operation.type = type;
    operation.lane = lane;
    operation.aux = static_cast<std::uint8_t>(aux);
    operation.a = a.slot;
    operation.b = b.slot;
    operation.c = c.slot;
    operation.immediate = immediate;
    const auto value = result(operation);
    block_.operations.push_back(operation);
    ended_ |= opcode_row(opcode).effect == Effect::exit;
    return value;
}

void Builder::wide(Opcode opcode, std::uint64_t immediate, Value a, unsigned aux) {
    Operation operation;
    operation.opcode = opcode;
    operation.aux = static_cast<std::uint8_t>(aux);
    operation.a = a.slot;
    operation.wide = immediate;
    block_.operations.push_back(operation);
    ended_ |= opcode_row(opcode).effect == Effect::exit && opcode != Opcode::exit_if && opcode != Opcode::hint_call;
}

Value Builder::constant(Type type, std::uint64_t value) {
    Operation operation;
    operation.opcode = Opcode::constant;
    operation.type = type;
    operation.wide = size_bits(type) < 64 ? value & ((std::uint64_t{1} << size_bits(type)) - 1) : value;
    const auto made = result(operation);
    block_.operations.push_back(operation);
    return made;
}

Value Builder::get_state(Type type, std::size_t offset) {
    return emit(Opcode::get_state, type, Type::none, 0, {}, {}, {}, static_cast<std::int32_t>(offset));
}

void Builder::set_state(std::size_t offset, Value value) {
    emit(Opcode::set_state, value.type, Type::none, 0, value, {}, {}, static_cast<std::int32_t>(offset));
}

Value Builder::address(Type type, Value base, Value index, unsigned scale_shift, std::int32_t displacement) {
    return emit(Opcode::address, type, Type::none, scale_shift, base, index, {}, displacement);
}

}  // namespace lxr::ir
