// Where a program is whose name has no '/': in the folders of PATH, as a shell would look.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lxr {

/// @param search_path  folders separated by ':'; an empty one is the current folder, as execvp(3) says.
/// @param sysroot  looked in first for absolute folders; may be empty.
/// @return the path of the first executable file called `name`, as the guest knows it; nothing if there is none, or if the
///         name is empty or has a '/'.
[[nodiscard]] std::optional<std::string> find_in_search_path(std::string_view name, std::string_view search_path,
                                                             const std::string& sysroot);

}  // namespace lxr
