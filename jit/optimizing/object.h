// From an object file in memory to one piece of position-independent code.
#pragma once

#include <llvm/ADT/StringRef.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lxr::optimizing {

struct LinkedCode {
    std::string refusal;  // why it cannot be one piece; empty if it is
    std::vector<std::byte> bytes;
    std::uint32_t entry_offset = 0;
};

/// Lays out code and constants of an ELF object one after the other and fills in what refers from one to another. Nothing may
/// refer to what is not in the object.
LinkedCode link_object(llvm::StringRef object, llvm::StringRef entry_symbol);

}  // namespace lxr::optimizing
