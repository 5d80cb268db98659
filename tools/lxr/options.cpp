// Parses what options.inc lists. Called by main.cpp.
#include "tools/lxr/options.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

#include "lifter/support/log.h"

namespace lxr {
namespace {

/// Nothing, or what is wrong with the value: the end of a sentence that begins with the option's name.
using Complaint = std::optional<std::string>;

enum class AtExecve : unsigned char { drop, repeat };

struct OptionRow {
    const char* long_name;
    char short_name;
    const char* argument;
    const char* environment;
    AtExecve at_execve;
    const char* help;
    Complaint (*apply)(Invocation&, const std::string&);

    [[nodiscard]] bool is_switch() const { return *argument == '\0'; }
};

std::optional<bool> parse_switch(std::string_view text) {
    constexpr std::array<std::string_view, 5> yes = {"", "yes", "on", "1", "true"};
    constexpr std::array<std::string_view, 4> no = {"no", "off", "0", "false"};
    if (std::ranges::find(yes, text) != yes.end()) return true;
    if (std::ranges::find(no, text) != no.end()) return false;
    return std::nullopt;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Complaint apply_switch(bool& variable, const std::string& value) {
    const auto parsed = parse_switch(value);
    if (!parsed) return fmt::format("'{}' is neither yes nor no", value);
    variable = *parsed;
    return {};
}

Complaint apply_help(Invocation& invocation, const std::string&) {
    invocation.request = Invocation::Request::help;
    return {};
}

Complaint apply_version(Invocation& invocation, const std::string&) {
    invocation.request = Invocation::Request::version;
    return {};
}

Complaint apply_sysroot(Invocation& invocation, const std::string& value) {
    std::error_code failure;
    if (!std::filesystem::is_directory(value, failure)) {
        return fmt::format("'{}' is not a folder; give the root of an x86-64 system", value);
    }
    invocation.options.sysroot = std::filesystem::absolute(value).string();
    return {};
}

Complaint apply_set_env(Invocation& invocation, const std::string& value) {
    if (value.find('=') == std::string::npos) return fmt::format("'{}' has no '='; give NAME=VALUE", value);
    invocation.options.set_environment.push_back(value);
    return {};
}

Complaint apply_unset_env(Invocation& invocation, const std::string& value) {
    if (value.find('=') != std::string::npos) return fmt::format("'{}' has an '='; give only the variable's name", value);
    invocation.options.unset_environment.push_back(value);
    return {};
}

Complaint apply_argv0(Invocation& invocation, const std::string& value) {
    invocation.options.argv0 = value;
    return {};
}

Complaint apply_cpu(Invocation& invocation, const std::string& value) {
    if (value == "help") {
        invocation.request = Invocation::Request::cpu_help;
        return {};
    }
    const auto parsed = parse_cpu(value);
    if (!parsed) return parsed.error();
    invocation.cpu = *parsed;
    return {};
}

Complaint apply_tier(Invocation& invocation, const std::string& value) {
    struct TierName {
        std::string_view name;
        Tier tier;
    };
    constexpr std::array<TierName, 5> tiers = {{{"interpreter", Tier::interpreter},
                                                {"baseline", Tier::baseline},
                                                {"baseline-ir", Tier::baseline_ir},
                                                {"optimizing", Tier::optimizing},
                                                {"auto", Tier::automatic}}};
    const auto* const found = std::ranges::find(tiers, value, &TierName::name);
    if (found == tiers.end()) {
        return fmt::format("'{}' is not a tier; give interpreter, baseline, baseline-ir, optimizing or auto", value);
    }
    invocation.options.engine.tier = found->tier;
    return {};
}

/// For tests: everything is soon hot.
Complaint apply_hot_after(Invocation& invocation, const std::string& value) {
    const auto parsed = parse_number<std::uint64_t>(value);
    if (!parsed || *parsed == 0) return fmt::format("'{}' is not a number of arrivals", value);
    invocation.options.engine.policy = {.arrivals_until_hot = *parsed,
                                        .cpu_time_before_regions = {},
                                        .share = 1000,
                                        .share_when_it_pays = 1000,
                                        .drops_slow_regions = false};
    return {};
}

Complaint apply_check(Invocation& invocation, const std::string& value) {
    return apply_switch(invocation.options.engine.check, value);
}

Complaint apply_strace(Invocation& invocation, const std::string& value) {
    return apply_switch(invocation.options.strace, value);
}

Complaint apply_stat(Invocation& invocation, const std::string& value) {
    return apply_switch(invocation.options.statistics, value);
}

Complaint apply_single_step(Invocation& invocation, const std::string& value) {
    return apply_switch(invocation.options.engine.single_step, value);
}

Complaint apply_dump(Invocation& invocation, const std::string& value) {
    const auto stages = parse_dump_stages(value);
    if (!stages) return fmt::format("'{}' names an unknown stage; give some of guest,ir,lift,opt,asm,obj", value);
    auto& dump = invocation.options.engine.dump;
    dump.stages = *stages;
    std::error_code failure;
    if (dump.folder.empty()) dump.folder = std::filesystem::current_path(failure).string();
    return {};
}

Complaint apply_dump_at(Invocation& invocation, const std::string& value) {
    auto& dump = invocation.options.engine.dump;
    dump.at.reset();
    dump.symbol.clear();
    const std::string_view text = value;
    if (text == "all") return {};
    if (text.starts_with("0x")) {
        const auto parsed = parse_number<std::uint64_t>(text.substr(2), 16);
        if (!parsed) return fmt::format("'{}' is not an address", value);
        dump.at = GuestAddress(*parsed);
    } else {
        if (text.empty() || (text.front() >= '0' && text.front() <= '9')) {
            return fmt::format("'{}' is neither an address like 0x401000, nor a symbol, nor all", value);
        }
        dump.symbol = value;
    }
    return {};
}

Complaint apply_dump_dir(Invocation& invocation, const std::string& value) {
    std::error_code failure;
    if (!std::filesystem::is_directory(value, failure)) return fmt::format("'{}' is not a folder", value);
    if (access(value.c_str(), W_OK | X_OK) != 0) return fmt::format("cannot write to '{}': {}", value, std::strerror(errno));
    invocation.options.engine.dump.folder = std::filesystem::absolute(value).string();
    return {};
}

Complaint apply_perf_map(Invocation& invocation, const std::string& value) {
    return apply_switch(invocation.options.engine.writes_perf_map, value);
}

Complaint apply_log(Invocation&, const std::string& value) {
    if (configure_log(value)) return {};
    return fmt::format("'{}' names an unknown category or level; give category:level or one of error, warning, info, debug",
                       value);
}

Complaint apply_log_file(Invocation&, const std::string& value) {
    const int descriptor = open(value.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0) return fmt::format("cannot write '{}': {}", value, std::strerror(errno));
    send_log_to(descriptor);
    return {};
}

Complaint apply_guest_stack_limit(Invocation& invocation, const std::string& value) {
    const auto parsed = parse_number<std::uint64_t>(value);
    if (!parsed) return fmt::format("'{}' is not a number of bytes", value);
    invocation.options.guest_stack_limit_bytes = parsed;
    return {};
}

Complaint apply_guest_personality(Invocation& invocation, const std::string& value) {
    const auto parsed = parse_number<unsigned>(value);
    if (!parsed) return fmt::format("'{}' is not a personality", value);
    invocation.options.guest_personality = parsed;
    return {};
}

Complaint apply_exact_path(Invocation& invocation, const std::string& value) {
    return apply_switch(invocation.options.exact_path, value);
}

Complaint apply_program_fd(Invocation& invocation, const std::string& value) {
    const auto parsed = parse_number<int>(value);
    if (!parsed) return fmt::format("'{}' is not a file descriptor", value);
    invocation.options.program_descriptor = parsed;
    return {};
}

Complaint apply_signal_set(std::uint64_t& set, const std::string& value) {
    const auto parsed = parse_number<std::uint64_t>(value);
    if (!parsed) return fmt::format("'{}' is not a set of signals", value);
    set = *parsed;
    return {};
}

Complaint apply_blocked_signals(Invocation& invocation, const std::string& value) {
    return apply_signal_set(invocation.options.blocked_synchronous_signals, value);
}

Complaint apply_ignored_signals(Invocation& invocation, const std::string& value) {
    return apply_signal_set(invocation.options.ignored_synchronous_signals, value);
}

constexpr auto option_rows = std::to_array<OptionRow>({
#define LXR_OPTION(identifier, long_name, short_name, argument, environment, at_execve, help) \
    {long_name, short_name, argument, environment, AtExecve::at_execve, help, apply_##identifier},
#include "tools/lxr/options.inc"
#undef LXR_OPTION
});

/// The value that each row was last given, from wherever.
using GivenValues = std::array<std::optional<std::string>, option_rows.size()>;

std::unexpected<StartError> usage_error(const std::string& sentence) {
    return std::unexpected(StartError{.exit_code = 2, .sentence = sentence});
}

StartResult<void> apply(Invocation& invocation, GivenValues& given, std::size_t row, const std::string& shown_name,
                        const std::string& value) {
    if (const Complaint complaint = option_rows[row].apply(invocation, value)) {
        return usage_error(fmt::format("{}: {}", shown_name, *complaint));
    }
    given[row] = value;
    return {};
}

/// Why each row cannot be set that a variable was to set.
using Complaints = std::map<std::size_t, StartError>;

Complaints apply_environment(Invocation& invocation, GivenValues& given, char** environment) {
    Complaints complaints;
    for (std::size_t row = 0; row < option_rows.size(); ++row) {
        const std::string_view name = option_rows[row].environment;
        for (char** entry = environment; !name.empty() && *entry != nullptr; ++entry) {
            const std::string_view text = *entry;
            // An empty variable counts as unset, so that `LXR_TIER= lxr …` takes a setting back.
            if (!text.starts_with(name) || text.size() <= name.size() + 1 || text[name.size()] != '=') continue;
            const auto applied = apply(invocation, given, row, std::string(name), std::string(text.substr(name.size() + 1)));
            if (!applied) complaints.insert_or_assign(row, applied.error());
        }
    }
    return complaints;
}

// getopt_long's view of the table. Its values are row numbers behind the range of short letters.
constexpr int first_row_value = 256;

std::vector<::option> getopt_rows() {
    std::vector<::option> rows;
    for (std::size_t row = 0; row < option_rows.size(); ++row) {
        const OptionRow& option = option_rows[row];
        rows.push_back({.name = option.long_name,
                        .has_arg = option.is_switch() ? optional_argument : required_argument,
                        .flag = nullptr,
                        .val = first_row_value + static_cast<int>(row)});
    }
    rows.push_back({});
    return rows;
}

std::string getopt_letters() {
    std::string letters = "+:";  // stop at the program; tell a missing argument from an unknown option
    for (const OptionRow& option : option_rows) {
        if (option.short_name == 0) continue;
        letters += option.short_name;
        if (!option.is_switch()) letters += ':';
    }
    return letters;
}

std::size_t row_of(int getopt_value) {
    if (getopt_value >= first_row_value) return static_cast<std::size_t>(getopt_value - first_row_value);
    const auto* const found = std::ranges::find(option_rows, static_cast<char>(getopt_value), &OptionRow::short_name);
    return static_cast<std::size_t>(found - option_rows.begin());
}

StartResult<void> apply_command_line(Invocation& invocation, GivenValues& given, int argc, char** argv) {
    const std::vector<::option> rows = getopt_rows();
    const std::string letters = getopt_letters();
    opterr = 0;
    optind = 0;  // 0, not 1: glibc then starts afresh, also in a second call (unit tests)
    while (true) {
        const int before = std::max(optind, 1);
        // The _only form takes -strace for --strace, as QEMU's users write it.
        const int value = getopt_long_only(argc, argv, letters.c_str(), rows.data(), nullptr);
        if (value == -1) break;
        const std::string written = argv[before];
        if (value == ':') return usage_error(fmt::format("option {} needs a value; see lxr --help", written));
        if (value == '?') return usage_error(fmt::format("unknown option {}; see lxr --help", written));
        const std::size_t row = row_of(value);
        const auto applied =
            apply(invocation, given, row, fmt::format("--{}", option_rows[row].long_name), optarg != nullptr ? optarg : "");
        if (!applied) return applied;
        if (invocation.request != Invocation::Request::run) return {};
    }
    if (optind == argc) return usage_error("no program given; usage: lxr [options] program [arguments...], see lxr --help");
    invocation.program = argv[optind];
    invocation.arguments.assign(argv + optind + 1, argv + argc);
    return {};
}

/// The host must have what the guest's processor offers, as far as the tier needs it to.
StartResult<void> check_cpu(const Invocation& invocation) {
    const bool copies_code = invocation.options.engine.tier != Tier::interpreter;
    const CpuFeatures lacking = lacking_on_host(invocation.cpu, copies_code);
    if (lacking.none()) return {};
    const bool interpretable = copies_code && lacking_on_host(invocation.cpu, false).none();
    return usage_error(fmt::format("--cpu: this host has no {}; give --cpu=host{}", cpu_feature_names(lacking),
                                   interpretable ? ", or --tier=interpreter, which can do without" : ""));
}

std::string repeated_value(const OptionRow& option, const std::string& value) {
    const std::string_view argument = option.argument;
    return argument == "FOLDER" || argument == "FILE" ? std::filesystem::absolute(value).string() : value;
}

std::vector<std::string> repeated_arguments(const GivenValues& given) {
    std::vector<std::string> arguments;
    for (std::size_t row = 0; row < option_rows.size(); ++row) {
        const OptionRow& option = option_rows[row];
        if (option.at_execve == AtExecve::drop || !given[row]) continue;
        arguments.push_back(fmt::format("--{}={}", option.long_name, repeated_value(option, *given[row])));
    }
    return arguments;
}

}  // namespace

StartResult<Invocation> parse_invocation(int argc, char** argv, char** environment, bool trust_environment) {
    Invocation invocation;
    GivenValues given;
    Complaints complaints;
    if (trust_environment) complaints = apply_environment(invocation, given, environment);
    if (const auto applied = apply_command_line(invocation, given, argc, argv); !applied) {
        return std::unexpected(applied.error());
    }
    if (invocation.request != Invocation::Request::run) return invocation;
    for (const auto& [row, complaint] : complaints) {
        if (!given[row]) return std::unexpected(complaint);
    }
    if (const auto checked = check_cpu(invocation); !checked) return std::unexpected(checked.error());
    invocation.options.repeated_arguments = repeated_arguments(given);
    return invocation;
}

std::string help_text() {
    std::string text =
        "Usage: lxr [options] program [arguments...]\n"
        "Runs a Linux x86-64 program by translating it while it runs.\n\n";
    for (const OptionRow& option : option_rows) {
        if (*option.help == '\0') continue;
        const std::string letter = option.short_name != 0 ? fmt::format("-{}, ", option.short_name) : "    ";
        const std::string value = option.is_switch() ? "" : fmt::format("={}", option.argument);
        const std::string variable = *option.environment != '\0' ? fmt::format(" [{}]", option.environment) : "";
        text += fmt::format("  {}{:<22} {}{}\n", letter, fmt::format("--{}{}", option.long_name, value), option.help, variable);
    }
    text += "\nA variable in brackets sets the option when the command line does not.\n";
    return text;
}

}  // namespace lxr
