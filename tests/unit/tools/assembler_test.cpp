// Assembly text to bytes (tools/lxr-dump/assembler.h).
#include "tools/lxr-dump/assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxr {
namespace {

std::vector<int> bytes_of(const std::string& text) {
    std::vector<int> numbers;
    for (const std::byte byte : assemble(text).value()) numbers.push_back(static_cast<int>(byte));
    return numbers;
}

TEST(Assembler, OneInstructionAndSeveral) {
    EXPECT_THAT(bytes_of("add rax, rbx"), testing::ElementsAre(0x48, 0x01, 0xd8));
    EXPECT_THAT(bytes_of("nop; ret"), testing::ElementsAre(0x90, 0xc3));
}

TEST(Assembler, SaysWhatIsWrong) {
    EXPECT_THAT(assemble("bogus").error(), testing::HasSubstr("bogus"));
    EXPECT_THAT(assemble("jmp nowhere").error(), testing::HasSubstr("linker"));
}

}  // namespace
}  // namespace lxr
