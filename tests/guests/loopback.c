// Sockets over the loopback device: TCP, UDP, IPv6, options, vectors and messages in bulk.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void* echo(void* listening) {
    int client = accept4((int)(long)listening, NULL, NULL, SOCK_CLOEXEC);
    char buffer[4096];
    for (long size; (size = read(client, buffer, sizeof buffer)) > 0;) write(client, buffer, size);
    close(client);
    return NULL;
}

static void tcp(int family, struct sockaddr* address, socklen_t size) {
    int server = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    check("option", setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    check("bind", bind(server, address, size));
    check("listen", listen(server, 5));
    check("name", getsockname(server, address, &size));
    pthread_t thread;
    pthread_create(&thread, NULL, echo, (void*)(long)server);
    int client = socket(family, SOCK_STREAM, 0);
    check("connect", connect(client, address, size));
    check("no delay", setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    int value = 0;
    socklen_t length = sizeof value;
    check("type", getsockopt(client, SOL_SOCKET, SO_TYPE, &value, &length));
    printf("%d %u\n", value, length);
    struct timeval timeout = {5, 0};
    check("timeout", setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
    long total = 0;
    char* data = malloc(100000);
    for (int i = 0; i < 100000; ++i) data[i] = i;
    for (int round = 0; round < 10; ++round) {
        send(client, data + round * 1000, 1000, 0);
        char back[1000];
        total += recv(client, back, 1000, MSG_WAITALL);
        if (memcmp(back, data + round * 1000, 1000)) puts("different");
    }
    check("echoed", total);
    check("peek", recv(client, data, 1, MSG_PEEK | MSG_DONTWAIT));
    check("shutdown", shutdown(client, SHUT_WR));
    check("end", recv(client, data, 10, 0));
    struct sockaddr_storage peer;
    length = sizeof peer;
    check("peer", getpeername(client, (struct sockaddr*)&peer, &length));
    printf("same port %d, length %u\n", ((struct sockaddr_in*)&peer)->sin_port == ((struct sockaddr_in*)address)->sin_port,
           length);
    pthread_join(thread, NULL);
    close(client);
    close(server);
}

static void udp(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    bind(a, (struct sockaddr*)&address, size);
    getsockname(a, (struct sockaddr*)&address, &size);
    check("sendto", sendto(b, "datagram", 8, 0, (struct sockaddr*)&address, size));
    char text[100], name[INET_ADDRSTRLEN];
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    check("recvfrom", recvfrom(a, text, 4, MSG_TRUNC, (struct sockaddr*)&from, &from_size));
    printf("%.4s %s %u\n", text, inet_ntop(AF_INET, &from.sin_addr, name, sizeof name), from_size);
    check("nothing", recv(b, text, 10, 0));
    connect(b, (struct sockaddr*)&address, size);
    struct iovec parts[3] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
    struct mmsghdr messages[2] = {{{.msg_iov = parts, .msg_iovlen = 2}, 0}, {{.msg_iov = parts + 1, .msg_iovlen = 2}, 0}};
    check("sendmmsg", sendmmsg(b, messages, 2, 0));
    printf("lengths %u %u\n", messages[0].msg_len, messages[1].msg_len);
    char first[20] = "", second[20] = "";
    struct iovec room[2] = {{first, 19}, {second, 19}};
    struct mmsghdr got[2] = {{{.msg_iov = room, .msg_iovlen = 1}, 0}, {{.msg_iov = room + 1, .msg_iovlen = 1}, 0}};
    check("recvmmsg", recvmmsg(a, got, 2, MSG_WAITFORONE, NULL));
    printf("'%s' '%s'\n", first, second);
    check("too long", send(b, text, 70000, 0));
    close(a);
    check("refused", send(b, "x", 1, 0));
    check("refused", send(b, "x", 1, 0));
}

int main(void) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    tcp(AF_INET, (struct sockaddr*)&four, sizeof four);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int supported = socket(AF_INET6, SOCK_STREAM, 0);
    if (supported >= 0 && bind(supported, (struct sockaddr*)&six, sizeof six) == 0)
        tcp(AF_INET6, (struct sockaddr*)&six, sizeof six);
    udp();
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int named = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    check("bind", bind(named, (struct sockaddr*)&local, sizeof local));
    check("bind again", bind(named, (struct sockaddr*)&local, sizeof local));
    check("connect without a listener", connect(socket(AF_UNIX, SOCK_SEQPACKET, 0), (struct sockaddr*)&local, sizeof local));
    check("bad family", socket(77, SOCK_STREAM, 0));
    check("bad type", socket(AF_INET, 77, 0));
    return 0;
}
