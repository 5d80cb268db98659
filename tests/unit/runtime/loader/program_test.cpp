// resolve_program against execve(2) of the host on the same file.
#include "runtime/loader/program.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace lxr {
namespace {

using testing::ElementsAre;

/// 0 if the host would run the file.
int errno_of_host(const std::string& path) {
    int channel[2];
    EXPECT_EQ(pipe2(channel, O_CLOEXEC), 0);
    const pid_t child = fork();
    if (child == 0) {
        for (const int standard : {0, 1, 2}) close(standard);
        const char* arguments[] = {"program", nullptr};
        execv(path.c_str(), const_cast<char**>(arguments));
        const int reason = errno;
        [[maybe_unused]] const auto written = write(channel[1], &reason, sizeof reason);
        _exit(1);
    }
    close(channel[1]);
    int reason = 0;
    [[maybe_unused]] const auto size = read(channel[0], &reason, sizeof reason);
    close(channel[0]);
    waitpid(child, nullptr, 0);
    return reason;
}

class ProgramTest : public testing::Test {
protected:
    ProgramTest() {
        std::string pattern = std::filesystem::temp_directory_path() / "lxr-program-XXXXXX";
        folder = mkdtemp(pattern.data());
    }
    ~ProgramTest() override { std::filesystem::remove_all(folder); }

    std::string file(const std::string& name, const std::string& content, mode_t mode = 0755) {
        const std::string path = folder / name;
        std::ofstream(path) << content;
        chmod(path.c_str(), mode);
        return path;
    }
    static int errno_of_lxr(const std::string& path) {
        const auto program = resolve_program({.path = path, .arguments = {"program"}, .sysroot = {}, .descriptor = {}});
        return program ? 0 : program.error().errno_value();
    }
    void expect_same_errno(const std::string& path) { EXPECT_EQ(errno_of_lxr(path), errno_of_host(path)) << path; }

    std::filesystem::path folder;
};

TEST_F(ProgramTest, ErrorsAreThoseOfExecve) {
    expect_same_errno("/bin/true");
    expect_same_errno(folder / "missing");
    expect_same_errno(folder);
    expect_same_errno("/dev/null");
    expect_same_errno(file("plain", "x", 0644) + "/below");
    expect_same_errno(file("not_executable", "#!/bin/sh\n", 0644));
    expect_same_errno(file("empty", ""));
    expect_same_errno(file("text", "echo\n"));
    expect_same_errno(file("magic",
                           "\x7f"
                           "EL"));
    expect_same_errno(file("script", "#!/bin/true\n"));
    expect_same_errno(file("no_interpreter", "#!/nowhere/shell\n"));
    expect_same_errno(file("folder_interpreter", "#!/tmp\n"));
    expect_same_errno(file("empty_line", "#!\n"));
    expect_same_errno(file("long_line", "#!/" + std::string(300, 'x') + "\n"));
    expect_same_errno(file("text_interpreter", "#!" + file("text2", "echo\n") + "\n"));
    std::filesystem::create_symlink("loop", folder / "loop");
    expect_same_errno(folder / "loop");
    ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0755), 0);
    expect_same_errno(folder / "fifo");
    expect_same_errno(folder / std::string(300, 'n'));
}

TEST_F(ProgramTest, ScriptsMayChainFiveTimes) {
    std::string interpreter = "/bin/true";
    for (int depth = 1; depth <= 7; ++depth) {
        interpreter = file("script" + std::to_string(depth), "#!" + interpreter + "\n");
        expect_same_errno(interpreter);
        EXPECT_EQ(errno_of_lxr(interpreter), depth <= 5 ? 0 : ELOOP) << depth;
    }
}

TEST_F(ProgramTest, ScriptArgumentsGoInFront) {
    const std::string inner = file("inner", "#!/bin/true  one  argument \n");
    const std::string outer = file("outer", "#!" + inner + "\n");
    const auto program = resolve_program({.path = outer, .arguments = {"zero", "first"}, .sysroot = {}, .descriptor = {}});
    ASSERT_TRUE(program);
    EXPECT_THAT(program->arguments, ElementsAre("/bin/true", "one  argument", inner, outer, "first"));
    EXPECT_EQ(program->requested_path, outer);
    EXPECT_EQ(program->executable_path, std::filesystem::canonical("/bin/true"));
    EXPECT_TRUE(program->interpreter);
}

TEST_F(ProgramTest, SentencesNameFileCauseAndRemedy) {
    const std::string script = file("script", "#!/nowhere/shell\n");
    const auto program = resolve_program({.path = script, .arguments = {script}, .sysroot = {}, .descriptor = {}});
    ASSERT_FALSE(program);
    const StartError failure = program.error().start_error();
    EXPECT_EQ(failure.exit_code, 127);
    EXPECT_THAT(failure.sentence, testing::StartsWith("cannot run " + script + ": "));
    EXPECT_THAT(failure.sentence, testing::HasSubstr("/nowhere/shell"));
}

TEST_F(ProgramTest, SysrootComesFirst) {
    std::filesystem::create_directories(folder / "root/bin");
    file("root/bin/true", "#!/bin/false\n");
    const auto program =
        resolve_program({.path = "/bin/true", .arguments = {"/bin/true"}, .sysroot = folder / "root", .descriptor = {}});
    ASSERT_TRUE(program);
    EXPECT_THAT(program->arguments, ElementsAre("/bin/false", "/bin/true"));
}

}  // namespace
}  // namespace lxr
