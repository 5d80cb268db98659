// Answers CPUID from two tables: bits from cpu_features.inc, other words from the leaves below.
#include "lifter/cpu_model.h"

#include <sched.h>

#include <algorithm>
#include <bit>

namespace lxr {
namespace {

/// How many processors the topology leaves show, and which one asks.
struct Topology {
    std::uint32_t processors;
    std::uint32_t current;
};

/// Up to the last processor that this process may run on, so that the number of every one of them is below it. (The exact
/// number would cost every program reading files at start: the dynamic linker asks CPUID.)
std::uint32_t count_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    int last = std::max(sched_getcpu(), 0);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        for (int i = last; i < CPU_SETSIZE; ++i) last = CPU_ISSET(i, &set) ? i : last;
    }
    return static_cast<std::uint32_t>(last) + 1;
}

/// Counted once: a thread that binds itself to one processor after the other (OpenMP does) must see one topology.
Topology topology() {
    static const std::uint32_t processors = count_processors();
    return {.processors = processors, .current = static_cast<std::uint32_t>(std::max(sched_getcpu(), 0))};
}

/// Words of leaves that are the same everywhere. The identity is made up: Intel's vendor string, because glibc and others
/// know no cache sizes of vendors that they do not know, and then choose bad thresholds; a family and model (6, 60) of
/// which no program wants a workaround for errata.
struct Leaf {
    std::uint32_t leaf;
    CpuidResult words;
};

constexpr std::uint32_t four_characters(const char* text) {
    std::uint32_t word = 0;
    for (int i = 3; i >= 0; --i) word = word << 8 | static_cast<unsigned char>(text[i]);
    return word;
}

/// Sixteen characters of the brand string, NUL-padded by the caller.
constexpr CpuidResult brand(const char* text) {
    return {four_characters(text), four_characters(text + 4), four_characters(text + 8), four_characters(text + 12)};
}

constexpr std::uint32_t highest_extended_leaf = 0x80000008;
constexpr std::uint32_t highest_hypervisor_leaf = 0x40000000;
constexpr std::uint32_t cache_line_bytes = 64;

// clang-format off
constexpr Leaf leaves[] = {
    {0x00000000, {0, four_characters("Genu"), four_characters("ntel"), four_characters("ineI")}},
    {0x00000001, {0x000306c3, cache_line_bytes / 8 << 8, 0, 0}},  // family 6, model 60, stepping 3
    {0x00000002, {0x00f0ff01, 0, 0, 0}},                          // 0xff: caches are in leaf 4; 0xf0: 64-byte prefetch
    {0x40000000, {highest_hypervisor_leaf, four_characters("LXR\0"), 0, 0}},
    {0x80000000, {highest_extended_leaf, 0, 0, 0}},
    {0x80000002, brand("x86-64 processor")},
    {0x80000003, brand(" by lxr\0\0\0\0\0\0\0\0\0")},
    {0x80000006, {0, 0, 1024 << 16 | 8 << 12 | cache_line_bytes, 0}},  // L2 in KB, 16-way
    {0x80000008, {48 << 8 | 46, 0, 0, 0}},                             // bits of linear and physical addresses
};
// clang-format on

/// A cache of CPUID leaf 4 (SDM Vol. 2A, CPUID, "INPUT EAX = 04H").
struct Cache {
    enum class Type : std::uint8_t { data = 1, instruction, unified };
    Type type;
    std::uint32_t level;
    std::uint32_t size_kb;
    std::uint32_t ways;
    bool shared_by_all;
};

constexpr Cache caches[] = {
    {Cache::Type::data, 1, 32, 8, false},
    {Cache::Type::instruction, 1, 32, 8, false},
    {Cache::Type::unified, 2, 1024, 16, false},
    {Cache::Type::unified, 3, 16384, 16, true},
};

/// Bits of the APIC number that tell the processors of the package apart.
std::uint32_t package_bits(std::uint32_t processors) {
    return static_cast<std::uint32_t>(std::bit_width(processors - 1));
}

CpuidResult cache_leaf(std::uint32_t subleaf) {
    if (subleaf >= std::size(caches)) return {};
    const Cache& cache = caches[subleaf];
    const std::uint32_t ids = std::min(1U << package_bits(topology().processors), 64U);
    const std::uint32_t sharing = cache.shared_by_all ? ids : 1;
    const std::uint32_t sets = cache.size_kb * 1024 / cache.ways / cache_line_bytes;
    constexpr std::uint32_t self_initializing = 1U << 8;
    return {
        static_cast<std::uint32_t>(cache.type) | cache.level << 5 | self_initializing | (sharing - 1) << 14 | (ids - 1) << 26,
        (cache_line_bytes - 1) | (cache.ways - 1) << 22, sets - 1, 0};
}

