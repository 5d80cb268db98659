// The command line and the environment of lxr (tools/lxr/options.h).
#include "tools/lxr/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace lxr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (std::string& text : strings) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

StartResult<Invocation> parse(std::vector<std::string> arguments, std::vector<std::string> environment = {},
                              bool trust_environment = true) {
    arguments.insert(arguments.begin(), "lxr");
    std::vector<char*> argv = pointers_to(arguments);
    std::vector<char*> envp = pointers_to(environment);
    return parse_invocation(static_cast<int>(arguments.size()), argv.data(), envp.data(), trust_environment);
}

void expect_usage_error(const StartResult<Invocation>& parsed, const std::string& part) {
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().exit_code, 2);
    EXPECT_THAT(parsed.error().sentence, HasSubstr(part));
}

TEST(Options, EverythingBehindTheProgramIsItsOwn) {
    const auto parsed = parse({"--tier=interpreter", "prog", "--tier=x", "-L", "--", "a"});
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->program, "prog");
    EXPECT_THAT(parsed->arguments, ElementsAre("--tier=x", "-L", "--", "a"));
    EXPECT_EQ(parsed->options.engine.tier, Tier::interpreter);
}

TEST(Options, DoubleDashEndsTheOptions) {
    const auto parsed = parse({"--", "-prog", "a"});
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->program, "-prog");
    EXPECT_THAT(parsed->arguments, ElementsAre("a"));
}

TEST(Options, DumpsHaveStagesAPlaceAndAFolder) {
    const auto parsed = parse({"--dump=guest,obj", "--dump-at=0x401000", "--dump-dir=/tmp", "prog"});
    ASSERT_TRUE(parsed.has_value());
    const auto& dump = parsed->options.engine.dump;
    EXPECT_EQ(dump.stages, parse_dump_stages("obj,guest"));
    EXPECT_EQ(dump.at, GuestAddress(0x401000));
    EXPECT_EQ(dump.folder, "/tmp");
    const auto by_symbol = parse({"--dump=lift", "--dump-at=0x401000", "--dump-at=main", "prog"});
    ASSERT_TRUE(by_symbol.has_value());
    EXPECT_EQ(by_symbol->options.engine.dump.symbol, "main");
    EXPECT_EQ(by_symbol->options.engine.dump.at, std::nullopt);
    EXPECT_EQ(by_symbol->options.engine.dump.folder, std::filesystem::current_path());
    expect_usage_error(parse({"--dump=guest,asn", "prog"}), "--dump: 'guest,asn'");
    expect_usage_error(parse({"--dump=", "prog"}), "--dump: ''");
    expect_usage_error(parse({"--dump-at=0x40z", "prog"}), "--dump-at: '0x40z'");
    expect_usage_error(parse({"--dump-at=12", "prog"}), "--dump-at: '12'");
    expect_usage_error(parse({"--dump-dir=/nonexistent", "prog"}), "--dump-dir: '/nonexistent'");
}

TEST(Options, TheCommandLinesProcessorWins) {
    const auto parsed = parse({"--cpu=v2", "prog"}, {"LXR_CPU=v1"});
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->cpu, cpu_level(CpuLevel::v2));
    EXPECT_EQ(parse({"prog"})->cpu, host_cpu());
    EXPECT_EQ(parse({"--cpu=help", "--bogus"})->request, Invocation::Request::cpu_help);
    expect_usage_error(parse({"--cpu=v4", "prog"}), "--cpu: 'v4'");
}

TEST(Options, QemusSpellingsWork) {
    const auto parsed = parse({"-strace", "-L", "/usr", "-E", "A=1", "-EB=2", "-U", "C", "-0", "name", "prog"});
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(parsed->options.strace);
    EXPECT_EQ(parsed->options.sysroot, "/usr");
    EXPECT_THAT(parsed->options.set_environment, ElementsAre("A=1", "B=2"));
    EXPECT_THAT(parsed->options.unset_environment, ElementsAre("C"));
    EXPECT_EQ(parsed->options.argv0, "name");
}

