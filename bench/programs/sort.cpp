// std::sort of random numbers: unpredictable branches, swaps.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "bench/programs/workload.h"

int main(int argc, char** argv) {
    std::vector<std::uint64_t> numbers(static_cast<std::size_t>(scaled(argc, argv, 5'000'000)));
    std::uint64_t seed = 99;
    for (auto& number : numbers) number = next_random(&seed);
    std::sort(numbers.begin(), numbers.end());
    std::uint64_t checksum = 0;
    for (const auto number : numbers) checksum = checksum * 31 + number;
    return print_checksum(checksum);
}
