// What `import Glibc` does not bring: calls that are macros, variadic, union-typed or behind _GNU_SOURCE.
// _GNU_SOURCE itself stays off: with it, structures of the headers differ from those in Swift's Glibc module, and a file
// that imports both does not compile. What it hides is declared here.
#ifndef SIGNALBOX_CLINUX_H
#define SIGNALBOX_CLINUX_H
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

extern int accept4(int fd, void *address, unsigned *length, int flags);
extern void *memmem(const void *haystack, size_t haystack_count, const void *needle, size_t needle_count);
extern int wcwidth(wchar_t scalar);
#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif
struct sb_credentials { int pid; unsigned uid; unsigned gid; };

/* A pointer of the calling thread's own, nil at its start. */
static inline void **sb_thread_slot(void) {
    static _Thread_local void *slot;
    return &slot;
}
extern int pthread_setname_np(pthread_t thread, const char *name);
static inline void sb_name_thread(pthread_t thread, const char *name) { pthread_setname_np(thread, name); }
/* Turns of the calling thread on a core, in nanoseconds; Linux before 6.12 takes no notice. */
struct sb_sched_attr {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
    unsigned util_min, util_max;
};
extern long syscall(long number, ...);
static inline int sb_set_turn(unsigned long long nanoseconds) {
    struct sb_sched_attr attr = { .size = sizeof attr };
    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0) return -1;
    attr.runtime = nanoseconds;
    return (int)syscall(SYS_sched_setattr, 0, &attr, 0);
}
static inline int sb_errno(void) { return errno; }
static inline int sb_connect(int fd, const void *address, unsigned length) {
    return connect(fd, (const struct sockaddr *)address, length);
}
static inline int sb_bind(int fd, const void *address, unsigned length) {
    return bind(fd, (const struct sockaddr *)address, length);
}
static inline int sb_accept(int fd) { return accept4(fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC); }
static inline int sb_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
static inline int sb_getsockname(int fd, void *address, unsigned *length) {
    return getsockname(fd, (struct sockaddr *)address, length);
}
static inline int sb_getpeername(int fd, void *address, unsigned *length) {
    return getpeername(fd, (struct sockaddr *)address, length);
}
static inline int sb_is_connected(int fd) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}
static inline int sb_renumber(int fd, int lowest) {
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
    if (higher < 0) return fd;
    close(fd);
    return higher;
}
static inline ssize_t sb_send(int fd, const void *bytes, size_t count, int more) {
    return send(fd, bytes, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}
static inline ssize_t sb_sendmsg(int fd, const struct iovec *parts, int count) {
    struct msghdr m = {0};
    m.msg_iov = (struct iovec *)parts;
    m.msg_iovlen = (size_t)count;
    return sendmsg(fd, &m, MSG_NOSIGNAL);
}
static inline int sb_set_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}
/* Closing will send RST, and what was not sent yet is lost. */
static inline int sb_reset_on_close(int fd) {
    struct linger none = {1, 0};
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}
static inline int sb_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}
static inline int sb_peer_uid(int fd) {
    struct sb_credentials c;
    socklen_t length = sizeof c;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &length) == 0 ? (int)c.uid : -1;
}
static inline int sb_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGTERM); }
static inline int sb_raise_open_files(void) {
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0) return -1;
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    getrlimit(RLIMIT_NOFILE, &r);
    return r.rlim_cur > 1048576 ? 1048576 : (int)r.rlim_cur;
}
static inline void sb_ignore(int signal_number) { signal(signal_number, SIG_IGN); }
static inline void sb_default(int signal_number) { signal(signal_number, SIG_DFL); }
static inline int sb_epoll_add(int ep, int fd, unsigned events, unsigned long long token) {
    struct epoll_event e;
    e.events = events;
    e.data.u64 = token;
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}
static inline int sb_epoll_modify(int ep, int fd, unsigned events, unsigned long long token) {
    struct epoll_event e;
    e.events = events;
    e.data.u64 = token;
    return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}
static inline int sb_epoll_remove(int ep, int fd) { return epoll_ctl(ep, EPOLL_CTL_DEL, fd, 0); }
extern char **environ;
extern int pipe2(int ends[2], int flags);
static inline char **sb_environment(void) { return environ; }
static inline int sb_is_readable(int fd) {
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, 0) > 0;
}
static inline int sb_wexitstatus(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }
static inline int sb_wcwidth(unsigned scalar) { return wcwidth((wchar_t)scalar); }
static inline unsigned sb_epollin(void) { return EPOLLIN; }
static inline unsigned sb_epollout(void) { return EPOLLOUT; }
static inline unsigned sb_epollrdhup(void) { return EPOLLRDHUP; }
static inline unsigned sb_epollerr(void) { return EPOLLERR; }
static inline unsigned sb_epollhup(void) { return EPOLLHUP; }
#endif
