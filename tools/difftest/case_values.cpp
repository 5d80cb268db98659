// A small language of names, numbers and sums.
#include "tools/difftest/case_values.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace lxr::difftest {

namespace {

struct Symbol {
    std::string_view name;
    std::uint64_t value;
};
constexpr std::array symbols = {Symbol{"code", arena::code_begin}, Symbol{"entry", arena::usual_entry},
                                Symbol{"data", arena::data_begin}};

std::optional<std::uint64_t> term(std::string_view text) {
    for (const auto& symbol : symbols) {
        if (text == symbol.name) return symbol.value;
    }
    const bool hexadecimal = text.starts_with("0x");
    if (hexadecimal) text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Terms with + and - between them.
std::optional<std::uint64_t> sum(std::string_view text) {
    std::uint64_t total = 0;
    while (!text.empty()) {
        const bool negative = text.front() == '-';
        if (negative || text.front() == '+') text.remove_prefix(1);
        const auto length = std::min(text.find_first_of("+-"), text.size());
        const auto value = term(text.substr(0, length));
        if (!value) return std::nullopt;
        total += negative ? 0 - *value : *value;
        text.remove_prefix(length);
    }
    return total;
}

/// HIGH_LOW, the high word may be left out.
std::optional<std::array<std::uint64_t, 2>> vector(std::string_view text) {
    std::array<std::uint64_t, 2> words{};
    const auto separator = text.find('_');
    const auto word = [](std::string_view digits, std::uint64_t& value) {
        return std::from_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr == digits.data() + digits.size();
    };
    const auto low = separator == std::string_view::npos ? text : text.substr(separator + 1);
    if (!word(low, words[0])) return std::nullopt;
    if (separator != std::string_view::npos && !word(text.substr(0, separator), words[1])) return std::nullopt;
    return words;
}

bool put_memory(std::string_view name, std::uint64_t value, Test& test) {
    const auto close = name.find(']');
    const auto address = sum(name.substr(1, close - 1));
    const auto size = close + 1 < name.size() ? term(name.substr(close + 2)) : 8;
    if (!address || !size || *size > 8 || test.poke_count == test.pokes.size()) return false;
    auto& poke = test.pokes[test.poke_count++];
    poke.address = *address;
    poke.size_bytes = static_cast<std::uint32_t>(*size);
    std::memcpy(poke.bytes.data(), &value, *size);
    return true;
}

bool put_register(std::string_view name, std::uint64_t value, MachineState& state) {
    for (std::size_t i = 0; i < gpr_names.size(); ++i) {
        if (name == gpr_names[i]) return state.gpr[i] = value, true;
    }
    for (const auto& flag : flag_names) {
        if (name != flag.name) continue;
        state.rflags = value != 0 ? state.rflags | flag.bit : state.rflags & ~std::uint64_t{flag.bit};
        return true;
    }
    if (name == "fs_base") return state.fs_base = value, true;
    if (name == "gs_base") return state.gs_base = value, true;
    if (name == "mxcsr") return state.mxcsr = static_cast<std::uint32_t>(value), true;
    if (name == "fcw") return state.x87.control = static_cast<std::uint16_t>(value), true;
    return false;
}

bool put(std::string_view name, std::string_view text, Test& test) {
    if (name.starts_with("xmm")) {
        const auto number = term(name.substr(3));
        const auto words = vector(text);
        if (!number || *number > 15 || !words) return false;
        test.before.ymm[*number][0] = (*words)[0];
        test.before.ymm[*number][1] = (*words)[1];
        return true;
    }
    const auto value = sum(text);
    if (!value) return false;
    return name.starts_with('[') ? put_memory(name, *value, test) : put_register(name, *value, test.before);
}

}  // namespace

std::string apply_values(std::string_view values, Test& test) {
    while (!values.empty()) {
        const auto length = std::min(values.find(' '), values.size());
        const auto item = values.substr(0, length);
        values.remove_prefix(std::min(length + 1, values.size()));
        if (item.empty()) continue;
        const auto equals = item.find('=');
        const bool understood = equals != std::string_view::npos && put(item.substr(0, equals), item.substr(equals + 1), test);
        if (!understood) return fmt::format("cannot understand '{}'", item);
    }
    return "";
}

}  // namespace lxr::difftest
