// Bytes moved without passing through the program: splice, tee, vmsplice, sendfile, copy_file_range; and pipes themselves.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void show(const char* what, int fd) {
    char text[200];
    long size = read(fd, text, sizeof text);
    printf("%s: %ld \"%.*s\"\n", what, size, size > 0 ? (int)size : 0, text);
}

int main(void) {
    int a[2], b[2];
    check("pipe2", pipe2(a, O_CLOEXEC | O_NONBLOCK));
    check("flags", fcntl(a[0], F_GETFL));
    check("descriptor flags", fcntl(a[1], F_GETFD));
    check("empty", read(a[0], a, 1));
    check("pipe", pipe(b));
    check("size", fcntl(b[0], F_GETPIPE_SZ));
    check("new size", fcntl(b[0], F_SETPIPE_SZ, 8192));

    int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(file, "0123456789abcdefghij", 20);
    off_t from = 5;
    check("splice from file", splice(file, &from, b[1], NULL, 10, 0));
    printf("offset %ld\n", (long)from);
    check("tee", tee(b[0], a[1], 4, 0));
    show("teed", a[0]);
    check("splice pipe to pipe", splice(b[0], NULL, a[1], NULL, 6, SPLICE_F_NONBLOCK));
    show("spliced", a[0]);
    show("rest", b[0]);
    struct iovec parts[2] = {{"user ", 5}, {"memory", 6}};
    check("vmsplice", vmsplice(b[1], parts, 2, 0));
    off_t to = 30;
    check("splice to file", splice(b[0], NULL, file, &to, 100, 0));
    check("size of file", lseek(file, 0, SEEK_END));
    check("splice of two files", splice(file, NULL, file, NULL, 1, 0));
    check("splice with an offset on a pipe", splice(file, NULL, b[1], &to, 1, 0));

    int copy = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0600);
    from = 0;
    check("sendfile", sendfile(copy, file, &from, 1000));
    printf("offset %ld\n", (long)from);
    off_t in = 10, out = 100;
    check("copy_file_range", copy_file_range(file, &in, copy, &out, 5, 0));
    printf("offsets %ld %ld\n", (long)in, (long)out);
    check("copy_file_range flags", copy_file_range(file, &in, copy, &out, 5, 7));
    check("copy_file_range of a pipe", copy_file_range(b[0], NULL, copy, &out, 5, 0));
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    from = 2;
    check("sendfile to a socket", sendfile(pair[0], file, &from, 8));
    show("from the socket", pair[1]);
    check("sendfile bad offset", sendfile(pair[0], file, (off_t*)8, 8));

    int waiting = -1;
    write(b[1], "12345", 5);
    check("FIONREAD", ioctl(b[0], FIONREAD, &waiting));
    printf("waiting %d\n", waiting);
    close(b[1]);
    show("before end", b[0]);
    show("end", b[0]);
    struct pollfd poll_b = {b[0], POLLIN, 0};
    check("poll", poll(&poll_b, 1, 0));
    printf("hung up %d\n", poll_b.revents);
    signal(SIGPIPE, SIG_IGN);
    close(a[0]);
    check("broken", write(a[1], "x", 1));
    return 0;
}
