// Rewrites the host's memory maps for the guest.
#include "runtime/proc/maps_view.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace lxr {
namespace {

/// One line of maps, and what follows it in smaps.
struct Region {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string protection;  // rwxp
    std::uint64_t offset = 0;
    std::string device;
    std::uint64_t inode = 0;
    std::string name;
    std::vector<std::string> details;
};

std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t at = std::min(text.find(separator), text.size());
    const std::string_view piece = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return piece;
}

std::uint64_t number(std::string_view text, int base) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

/// proc_pid_maps(5).
Region parse_region(std::string_view line) {
    Region region;
    region.begin = number(take_until(line, '-'), 16);
    region.end = number(take_until(line, ' '), 16);
    region.protection = take_until(line, ' ');
    region.offset = number(take_until(line, ' '), 16);
    region.device = take_until(line, ' ');
    region.inode = number(take_until(line, ' '), 10);
    region.name = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    return region;
}

/// Details of smaps begin with a capital letter, regions with a hexadecimal digit.
bool is_detail(std::string_view line) {
    return !line.empty() && line[0] >= 'A' && line[0] <= 'Z';
}

std::vector<Region> parse_regions(std::string_view host) {
    std::vector<Region> regions;
    while (!host.empty()) {
        const std::string_view line = take_until(host, '\n');
        if (is_detail(line)) {
            if (!regions.empty()) regions.back().details.emplace_back(line);
        } else if (!line.empty()) {
            regions.push_back(parse_region(line));
        }
    }
    return regions;
}

/// Linux fs/proc/task_mmu.c, show_vma_header_prefix: names begin in this column.
constexpr std::size_t name_column = 73;

void print_region(std::string& out, const Region& region) {
    const std::size_t start = out.size();
    fmt::format_to(std::back_inserter(out), "{:08x}-{:08x} {} {:08x} {} {} ", region.begin, region.end, region.protection,
                   region.offset, region.device, region.inode);
    if (!region.name.empty()) {
        const std::size_t width = out.size() - start;
        out.append(width < name_column ? name_column - width : 0, ' ');
        out += region.name;
    }
    out += '\n';
    for (const std::string& detail : region.details) {
        out += detail;
        out += '\n';
    }
}

std::string protection_text(const Mapping& mapping, char sharing) {
    std::string text = "---p";
    if ((mapping.protection & PROT_READ) != 0) text[0] = 'r';
    if ((mapping.protection & PROT_WRITE) != 0) text[1] = 'w';
    if ((mapping.protection & PROT_EXEC) != 0) text[2] = 'x';
    text[3] = sharing;
    return text;
}

/// The part of the host's region that lies in the guest's mapping.
Region cut(const Region& host, const Mapping& mapping) {
    Region piece = host;
    piece.begin = std::max(host.begin, mapping.begin);
    piece.end = std::min(host.end, mapping.end);
    piece.protection = protection_text(mapping, host.protection.back());
    if (host.inode != 0) piece.offset += piece.begin - host.begin;
    if (mapping.name.starts_with('[')) piece.name = mapping.name;
    return piece;
}

/// Two adjacent regions of the host stay apart for its kernel's reasons, which are the guest's kernel's too (one has been
/// written to, say), unless the host gives them different protections where the guest does not.
bool joins(const Region& host_before, const Region& host_after) {
    return &host_before == &host_after || host_before.protection != host_after.protection;
}

bool continues(const Region& before, const Region& after) {
    return before.end == after.begin && before.protection == after.protection && before.device == after.device &&
           before.inode == after.inode && before.name == after.name &&
           (after.inode == 0 || before.offset + (before.end - before.begin) == after.offset);
}

constexpr std::string_view details_of_kind[] = {"KernelPageSize", "MMUPageSize", "THPeligible", "ProtectionKey", "VmFlags"};

/// Adds the kilobytes of `from` to those of `into`, line by line.
void add_details(std::vector<std::string>& into, const std::vector<std::string>& from) {
    for (std::size_t i = 0; i < std::min(into.size(), from.size()); ++i) {
        std::string_view line = into[i];
        std::string_view other = from[i];
        const std::string key(take_until(line, ':'));
        if (key != take_until(other, ':') || std::ranges::find(details_of_kind, key) != std::end(details_of_kind)) continue;
        const auto kilobytes = [](std::string_view text) {
            text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
            return number(text, 10);
        };
        into[i] = fmt::format("{:<16}{:>8} kB", key + ':', kilobytes(line) + kilobytes(other));
    }
}

/// Makes Size and the protection of VmFlags those of the region.
void correct_details(Region& region) {
    for (std::string& detail : region.details) {
        if (detail.starts_with("Size:")) {
            detail = fmt::format("{:<16}{:>8} kB", "Size:", (region.end - region.begin) / 1024);
        } else if (detail.starts_with("VmFlags:")) {
            std::string_view flags = detail;
            flags.remove_prefix(sizeof "VmFlags:" - 1);
            std::string corrected = "VmFlags:";
            if (region.protection[0] == 'r') corrected += " rd";
            if (region.protection[1] == 'w') corrected += " wr";
            if (region.protection[2] == 'x') corrected += " ex";
            while (flags.starts_with(" rd") || flags.starts_with(" wr") || flags.starts_with(" ex")) flags.remove_prefix(3);
            detail = corrected.append(flags);
        }
    }
}

/// Above every window: the kernel's own page, the same for every process.
constexpr std::uint64_t vsyscall_page = 0xffffffffff600000;

/// The host splits and joins mappings otherwise than the guest's kernel would, because it sees other protections: so cut at
/// the guest's bounds first, then join what continues.
std::vector<Region> guest_regions(const std::vector<Region>& host, const std::vector<Mapping>& mappings) {
    std::vector<Region> result;
    const Region* last_host = nullptr;
    auto mapping = mappings.begin();
    for (const Region& region : host) {
        if (region.begin == vsyscall_page) result.push_back(region);
        while (mapping != mappings.end() && mapping->end <= region.begin) ++mapping;
        for (auto at = mapping; at != mappings.end() && at->begin < region.end; ++at) {
            Region piece = cut(region, *at);
            if (!result.empty() && joins(*last_host, region) && continues(result.back(), piece)) {
                if (last_host != &region) add_details(result.back().details, piece.details);
                result.back().end = piece.end;
            } else {
                result.push_back(std::move(piece));
            }
            last_host = &region;
        }
    }
    std::ranges::for_each(result, correct_details);
    return result;
}

}  // namespace

std::string guest_maps(std::string_view host, const std::vector<Mapping>& mappings) {
    std::string text;
    for (const Region& region : guest_regions(parse_regions(host), mappings)) print_region(text, region);
    return text;
}

std::string guest_numa_maps(std::string_view host, const std::vector<Mapping>& mappings) {
    std::string text;
    while (!host.empty()) {
        const std::string_view line = take_until(host, '\n');
        const std::uint64_t begin = number(line, 16);
        const bool of_guest = std::ranges::any_of(
            mappings, [begin](const Mapping& mapping) { return mapping.begin <= begin && begin < mapping.end; });
        if (of_guest) text.append(line).append("\n");
    }
    return text;
}

}  // namespace lxr