TEST(Options, CommandLineWinsOverEnvironment) {
    EXPECT_TRUE(parse({"prog"}, {"LXR_STRACE=1"})->options.strace);
    EXPECT_FALSE(parse({"--strace=no", "prog"}, {"LXR_STRACE=1"})->options.strace);
    EXPECT_EQ(parse({"--tier=auto", "prog"}, {"LXR_TIER=interpreter"})->options.engine.tier, Tier::automatic);
}

TEST(Options, PrivilegedStartIgnoresTheEnvironment) {
    EXPECT_FALSE(parse({"prog"}, {"LXR_STRACE=1", "LXR_TIER=nonsense"}, false)->options.strace);
}

TEST(Options, EmptyVariableCountsAsUnset) {
    EXPECT_TRUE(parse({"prog"}, {"LXR_TIER="}).has_value());
}

TEST(Options, VariableThatIsOverriddenMayBeWrong) {
    EXPECT_EQ(parse({"--tier=baseline", "prog"}, {"LXR_TIER=nonsense"})->options.engine.tier, Tier::baseline);
    EXPECT_TRUE(parse({"--help"}, {"LXR_TIER=nonsense"}).has_value());
    expect_usage_error(parse({"--stat", "prog"}, {"LXR_TIER=nonsense"}), "LXR_TIER: 'nonsense'");
}

TEST(Options, ExecveRepeatsWhatConcernsEveryProgram) {
    const auto parsed = parse({"-L", "/usr", "-E", "A=1", "-U", "B", "-0", "name", "--program-fd=3", "prog", "arg"},
                              {"LXR_TIER=interpreter", "LXR_STAT=1"});
    ASSERT_TRUE(parsed.has_value());
    EXPECT_THAT(parsed->options.repeated_arguments, ElementsAre("--sysroot=/usr", "--tier=interpreter", "--stat=1"));
    EXPECT_EQ(parsed->options.program_descriptor, 3);
}

TEST(Options, RepeatedPathsAreAbsolute) {
    const auto parsed = parse({"-L", ".", "prog"});
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(std::filesystem::path(parsed->options.sysroot).is_absolute());
    EXPECT_THAT(parsed->options.repeated_arguments, ElementsAre(testing::StartsWith("--sysroot=/")));
}

TEST(Options, NothingGivenNothingRepeated) {
    EXPECT_THAT(parse({"prog"})->options.repeated_arguments, IsEmpty());
}

TEST(Options, UsageErrorsNameTheCulprit) {
    expect_usage_error(parse({}), "no program");
    expect_usage_error(parse({"--strace"}), "no program");
    expect_usage_error(parse({"--bogus", "prog"}), "--bogus");
    expect_usage_error(parse({"-z", "prog"}), "-z");
    expect_usage_error(parse({"--tier"}), "--tier needs a value");
    expect_usage_error(parse({"--tier=fast", "prog"}), "--tier: 'fast'");
    expect_usage_error(parse({"--tier=", "prog"}), "--tier: ''");
    expect_usage_error(parse({"-L", "/nowhere", "prog"}), "--sysroot: '/nowhere'");
    expect_usage_error(parse({"-E", "A", "prog"}), "--set-env: 'A'");
    expect_usage_error(parse({"--log=nonsense:info", "prog"}), "--log: 'nonsense:info'");
    expect_usage_error(parse({"prog"}, {"LXR_TIER=fast"}), "LXR_TIER: 'fast'");
}

TEST(Options, HelpShowsEveryOptionThatIsNotHidden) {
    EXPECT_THAT(help_text(), HasSubstr("-L, --sysroot=FOLDER"));
    EXPECT_THAT(help_text(), HasSubstr("[LXR_TIER]"));
    EXPECT_THAT(help_text(), testing::Not(HasSubstr("program-fd")));
    EXPECT_EQ(parse({"--help", "--bogus"})->request, Invocation::Request::help);
    EXPECT_EQ(parse({"-version"})->request, Invocation::Request::version);
}

}  // namespace
}  // namespace lxr
