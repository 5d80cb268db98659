// The text of /proc/cpuinfo for the guest: the processor that CPUID shows. Called when the guest opens it.
#pragma once

#include <string>
#include <string_view>

namespace lxr {

/// @param host  the host's text, which tells only how many processors there are.
std::string guest_cpuinfo(std::string_view host);

}  // namespace lxr
