// The guest's view of its memory maps: cut from the host's text.
#include "runtime/proc/maps_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <fstream>
#include <sstream>

namespace lxr {
namespace {

Mapping mapping(std::uint64_t begin, std::uint64_t end, int protection, std::string name = {}) {
    return {
        .begin = begin, .end = end, .protection = protection, .flags = MAP_PRIVATE, .file_offset = 0, .name = std::move(name)};
}

TEST(MapsView, PrintsWhatTheKernelPrints) {
    std::ifstream file("/proc/self/maps");
    std::stringstream host;
    std::vector<Mapping> all;
    for (std::string line; std::getline(file, line);) {
        host << line << '\n';
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        char rights[5] = {};
        ASSERT_EQ(std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights), 3);
        const int protection =
            (rights[0] == 'r' ? PROT_READ : 0) | (rights[1] == 'w' ? PROT_WRITE : 0) | (rights[2] == 'x' ? PROT_EXEC : 0);
        if (begin < 0xffffffff00000000) all.push_back(mapping(begin, end, protection));
    }
    EXPECT_EQ(guest_maps(host.str(), all), host.str());
}

TEST(MapsView, GivesTheGuestsProtectionAndJoinsWhatTheHostSplit) {
    // One file, mapped as text and data; the engine has write-protected a page of the data.
    constexpr const char* host =
        "00400000-00402000 r--p 00001000 08:01 77                                 /bin/x\n"
        "00402000-00403000 r--p 00003000 08:01 77                                 /bin/x\n"
        "00403000-00405000 rw-p 00004000 08:01 77                                 /bin/x\n"
        "7e9000000000-7e9000001000 r-xp 00000000 08:01 99                         /bin/lxr\n";
    const std::vector<Mapping> guest = {mapping(0x400000, 0x401000, PROT_READ | PROT_EXEC),
                                        mapping(0x401000, 0x402000, PROT_READ),
                                        mapping(0x402000, 0x405000, PROT_READ | PROT_WRITE)};
    EXPECT_EQ(guest_maps(host, guest),
              "00400000-00401000 r-xp 00001000 08:01 77                                 /bin/x\n"
              "00401000-00402000 r--p 00002000 08:01 77                                 /bin/x\n"
              "00402000-00405000 rw-p 00003000 08:01 77                                 /bin/x\n");
}

TEST(MapsView, NamesTheGuestsHeapAndStack) {
    constexpr const char* host =
        "10000000-10021000 rw-p 00000000 00:00 0 \n"
        "20000000-20021000 rw-p 00000000 00:00 0 \n"
        "55550000-55560000 rw-p 00000000 00:00 0                                  [heap]\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";
    const std::vector<Mapping> guest = {mapping(0x10000000, 0x10021000, PROT_READ | PROT_WRITE, "[heap]"),
                                        mapping(0x20000000, 0x20021000, PROT_READ | PROT_WRITE, "[stack]")};
    EXPECT_EQ(guest_maps(host, guest),
              "10000000-10021000 rw-p 00000000 00:00 0                                  [heap]\n"
              "20000000-20021000 rw-p 00000000 00:00 0                                  [stack]\n"
              "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n");
}

TEST(MapsView, AddsUpTheDetailsOfSmaps) {
    constexpr const char* host =
        "00400000-00401000 r--p 00000000 08:01 77                                 /bin/x\n"
        "Size:                  4 kB\n"
        "KernelPageSize:        4 kB\n"
        "Rss:                   4 kB\n"
        "VmFlags: rd mr mw me sd \n"
        "00401000-00403000 rw-p 00001000 08:01 77                                 /bin/x\n"
        "Size:                  8 kB\n"
        "KernelPageSize:        4 kB\n"
        "Rss:                   8 kB\n"
        "VmFlags: rd wr mr mw me sd \n";
    EXPECT_EQ(guest_maps(host, {mapping(0x400000, 0x403000, PROT_READ | PROT_EXEC)}),
              "00400000-00403000 r-xp 00000000 08:01 77                                 /bin/x\n"
              "Size:                 12 kB\n"
              "KernelPageSize:        4 kB\n"
              "Rss:                  12 kB\n"
              "VmFlags: rd ex mr mw me sd \n");
}

TEST(MapsView, NumaMapsShowOnlyTheGuest) {
    constexpr const char* host =
        "00400000 default file=/bin/x mapped=1 N0=1 kernelpagesize_kB=4\n7e9000000000 default file=/bin/lxr\n";
    EXPECT_EQ(guest_numa_maps(host, {mapping(0x400000, 0x401000, PROT_READ)}),
              "00400000 default file=/bin/x mapped=1 N0=1 kernelpagesize_kB=4\n");
}

}  // namespace
}  // namespace lxr
