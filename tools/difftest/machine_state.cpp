// Comparing two outcomes, and showing them.
#include "tools/difftest/machine_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>
#include <vector>

namespace lxr::difftest {

namespace {

struct Field {
    std::string name;
    std::string before;
    std::string native;
    std::string lxr;
};

std::string ending_text(const Outcome& outcome) {
    if (outcome.ending != Ending::fault) return ending_name(outcome);
    return fmt::format("{} error {:#x} at {:#x}", ending_name(outcome), outcome.fault.error_code, outcome.fault.address);
}

/// Fields of a register file, made from three states with one function that shows a state.
class Fields {
public:
    Fields(const MachineState& before, const MachineState& native, const MachineState& lxr)
        : before_(before), native_(native), lxr_(lxr) {}

    template <typename Show>
    void add(std::string name, const Show& show) {
        list.push_back({std::move(name), show(before_), show(native_), show(lxr_)});
    }

    std::vector<Field> list;

private:
    const MachineState& before_;
    const MachineState& native_;
    const MachineState& lxr_;
};

std::string hex(std::uint64_t value) {
    return fmt::format("{:016x}", value);
}

void add_vectors(Fields& fields) {
    for (std::size_t i = 0; i < 16; ++i) {
        fields.add(fmt::format("ymm{}", i), [i](const MachineState& s) {
            return fmt::format("{:016x}_{:016x}_{:016x}_{:016x}", s.ymm[i][3], s.ymm[i][2], s.ymm[i][1], s.ymm[i][0]);
        });
    }
}

void add_x87(Fields& fields) {
    const auto number = [&](const char* name, auto member) {
        fields.add(name, [member](const MachineState& s) { return fmt::format("{:04x}", s.x87.*member); });
    };
    number("fcw", &X87State::control);
    number("fsw", &X87State::status);
    number("top", &X87State::top);
    number("ftw", &X87State::valid);
    for (std::size_t i = 0; i < 8; ++i) {
        fields.add(fmt::format("R{}", i), [i](const MachineState& s) {
            const auto& reg = s.x87.registers[i];
            return fmt::format("{:04x}_{:016x}", reg.sign_exponent, reg.significand);
        });
    }
}

std::vector<Field> fields_of(const MachineState& before, const Outcome& native, const Outcome& lxr,
                             std::uint32_t undefined_flags) {
    Fields fields(before, native.after, lxr.after);
    fields.list.push_back({"ending", "", ending_text(native), ending_text(lxr)});
    for (std::size_t i = 0; i < 16; ++i) {
        fields.add(std::string(gpr_names[i]), [i](const MachineState& s) { return hex(s.gpr[i]); });
    }
    fields.add("rip", [](const MachineState& s) { return hex(s.rip); });
    fields.add("fs_base", [](const MachineState& s) { return hex(s.fs_base); });
    fields.add("gs_base", [](const MachineState& s) { return hex(s.gs_base); });
    fields.add("es..gs", [](const MachineState& s) { return fmt::format("{:x}", fmt::join(s.selectors, " ")); });
    for (const auto& flag : flag_names) {
        if ((flag.bit & undefined_flags) != 0) continue;
        fields.add(std::string(flag.name),
                   [&flag](const MachineState& s) { return std::string((s.rflags & flag.bit) != 0 ? "1" : "0"); });
    }
    fields.add("mxcsr", [](const MachineState& s) { return fmt::format("{:04x}", s.mxcsr); });
    add_x87(fields);
    add_vectors(fields);
    return fields.list;
}

bool same_x87(const X87State& a, const X87State& b) {
    const auto same_register = [](const X87Register& x, const X87Register& y) {
        return x.significand == y.significand && x.sign_exponent == y.sign_exponent;
    };
    return a.control == b.control && a.status == b.status && a.top == b.top && a.valid == b.valid &&
           std::ranges::equal(a.registers, b.registers, same_register);
}

bool same(const Outcome& native, const Outcome& lxr, std::uint32_t undefined_flags) {
    const auto& a = native.after;
    const auto& b = lxr.after;
    return native.ending == lxr.ending && native.fault == lxr.fault && a.gpr == b.gpr && a.rip == b.rip &&
           ((a.rflags ^ b.rflags) & ~std::uint64_t{undefined_flags}) == 0 && a.fs_base == b.fs_base && a.gs_base == b.gs_base &&
           a.selectors == b.selectors && a.mxcsr == b.mxcsr && a.ymm == b.ymm && same_x87(a.x87, b.x87) &&
           native.memory == lxr.memory;
}

}  // namespace

std::string ending_name(const Outcome& outcome) {
    switch (outcome.ending) {
        case Ending::landed:
            return "went on";
        case Ending::syscall:
            return "system call";
        case Ending::endless:
            return "did not end";
        case Ending::fault:
            return fmt::format("vector {}", outcome.fault.vector);
        case Ending::none:
            break;
    }
    return "never ran";
}

void clear_rpl_of_null(std::array<std::uint16_t, 6>& selectors) {
    constexpr std::uint16_t largest_null = 3;
    std::ranges::replace_if(selectors, [](std::uint16_t selector) { return selector <= largest_null; }, std::uint16_t{0});
}

void apply_pokes(const Test& test) {
    for (std::uint32_t i = 0; i < test.poke_count; ++i) {
        const auto& poke = test.pokes[i];
        std::memcpy(host_pointer(GuestAddress(poke.address)), poke.bytes.data(), poke.size_bytes);
    }
}

std::string differences(const Outcome& native, const Outcome& lxr, std::uint32_t undefined_flags) {
    if (same(native, lxr, undefined_flags)) return "";
    std::string names;
    for (const auto& field : fields_of({}, native, lxr, undefined_flags)) {
        if (field.native != field.lxr) names += (names.empty() ? "" : " ") + field.name;
    }
    if (native.memory != lxr.memory) names += names.empty() ? "memory" : " memory";
    return names;
}

std::string side_by_side(const Test& test, const Outcome& native, const Outcome& lxr, std::uint32_t undefined_flags) {
    std::string text = fmt::format("  {:8} {:18} {:18} {:18}\n", "", "before", "native", "lxr");
    auto out = std::back_inserter(text);
    for (const auto& field : fields_of(test.before, native, lxr, undefined_flags)) {
        const bool differs = field.native != field.lxr;
        const bool vector = field.name.starts_with("ymm");
        if (!differs && field.before == field.native && (vector || field.name.starts_with("R"))) continue;
        const auto separator = vector ? "\n           " : " ";
        fmt::format_to(out, "{} {:8} {:18}{}{:18}{}{:18}\n", differs ? '*' : ' ', field.name, field.before, separator,
                       field.native, separator, field.lxr);
    }
    for (std::uint32_t i = 0; i < test.poke_count; ++i) {
        fmt::format_to(out, "  [{:#x}] before:", test.pokes[i].address);
        for (std::uint32_t byte = 0; byte < test.pokes[i].size_bytes; ++byte) {
            fmt::format_to(out, " {:02x}", std::to_integer<unsigned>(test.pokes[i].bytes[byte]));
        }
        text += '\n';
    }
    int shown = 0;
    for (std::size_t i = 0; i < native.memory.size() && shown < 16; ++i) {
        if (native.memory[i] == lxr.memory[i]) continue;
        fmt::format_to(out, "* [{:#x}] native {:02x} lxr {:02x}\n", arena::data_begin + i,
                       std::to_integer<unsigned>(native.memory[i]), std::to_integer<unsigned>(lxr.memory[i]));
        ++shown;
    }
    return text;
}

}  // namespace lxr::difftest
