// The table of operations as data, the printer and the verifier.
#include "lifter/ir.h"

#include <fmt/core.h>
#include <fmt/format.h>

namespace lxr::ir {

namespace {

constexpr std::array opcode_rows = {
#define LXR_IR(name, result, operands, shape, effect, meaning) \
    OpcodeRow{#name, ResultRule::result, operands, Shape::shape, Effect::effect, meaning},
#include "lifter/ir.inc"
#undef LXR_IR
};

constexpr std::array<std::string_view, 11> type_names = {"none", "i8",  "i16",  "i32",  "i64", "f32",
                                                         "f64",  "v64", "v128", "v256", "v512"};
constexpr std::array<std::string_view, 16> condition_names = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                                              "s", "ns", "p", "np", "l", "ge", "le", "g"};

void append_operand(std::string& text, std::uint16_t slot) {
    if (slot == no_slot) {
        text += " -";
    } else {
        fmt::format_to(std::back_inserter(text), " %{}", slot);
    }
}

void append_details(std::string& text, const Operation& operation) {
    auto out = std::back_inserter(text);
    switch (opcode_row(operation.opcode).shape) {
        case Shape::plain:
            break;
        case Shape::reg:
            fmt::format_to(out, " r{}", operation.aux);
            break;
        case Shape::cond:
            fmt::format_to(out, " {}", condition_name(static_cast<Condition>(operation.aux)));
            break;
        case Shape::from:
            fmt::format_to(out, " from {} aux {}", type_name(operation.lane), operation.aux);
            break;
        case Shape::offset:
            fmt::format_to(out, " state+{:#x}", operation.immediate);
            break;
        case Shape::imm:
            fmt::format_to(out, " aux {} imm {:#x}", operation.aux, operation.immediate);
            break;
        case Shape::wide:
            fmt::format_to(out, " {:#x} aux {}", operation.wide, operation.aux);
            break;
        case Shape::memory:
            break;
    }
}

class Verifier {
public:
    explicit Verifier(const Block& block) : block_(block), types_(block.slots, Type::none) {}

    std::string run() {
        for (const auto& operation : block_.operations) check(operation);
        if (block_.operations.empty() || !ends_block(block_.operations.back())) fail("no exit at the end");
        return std::move(problems_);
    }

private:
    static bool ends_block(const Operation& operation) {
        return opcode_row(operation.opcode).effect == Effect::exit && operation.opcode != Opcode::exit_if &&
               operation.opcode != Opcode::hint_call;
    }

    void fail(std::string_view what) { problems_ += fmt::format("{}\n", what); }

    void check_use(const Operation& operation, std::uint16_t slot) {
        if (slot == no_slot) return;
        if (slot >= types_.size() || types_[slot] == Type::none) fail("use before definition: " + print(operation));
    }

    void check(const Operation& operation) {
        const auto& row = opcode_row(operation.opcode);
        if (row.operands >= 1) check_use(operation, operation.a);
        if (row.shape != Shape::wide && row.operands >= 2) check_use(operation, operation.b);
        if (row.shape != Shape::wide && row.operands >= 3) check_use(operation, operation.c);
        const auto type = result_type(operation.opcode, operation.type);
        if (type == Type::none) return;
        if (operation.result == no_slot) return fail("result missing: " + print(operation));
        for (unsigned i = 0; i < slot_count(type); ++i) {
            const auto slot = operation.result + i;
            if (slot >= types_.size()) return fail("slot out of range: " + print(operation));
            if (types_[slot] != Type::none) return fail("assigned twice: " + print(operation));
            types_[slot] = type;
        }
    }

    const Block& block_;
    std::vector<Type> types_;
    std::string problems_;
};

}  // namespace

std::string_view type_name(Type type) {
    return type_names[static_cast<std::size_t>(type)];
}
std::string_view condition_name(Condition condition) {
    return condition_names[static_cast<std::size_t>(condition)];
}
const OpcodeRow& opcode_row(Opcode opcode) {
    return opcode_rows[static_cast<std::size_t>(opcode)];
}

Type result_type(Opcode opcode, Type type) {
    switch (opcode_row(opcode).result) {
        case ResultRule::none:
            return Type::none;
        case ResultRule::T:
            return type;
        case ResultRule::i8:
            return Type::i8;
        case ResultRule::i64:
            return Type::i64;
    }
    return Type::none;
}

std::string print(const Operation& operation) {
    const auto& row = opcode_row(operation.opcode);
    std::string text;
    if (operation.result != no_slot) text = fmt::format("%{} = ", operation.result);
    text += row.name;
    if (operation.type != Type::none) fmt::format_to(std::back_inserter(text), ".{}", type_name(operation.type));
    if (is_vector(operation.type) && operation.lane != Type::none && row.shape != Shape::from) {
        fmt::format_to(std::back_inserter(text), "<{}>", type_name(operation.lane));
    }
    if (row.operands >= 1) append_operand(text, operation.a);
    if (row.operands >= 2) append_operand(text, operation.b);
    if (row.operands >= 3) append_operand(text, operation.c);
    append_details(text, operation);
    return text;
}

std::string print(const Block& block) {
    std::string text;
    for (const auto& operation : block.operations) {
        text += operation.opcode == Opcode::instruction ? "" : "    ";
        text += print(operation) + "\n";
    }
    return text;
}

std::string verify(const Block& block) {
    return Verifier(block).run();
}

}  // namespace lxr::ir
