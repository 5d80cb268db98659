// Assembly text to bytes, for lxr-dump.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

namespace lxr {

/// Assembles instructions in Intel syntax, separated by ';', with llvm-mc-19 in a process of its own: lxr itself has no
/// assembler. Errors: a sentence.
std::expected<std::vector<std::byte>, std::string> assemble(const std::string& text);

}  // namespace lxr
