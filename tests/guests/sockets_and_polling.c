// Socket pairs, unix and TCP sockets, descriptors over sockets, poll, select, epoll, eventfd, timerfd, signalfd.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(const char* what, long result) { printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }

static void send_descriptor(int through) {
    int ends[2];
    if (pipe(ends) != 0) return;
    char byte = 'd', room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
    check("sendmsg", sendmsg(through, &message, 0));
    char text[20] = {0};
    check("read what came back", read(ends[0], text, 19));
    puts(text);
}

static void receive_descriptor(int through) {
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int descriptor;
    if (recvmsg(through, &message, 0) != 1) _exit(1);
    memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
    _exit(write(descriptor, "thanks", 6) != 6);
}

static void tcp(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    check("bind", bind(listener, (struct sockaddr*)&address, size));
    check("listen", listen(listener, 5));
    getsockname(listener, (struct sockaddr*)&address, &size);
    pid_t child = fork();
    if (child == 0) {
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(client, (struct sockaddr*)&address, size) != 0) _exit(1);
        send(client, "request", 7, MSG_NOSIGNAL);
        char answer[20] = {0};
        recv(client, answer, 6, MSG_WAITALL);
        _exit(strcmp(answer, "answer"));
    }
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    char text[20] = {0};
    check("recv", recv(connection, text, 19, 0));
    puts(text);
    check("send", send(connection, "answer", 6, 0));
    int status;
    waitpid(child, &status, 0);
    check("client", status);
}

int main(void) {
    int pair[2];
    check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    pid_t child = fork();
    if (child == 0) receive_descriptor(pair[1]);
    send_descriptor(pair[0]);
    waitpid(child, NULL, 0);
    tcp();

    int event = eventfd(3, EFD_NONBLOCK);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int by_signal = signalfd(-1, &signals, 0);
    struct itimerspec soon = {.it_value = {.tv_nsec = 10000000}};
    timerfd_settime(timer, 0, &soon, NULL);
    kill(getpid(), SIGUSR1);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    int watched[] = {event, timer, by_signal};
    for (int i = 0; i < 3; ++i) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        check("epoll_ctl", epoll_ctl(poller, EPOLL_CTL_ADD, watched[i], &wanted));
    }
    int seen = 0;
    while (seen != 7) {
        struct epoll_event events[3];
        int count = epoll_wait(poller, events, 3, 5000);
        if (count <= 0) break;
        for (int i = 0; i < count; ++i) seen |= 1 << events[i].data.u32;
    }
    check("seen", seen);
    uint64_t value = 0;
    check("eventfd", read(event, &value, 8) + (long)value);
    struct signalfd_siginfo info;
    check("signalfd", read(by_signal, &info, sizeof info) == sizeof info ? (long)info.ssi_signo : -1);
    struct pollfd one = {.fd = event, .events = POLLIN | POLLOUT};
    check("poll", poll(&one, 1, 100) + one.revents * 100);
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(event, &readable);
    struct timeval moment = {.tv_usec = 1000};
    check("select", select(event + 1, &readable, NULL, NULL, &moment));
    check("shutdown", shutdown(pair[0], SHUT_RDWR));
    check("read at the end", read(pair[0], &value, 8));
    check("not a socket", getsockname(0, NULL, NULL));
    return 0;
}
