// '#!' lines as the kernel reads them (Linux fs/binfmt_script.c).
#include "runtime/loader/script.h"

#include <gtest/gtest.h>

namespace lxr {
namespace {

std::string read(std::string_view head) {
    const auto line = read_script_line(head);
    if (!line) return "none";
    return line->argument ? line->interpreter + "|" + *line->argument : line->interpreter;
}

std::string filled(std::string text, char with) {
    text.resize(script_head_size_bytes, with);
    return text;
}

TEST(Script, OneInterpreterAndAtMostOneArgument) {
    EXPECT_EQ(read("#!/bin/sh\n"), "/bin/sh");
    EXPECT_EQ(read("#! \t/bin/sh \t\nrest"), "/bin/sh");
    EXPECT_EQ(read("#!/bin/sh -e -x \t\n"), "/bin/sh|-e -x");
    EXPECT_EQ(read("#!/bin/sh"), "/bin/sh");
    EXPECT_EQ(read("#!/bin/sh -e"), "/bin/sh|-e");
    EXPECT_EQ(read("#!relative\n"), "relative");
    EXPECT_EQ(read("#!/bin/sh\r\n"), "/bin/sh\r");
}

TEST(Script, NoInterpreter) {
    EXPECT_EQ(read("#!"), "none");
    EXPECT_EQ(read("#!\n"), "none");
    EXPECT_EQ(read("#! \t \n/bin/sh\n"), "none");
    EXPECT_EQ(read(filled("#!", ' ')), "none");
}

TEST(Script, APathMayNotBeCutShortButAnArgumentMay) {
    EXPECT_EQ(read(filled("#!/", 'a')), "none");
    EXPECT_EQ(read(filled("#!/bin/sh ", 'a')), "/bin/sh|" + std::string(script_head_size_bytes - 11, 'a'));
    EXPECT_EQ(read(filled("#!/bin/sh", ' ')), "/bin/sh");
}

TEST(Script, IsToldByItsFirstTwoBytes) {
    EXPECT_TRUE(is_script("#!"));
    EXPECT_FALSE(is_script("#"));
    EXPECT_FALSE(is_script(" #!/bin/sh\n"));
}

}  // namespace
}  // namespace lxr
