// The '#!' line. A file shorter than the head counts as followed by NUL bytes, as in the kernel's buffer.
#include "runtime/loader/script.h"

namespace lxr {

namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view terminators{" \t\0", 3};

std::string_view without_leading_blanks(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view() : text.substr(first);
}

std::string_view without_trailing_blanks(std::string_view text) {
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// The text behind "#!" up to the end of the line. Without an end in sight it counts only if the interpreter's name is
/// seen to end: an argument may be cut short, a path may not.
std::optional<std::string_view> line_of(std::string_view head) {
    const std::string_view text = head.substr(2);
    if (const auto newline = text.find('\n'); newline != text.npos) return text.substr(0, newline);
    const bool whole_file = head.size() < script_head_size_bytes;
    const std::string_view seen = whole_file ? text : text.substr(0, text.size() - 1);  // the kernel's last byte is a NUL
    const std::string_view name = without_leading_blanks(seen);
    if (name.empty() || (!whole_file && name.find_first_of(terminators) == name.npos)) return std::nullopt;
    return seen;
}

}  // namespace

bool is_script(std::string_view head) {
    return head.starts_with("#!");
}

std::optional<ScriptLine> read_script_line(std::string_view head) {
    const auto line = line_of(head);
    if (!line) return std::nullopt;
    const std::string_view text = without_leading_blanks(without_trailing_blanks(*line));
    const auto name_end = std::min(text.find_first_of(terminators), text.size());
    if (name_end == 0) return std::nullopt;

    ScriptLine result{.interpreter = std::string(text.substr(0, name_end)), .argument = std::nullopt};
    if (name_end < text.size() && text[name_end] != '\0') {
        const std::string_view rest = without_leading_blanks(text.substr(name_end));
        const std::string_view argument = rest.substr(0, rest.find('\0'));
        result.argument = std::string(argument);
    }
    return result;
}

}  // namespace lxr
