// Extended attributes of files, by path, by link and by descriptor.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

int main(void) {
    int file = open("file", O_RDWR | O_CREAT, 0600);
    symlink("file", "link");
    char text[256];
    check("set", setxattr("file", "user.one", "first", 5, 0));
    check("create again", setxattr("file", "user.one", "x", 1, XATTR_CREATE));
    check("replace what is not there", setxattr("file", "user.two", "x", 1, XATTR_REPLACE));
    check("set by descriptor", fsetxattr(file, "user.two", "second value", 12, 0));
    check("set on the link", lsetxattr("link", "user.three", "x", 1, 0));
    check("get", getxattr("link", "user.one", text, sizeof text));
    printf("%.5s\n", text);
    check("get size", getxattr("file", "user.two", NULL, 0));
    check("get too small", getxattr("file", "user.two", text, 3));
    check("get from the link", lgetxattr("link", "user.one", text, sizeof text));
    check("get what is not there", fgetxattr(file, "user.none", text, sizeof text));
    check("list size", listxattr("file", NULL, 0));
    check("list link", llistxattr("link", text, sizeof text));
    check("bad name", setxattr("file", "nonsense", "x", 1, 0));
    check("bad pointer", getxattr("file", (char*)8, text, sizeof text));
    check("remove", removexattr("file", "user.one"));
    check("remove again", fremovexattr(file, "user.one"));
    check("no file", getxattr("none", "user.one", text, sizeof text));
    return 0;
}