/// One thread a core, all cores in one package (SDM Vol. 2A, CPUID, "INPUT EAX = 0BH").
CpuidResult topology_leaf(std::uint32_t subleaf) {
    const Topology now = topology();
    constexpr std::uint32_t thread_level = 1U << 8;
    constexpr std::uint32_t core_level = 2U << 8;
    const std::uint32_t level_number = subleaf & 0xff;
    if (subleaf == 0) return {0, 1, thread_level | level_number, now.current};
    if (subleaf == 1) return {package_bits(now.processors), now.processors, core_level | level_number, now.current};
    return {0, 0, level_number, now.current};
}

/// Components of XCR0 and where XSAVE puts them (SDM Vol. 1, "XSAVE Area").
constexpr std::uint32_t xcr0_x87_sse = 3;
constexpr std::uint32_t xcr0_avx = 4;
constexpr std::uint32_t xsave_legacy_bytes = 512 + 64;
constexpr std::uint32_t xsave_avx_bytes = 256;

CpuidResult xsave_leaf(const CpuFeatures& features, std::uint32_t subleaf) {
    const bool avx = features[cpu_avx];
    const std::uint32_t size_bytes = xsave_legacy_bytes + (avx ? xsave_avx_bytes : 0);
    if (subleaf == 0) return {xcr0_x87_sse | (avx ? xcr0_avx : 0), size_bytes, size_bytes, 0};
    if (subleaf == 1) return {0, features[cpu_xsavec] ? size_bytes : 0, 0, 0};
    if (subleaf == 2 && avx) return {xsave_avx_bytes, xsave_legacy_bytes, 0, 0};
    return {};
}

std::uint32_t highest_basic_leaf(const CpuFeatures& features) {
    return features[cpu_xsave] ? 0xd : 0xb;
}

/// The leaf whose data a leaf out of range gives: the highest basic one (SDM Vol. 2A, CPUID).
std::uint32_t leaf_in_range(const CpuFeatures& features, std::uint32_t leaf) {
    const std::uint32_t highest = highest_basic_leaf(features);
    const bool basic = leaf <= highest;
    const bool extended = leaf >= 0x80000000 && leaf <= highest_extended_leaf;
    return basic || extended || leaf == highest_hypervisor_leaf ? leaf : highest;
}

/// Words of a leaf that depend on the features or on the processors, or'ed to those of the tables.
CpuidResult computed_leaf(const CpuFeatures& features, std::uint32_t leaf, std::uint32_t subleaf) {
    if (leaf == 0) return {highest_basic_leaf(features), 0, 0, 0};
    if (leaf == 1) {
        const Topology now = topology();
        return {0, std::min(now.processors, 0xffU) << 16 | (now.current & 0xff) << 24, 0, 0};
    }
    if (leaf == 4) return cache_leaf(subleaf);
    if (leaf == 7 && subleaf == 0) return {features[cpu_avx_vnni] ? 1U : 0U, 0, 0, 0};  // the highest subleaf
    if (leaf == 0xb) return topology_leaf(subleaf);
    if (leaf == 0xd && features[cpu_xsave]) return xsave_leaf(features, subleaf);
    return {};
}

CpuFeatures& chosen_features() {
    static CpuFeatures features = host_cpu();
    return features;
}

}  // namespace

void choose_guest_cpu(const CpuFeatures& features) {
    chosen_features() = features;
}

const CpuFeatures& guest_cpu() {
    return chosen_features();
}

CpuidResult cpuid_of(const CpuFeatures& features, std::uint32_t leaf, std::uint32_t subleaf) {
    leaf = leaf_in_range(features, leaf);
    CpuidResult result = computed_leaf(features, leaf, subleaf);
    for (const Leaf& entry : leaves) {
        if (entry.leaf != leaf) continue;
        result.eax |= entry.words.eax;
        result.ebx |= entry.words.ebx;
        result.ecx |= entry.words.ecx;
        result.edx |= entry.words.edx;
    }
    add_cpuid_bits(features, leaf, subleaf, result);
    return result;
}

CpuidResult guest_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
    return cpuid_of(guest_cpu(), leaf, subleaf);
}

std::uint64_t guest_xcr0() {
    return guest_cpu()[cpu_avx] ? xcr0_x87_sse | xcr0_avx : xcr0_x87_sse;
}

std::uint32_t guest_hwcap() {
    return guest_cpuid(1, 0).edx;
}

std::uint32_t guest_hwcap2() {
    constexpr std::uint32_t hwcap2_fsgsbase = 1U << 1;
    return guest_cpu()[cpu_fsgsbase] ? hwcap2_fsgsbase : 0;
}

std::string guest_cpu_flags() {
    return cpu_feature_names(guest_cpu());
}

}  // namespace lxr
