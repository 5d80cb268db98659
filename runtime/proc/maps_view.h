// The text of /proc/self/maps, smaps and numa_maps as the guest's kernel would write it: the host's lines, cut to what the
// guest has mapped, with the guest's protection and names. Called when the guest opens one of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/address_space.h"

namespace lxr {

/// @param host  the host's text of /proc/PID/maps or smaps.
std::string guest_maps(std::string_view host, const std::vector<Mapping>& mappings);

/// @param host  the host's text of /proc/PID/numa_maps.
std::string guest_numa_maps(std::string_view host, const std::vector<Mapping>& mappings);

}  // namespace lxr
