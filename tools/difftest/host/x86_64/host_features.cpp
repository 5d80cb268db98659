// By the extension that the instruction belongs to. Features that every host of lxr's has are not in the table.
#include "tools/difftest/host_features.h"

#include <cpuid.h>

#include <algorithm>
#include <array>

#include "lifter/cpu_features.h"
#include "lifter/decoder.h"

namespace lxr::difftest {

namespace {

struct InstructionSetRow {
    std::string_view name;  // instruction_set_name
    CpuFeature feature;
    std::string_view feature_name;
};
#define LXR_INSTRUCTION_SET(name, feature) \
    InstructionSetRow {                    \
        name, cpu_##feature, #feature      \
    }
constexpr std::array rows = {
    LXR_INSTRUCTION_SET("ADOX_ADCX", adx),       LXR_INSTRUCTION_SET("AES", aes),
    LXR_INSTRUCTION_SET("AVXAES", aes),          LXR_INSTRUCTION_SET("AVX_GFNI", gfni),
    LXR_INSTRUCTION_SET("AVX_VNNI", avx_vnni),   LXR_INSTRUCTION_SET("CLFLUSHOPT", clflushopt),
    LXR_INSTRUCTION_SET("CLWB", clwb),           LXR_INSTRUCTION_SET("CLZERO", clzero),
    LXR_INSTRUCTION_SET("GFNI", gfni),           LXR_INSTRUCTION_SET("MOVDIR", movdir64b),
    LXR_INSTRUCTION_SET("PCLMULQDQ", pclmulqdq), LXR_INSTRUCTION_SET("RDPID", rdpid),
    LXR_INSTRUCTION_SET("SHA", sha_ni),          LXR_INSTRUCTION_SET("SSE4A", sse4a),
    LXR_INSTRUCTION_SET("VAES", vaes),           LXR_INSTRUCTION_SET("VPCLMULQDQ", vpclmulqdq),
};
#undef LXR_INSTRUCTION_SET

enum Word : std::uint8_t { eax, ebx, ecx, edx };
struct CpuidBit {
    unsigned leaf;
    unsigned subleaf;
    Word word;
    unsigned bit;
};
constexpr std::array<CpuidBit, cpu_feature_count> bits = {{
#define FEATURE(leaf, subleaf, word, bit, name, level, done_by, builds_on) {leaf, subleaf, word, bit},
#include "lifter/cpu_features.inc"
}};

bool host_has(CpuFeature feature) {
    const auto& bit = bits[feature];
    std::array<unsigned, 4> words{};
    const bool has_leaf = __get_cpuid_count(bit.leaf, bit.subleaf, &words[eax], &words[ebx], &words[ecx], &words[edx]) != 0;
    return has_leaf && (words[bit.word] >> bit.bit & 1) != 0;
}

}  // namespace

std::string_view feature_missing_for(std::span<const std::byte> instruction) {
    const auto* const row = std::ranges::find(rows, instruction_set_name(instruction), &InstructionSetRow::name);
    return row == rows.end() || host_has(row->feature) ? std::string_view() : row->feature_name;
}

}  // namespace lxr::difftest
