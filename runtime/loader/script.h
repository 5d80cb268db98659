// The '#!' line, read as Linux fs/binfmt_script.c reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lxr {

/// What a '#!' line names.
struct ScriptLine {
    std::string interpreter;
    std::optional<std::string> argument;  // all that follows, as one argument
};

/// The part of a file that is looked at (Linux include/uapi/linux/binfmts.h, BINPRM_BUF_SIZE).
inline constexpr std::size_t script_head_size_bytes = 256;

/// @param head  the first bytes of the file, at most script_head_size_bytes.
bool is_script(std::string_view head);

/// @return nothing if the line names no interpreter, or might name a longer one than `head` holds.
std::optional<ScriptLine> read_script_line(std::string_view head);

}  // namespace lxr
