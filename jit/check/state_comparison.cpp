// Compares states register by register.
#include "jit/check/state_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace lxr::check {

namespace {

constexpr std::array<std::string_view, 16> gpr_names = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

class Lines {
public:
    Lines(const ComparedState& before, const ComparedState& interpreter, const ComparedState& baseline)
        : before_(before), interpreter_(interpreter), baseline_(baseline) {}

    /// @param show  a function from a state to text.
    template <typename Show>
    void add(std::string_view name, Show show) {
        const auto before = show(before_);
        const auto interpreter = show(interpreter_);
        const auto baseline = show(baseline_);
        if (before == interpreter && before == baseline) return;
        text_ +=
            fmt::format("  {} {:<14} {}  {}  {}\n", interpreter != baseline ? '*' : ' ', name, before, interpreter, baseline);
    }
    [[nodiscard]] std::string take() { return "    register       before, interpreter, baseline\n" + text_; }

private:
    const ComparedState& before_;
    const ComparedState& interpreter_;
    const ComparedState& baseline_;
    std::string text_;
};

std::string hex(std::uint64_t value) {
    return fmt::format("{:016x}", value);
}

void add_vectors(Lines& lines) {
    for (std::size_t i = 0; i < ComparedState{}.vector.size(); ++i) {
        lines.add(fmt::format("vector {}", i), [i](const ComparedState& s) {
            std::string text;
            for (std::size_t word = s.vector[i].words.size(); word-- > 0;)
                text += fmt::format("{:x}_", s.vector[i].words[word]);
            return text;
        });
    }
}

void add_x87(Lines& lines) {
    lines.add("x87 control", [](const ComparedState& s) { return fmt::format("{:04x}", s.x87.control); });
    lines.add("x87 status", [](const ComparedState& s) { return fmt::format("{:04x}", s.x87.status); });
    lines.add("x87 top", [](const ComparedState& s) { return fmt::format("{}", s.x87.top); });
    lines.add("x87 valid", [](const ComparedState& s) { return fmt::format("{:02x}", s.x87.valid); });
    for (std::size_t i = 0; i < 8; ++i) {
        lines.add(fmt::format("x87 R{}", i), [i](const ComparedState& s) {
            return fmt::format("{:04x}_{:016x}", s.x87.registers[i].sign_exponent, s.x87.registers[i].significand);
        });
    }
}

/// Quick: this is asked after each block.
bool agree(const ComparedState& a, const ComparedState& b, std::uint32_t undefined_flags) {
    const auto same_vectors = [&] { return std::memcmp(&a.vector, &b.vector, sizeof a.vector) == 0; };
    const auto same_x87 = [&] {
        const auto same_register = [](const X87Register& x, const X87Register& y) {
            return x.significand == y.significand && x.sign_exponent == y.sign_exponent;
        };
        return a.x87.control == b.x87.control && a.x87.status == b.x87.status && a.x87.top == b.x87.top &&
               a.x87.valid == b.x87.valid && std::ranges::equal(a.x87.registers, b.x87.registers, same_register);
    };
    return a.gpr == b.gpr && a.rip == b.rip && a.fs_base == b.fs_base && a.gs_base == b.gs_base && a.selectors == b.selectors &&
           ((a.status_flags ^ b.status_flags) & ~undefined_flags) == 0 && a.control_flags == b.control_flags &&
           a.mxcsr == b.mxcsr && same_vectors() && same_x87();
}

}  // namespace

ComparedState ComparedState::of(const GuestState& state) {
    return {.gpr = state.gpr,
            .rip = state.rip,
            .fs_base = state.fs_base,
            .gs_base = state.gs_base,
            .selectors = state.selectors,
            .status_flags = state.status_flags,
            .control_flags = state.control_flags,
            .mxcsr = state.mxcsr,
            .vector = state.vector,
            .x87 = state.x87};
}

void ComparedState::put_back(GuestState& state) const {
    state.gpr = gpr;
    state.rip = rip;
    state.fs_base = fs_base;
    state.gs_base = gs_base;
    state.selectors = selectors;
    state.status_flags = status_flags;
    state.control_flags = control_flags;
    state.mxcsr = mxcsr;
    state.vector = vector;
    state.x87 = x87;
}

std::string difference(const ComparedState& before, const ComparedState& interpreter, const ComparedState& baseline,
                       std::uint32_t undefined_flags) {
    if (agree(interpreter, baseline, undefined_flags)) return {};
    Lines lines(before, interpreter, baseline);
    for (std::size_t i = 0; i < gpr_names.size(); ++i) {
        lines.add(gpr_names[i], [i](const ComparedState& s) { return hex(s.gpr[i]); });
    }
    lines.add("rip", [](const ComparedState& s) { return hex(s.rip); });
    lines.add("fs base", [](const ComparedState& s) { return hex(s.fs_base); });
    lines.add("gs base", [](const ComparedState& s) { return hex(s.gs_base); });
    lines.add("selectors", [](const ComparedState& s) { return fmt::format("{:04x}", fmt::join(s.selectors, " ")); });
    lines.add("status flags", [&](const ComparedState& s) { return fmt::format("{:08x}", s.status_flags & ~undefined_flags); });
    lines.add("control flags", [](const ComparedState& s) { return fmt::format("{:08x}", s.control_flags); });
    lines.add("mxcsr", [](const ComparedState& s) { return fmt::format("{:08x}", s.mxcsr); });
    add_vectors(lines);
    add_x87(lines);
    return lines.take();
}

}  // namespace lxr::check
