// Insertions and look-ups in std::unordered_map.
#include <cstdint>
#include <unordered_map>

#include "bench/programs/workload.h"

int main(int argc, char** argv) {
    std::unordered_map<std::uint64_t, std::uint64_t> counts;
    std::uint64_t seed = 3, checksum = 0;
    for (long n = scaled(argc, argv, 50'000'000); n > 0; --n) ++counts[next_random(&seed) % 50'000];
    for (std::uint64_t key = 0; key < 60'000; ++key) {
        const auto found = counts.find(key);
        checksum = checksum * 31 + (found == counts.end() ? key : found->second);
    }
    return print_checksum(checksum);
}
