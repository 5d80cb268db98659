// What the user asked of lxr-bench. Called by main.cpp.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "bench/comparison.h"
#include "bench/suites.h"

namespace lxr::bench {

enum class Format { text, markdown, json };

struct Options {
    Selection selection;
    Effort effort;
    std::vector<std::string> tiers;
    std::string lxr;
    Format format = Format::text;
    bool help = false;
    bool list = false;
};

/// @return or a sentence on what is wrong with the arguments.
std::expected<Options, std::string> parse_options(int argc, char** argv);

std::string usage();

}  // namespace lxr::bench
