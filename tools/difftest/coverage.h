// docs/coverage.md: which forms are compared how often in each tier, and which are left out.
#pragma once

#include <string>
#include <vector>

#include "tools/difftest/fuzz.h"

namespace lxr::difftest {

/// Prints the document for results of all forms.
void print_coverage(const std::vector<Form>& forms, const std::vector<FormResult>& results, const FuzzOptions& options);

/// Compares the rows of the document, not its counts, with the forms and tiers that there are, and prints what is wrong.
/// @return true if nothing is.
bool check_coverage(const std::vector<Form>& forms, const std::string& path);

}  // namespace lxr::difftest
