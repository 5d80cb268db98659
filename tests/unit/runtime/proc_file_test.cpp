// Files of the own /proc directory, reached on many ways.
#include "runtime/proc/proc_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace lxr {
namespace {

OwnProcFile file_at(const std::string& path, int flags = O_RDONLY) {
    const int fd = open(path.c_str(), flags);
    struct stat status;
    const OwnProcFile file = fstat(fd, &status) == 0 ? own_proc_file(fd, status) : OwnProcFile::none;
    close(fd);
    return file;
}

class ProcFile : public testing::Test {
protected:
    ProcFile() {
        char name[] = "/tmp/proc_file_test.XXXXXX";
        folder = mkdtemp(name);
    }
    ~ProcFile() override { std::filesystem::remove_all(folder); }

    std::string link_to(const std::string& to) {
        const std::string path = folder + "/" + std::to_string(links++);
        EXPECT_EQ(symlink(to.c_str(), path.c_str()), 0);
        return path;
    }

    std::string folder;
    int links = 0;
};

TEST_F(ProcFile, IsKnownHoweverItIsReached) {
    EXPECT_EQ(file_at("/proc/self/maps"), OwnProcFile::maps);
    EXPECT_EQ(file_at("/proc/thread-self/maps"), OwnProcFile::maps);
    EXPECT_EQ(file_at("/proc/" + std::to_string(getpid()) + "/smaps"), OwnProcFile::smaps);
    EXPECT_EQ(file_at("/proc/../proc/self/task/" + std::to_string(gettid()) + "/maps"), OwnProcFile::maps);
    EXPECT_EQ(file_at(link_to("/proc/self/maps")), OwnProcFile::maps);
    EXPECT_EQ(file_at(link_to("/proc/self") + "/maps"), OwnProcFile::maps);
    EXPECT_EQ(file_at("/proc/self/root/proc/self/maps"), OwnProcFile::maps);
    EXPECT_EQ(file_at("/proc/cpuinfo"), OwnProcFile::cpuinfo);
    EXPECT_EQ(file_at("/proc/self/status"), OwnProcFile::status);
    EXPECT_EQ(file_at("/proc/self/stat"), OwnProcFile::stat);
    EXPECT_EQ(file_at("/proc/self/task", O_RDONLY | O_DIRECTORY), OwnProcFile::task_directory);
    EXPECT_EQ(file_at("/dev/fd", O_RDONLY | O_DIRECTORY), OwnProcFile::descriptor_directory);
    std::thread([] { EXPECT_EQ(file_at("/proc/" + std::to_string(gettid()) + "/maps"), OwnProcFile::maps); }).join();
}

TEST_F(ProcFile, OthersAreNone) {
    EXPECT_EQ(file_at("/etc/passwd"), OwnProcFile::none);
    EXPECT_EQ(file_at("/proc/self/statm"), OwnProcFile::none);
    EXPECT_EQ(file_at("/proc/stat"), OwnProcFile::none);
    EXPECT_EQ(file_at("/proc/1/status"), OwnProcFile::none);
    EXPECT_EQ(file_at("/proc/" + std::to_string(getppid()) + "/maps"), OwnProcFile::none);
    EXPECT_EQ(file_at("/proc/self/fd/0"), OwnProcFile::none);
    EXPECT_EQ(file_at("/dev/null"), OwnProcFile::none);
}

TEST_F(ProcFile, PathsToTheOwnExecutable) {
    const auto leads = [](const std::string& path, bool follow = true) {
        return leads_to_own_executable(AT_FDCWD, path, follow);
    };
    EXPECT_TRUE(leads("/proc/self/exe"));
    EXPECT_TRUE(leads("/proc/self/exe", false));
    EXPECT_TRUE(leads("//proc/./self/../self/exe"));
    EXPECT_TRUE(leads("/proc/thread-self/exe"));
    EXPECT_TRUE(leads("/proc/" + std::to_string(getpid()) + "/exe"));
    EXPECT_TRUE(leads("/proc/self/root/proc/self/task/" + std::to_string(gettid()) + "/exe"));
    const std::string link = link_to("/proc/self/exe");
    EXPECT_TRUE(leads(link));
    EXPECT_FALSE(leads(link, false));
    EXPECT_TRUE(leads(link_to("self/exe").empty() ? "" : link_to(link)));
    EXPECT_FALSE(leads("/proc/" + std::to_string(getppid()) + "/exe"));
    EXPECT_FALSE(leads(engine_executable_path()));
    EXPECT_FALSE(leads("/proc/self/exe/x"));
    EXPECT_FALSE(leads("/etc/passwd"));
    EXPECT_FALSE(leads("/nowhere"));
    EXPECT_FALSE(leads("/"));
}

TEST_F(ProcFile, PathsRelativeToADirectory) {
    const int self = open("/proc/self", O_PATH | O_DIRECTORY);
    EXPECT_TRUE(leads_to_own_executable(self, "exe", true));
    EXPECT_FALSE(leads_to_own_executable(self, "maps", true));
    const int link = openat(self, "exe", O_PATH | O_NOFOLLOW);
    EXPECT_TRUE(leads_to_own_executable(link, "", true));
    const int file = openat(self, "exe", O_PATH);
    EXPECT_FALSE(leads_to_own_executable(file, "", true));
    for (const int fd : {self, link, file}) close(fd);
}

TEST_F(ProcFile, CyclesOfLinksEnd) {
    const std::string path = folder + "/cycle";
    ASSERT_EQ(symlink(path.c_str(), path.c_str()), 0);
    EXPECT_FALSE(leads_to_own_executable(AT_FDCWD, path, true));
}

}  // namespace
}  // namespace lxr
