/* A relay that does nothing with what passes: each connection to PORT gets one of its own to one of the engines in turn, and what comes
 * on either is sent on the other. What it costs beside a proxy is the kernel's, and no proxy's that reads and writes each message once.
 *
 *   relay PORT ENGINE_PORT...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 65536, TURN = 128 };
static int other[MOST];  /* the descriptor that a descriptor's bytes go to; 0: it is closed */
static int poller;

static struct sockaddr_in local(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void begin(int client, int port) {
    struct sockaddr_in address = local(port);
    int engine = socket(AF_INET, SOCK_STREAM, 0);
    if (client >= MOST || engine >= MOST || connect(engine, (struct sockaddr *)&address, sizeof address) != 0) {
        close(engine);
        close(client);
        return;
    }
    other[client] = engine;
    other[engine] = client;
    watch(client);
    watch(engine);
}

static void end(int fd) {
    int peer = other[fd];
    other[fd] = other[peer] = 0;
    close(fd);
    close(peer);
}

static void relay(int fd) {
    static char bytes[1 << 16];
    ssize_t count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), sent = 0;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return end(fd);
    while (sent < count) {
        ssize_t taken = send(other[fd], bytes + sent, count - sent, MSG_NOSIGNAL);
        if (taken < 0) return end(fd);
        sent += taken;
    }
}

int main(int count, char **words) {
    if (count < 3) return fprintf(stderr, "relay PORT ENGINE_PORT...\n"), 2;
    struct sockaddr_in address = local(atoi(words[1]));
    int on = 1, next = 0, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) return perror(words[1]), 1;
    poller = epoll_create1(0);
    watch(listener);
    for (;;) {
        struct epoll_event events[TURN];
        int ready = epoll_wait(poller, events, TURN, -1);
        for (int place = 0; place < ready; place++) {
            int fd = events[place].data.fd;
            if (fd == listener)
                begin(accept(listener, NULL, NULL), atoi(words[2 + next++ % (count - 2)]));
            else if (other[fd] != 0)
                relay(fd);
        }
    }
}
