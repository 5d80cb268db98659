// Where a symbol of a program is. Called for --dump-at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lxr {

/// @return the address as the file has it, without bias; nothing if the file has no such defined symbol or cannot be read.
std::optional<std::uint64_t> find_symbol(const std::string& path, std::string_view name);

}  // namespace lxr
