// Writes /proc/cpuinfo from the processor model (Linux arch/x86/kernel/cpu/proc.c, show_cpuinfo).
#include "runtime/proc/cpuinfo_view.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "lifter/cpu_model.h"

namespace lxr {
namespace {

std::string text_of(std::initializer_list<std::uint32_t> words) {
    std::string text;
    for (const std::uint32_t word : words) text.append(reinterpret_cast<const char*>(&word), sizeof word);
    return text.c_str();  // up to the first NUL
}

std::string vendor() {
    const CpuidResult leaf = guest_cpuid(0, 0);
    return text_of({leaf.ebx, leaf.edx, leaf.ecx});
}

std::string brand() {
    std::string text;
    for (std::uint32_t leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
        const CpuidResult words = guest_cpuid(leaf, 0);
        text += text_of({words.eax, words.ebx, words.ecx, words.edx});
    }
    return text;
}

std::size_t count_processors(std::string_view host) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < host.size(); at = host.find('\n', at) + 1) {
        count += host.substr(at).starts_with("processor") ? 1 : 0;
        if (host.find('\n', at) == std::string_view::npos) break;
    }
    return count;
}

/// CPUID 1 EAX (SDM Vol. 2A, CPUID, "Version Information").
struct Version {
    std::uint32_t family, model, stepping;
};

Version version() {
    const std::uint32_t eax = guest_cpuid(1, 0).eax;
    return {
        .family = (eax >> 8 & 0xf) + (eax >> 20 & 0xff), .model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0), .stepping = eax & 0xf};
}

/// Made up, as the processor is: programs only print it.
constexpr const char* clock_mhz = "2000.000";
constexpr const char* bogomips = "4000.00";

void print_processor(std::string& out, std::size_t index, std::size_t count) {
    const Version is = version();
    const std::uint32_t address_bits = guest_cpuid(0x80000008, 0).eax;
    const std::uint32_t line_bytes = (guest_cpuid(1, 0).ebx >> 8 & 0xff) * 8;
    const auto line = [&out](const char* name, const auto& value) {
        fmt::format_to(std::back_inserter(out), "{}: {}\n", name, value);
    };
    line("processor\t", index);
    line("vendor_id\t", vendor());
    line("cpu family\t", is.family);
    line("model\t\t", is.model);
    line("model name\t", brand());
    line("stepping\t", is.stepping);
    line("cpu MHz\t\t", clock_mhz);
    line("cache size\t", fmt::format("{} KB", guest_cpuid(0x80000006, 0).ecx >> 16));
    line("physical id\t", 0);
    line("siblings\t", count);
    line("core id\t\t", index);
    line("cpu cores\t", count);
    line("apicid\t\t", index);
    line("initial apicid\t", index);
    line("fpu\t\t", "yes");
    line("fpu_exception\t", "yes");
    line("cpuid level\t", guest_cpuid(0, 0).eax);
    line("wp\t\t", "yes");
    line("flags\t\t", guest_cpu_flags());
    line("bugs\t\t", "");
    line("bogomips\t", bogomips);
    line("clflush size\t", line_bytes);
    line("cache_alignment\t", line_bytes);
    line("address sizes\t", fmt::format("{} bits physical, {} bits virtual", address_bits & 0xff, address_bits >> 8 & 0xff));
    out += "power management:\n\n";
}

}  // namespace

std::string guest_cpuinfo(std::string_view host) {
    const std::size_t count = count_processors(host);
    std::string out;
    for (std::size_t i = 0; i < count; ++i) print_processor(out, i, count);
    return out;
}

}  // namespace lxr
