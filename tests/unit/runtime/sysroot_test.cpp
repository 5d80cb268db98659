// -L: which paths are found in the sysroot, and where its links lead.
#include "runtime/syscall/sysroot.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace lxr {
namespace {

namespace fs = std::filesystem;

class Sysroot : public testing::Test {
protected:
    Sysroot() {
        char name[] = "/tmp/sysroot_test.XXXXXX";
        root = fs::canonical(mkdtemp(name));
        fs::create_directories(root + "/usr/lib/only_here");
        fs::create_directories(root + "/tmp");
        std::ofstream(root + "/usr/lib/only_here/library") << "x";
        fs::create_symlink("/usr/lib", root + "/lib");
        fs::create_symlink("library", root + "/usr/lib/only_here/link");
        fs::create_symlink("../../../../../../usr/lib/only_here/library", root + "/usr/lib/up");
    }
    ~Sysroot() override { fs::remove_all(root); }

    std::optional<std::string> find(const std::string& path, bool follow = true) { return find_in_sysroot(root, path, follow); }

    std::string root;
};

TEST_F(Sysroot, FindsAbsolutePaths) {
    EXPECT_EQ(find("/usr/lib/only_here/library"), root + "/usr/lib/only_here/library");
    EXPECT_EQ(find("/usr/lib/only_here"), root + "/usr/lib/only_here");
}

TEST_F(Sysroot, LinksStayInside) {
    EXPECT_EQ(find("/lib/only_here/library"), root + "/usr/lib/only_here/library");
    EXPECT_EQ(find("/usr/lib/up"), root + "/usr/lib/only_here/library");
}

TEST_F(Sysroot, FollowsTheLastLinkOnlyWhenAsked) {
    EXPECT_EQ(find("/usr/lib/only_here/link"), root + "/usr/lib/only_here/library");
    EXPECT_EQ(find("/usr/lib/only_here/link", false), root + "/usr/lib/only_here/link");
}

TEST_F(Sysroot, LeavesTheRestToTheHost) {
    EXPECT_EQ(find("/usr/lib/nowhere"), std::nullopt);
    EXPECT_EQ(find("usr/lib/only_here"), std::nullopt);
    EXPECT_EQ(find("/tmp"), std::nullopt);
    EXPECT_EQ(find("/proc/self/exe"), std::nullopt);
    EXPECT_EQ(find_in_sysroot("", "/usr", true), std::nullopt);
    EXPECT_EQ(find_in_sysroot("/nowhere", "/usr", true), std::nullopt);
}

}  // namespace
}  // namespace lxr
