// ncursesw as Swift can import it: wide functions on, and accessors for macros that are not imported.
#ifndef SIGNALBOX_CNCURSES_H
#define SIGNALBOX_CNCURSES_H
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/signalfd.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

// Attributes are macros that the importer does not evaluate.
static inline unsigned sb_attribute_bold(void) { return A_BOLD; }
static inline unsigned sb_attribute_reverse(void) { return A_REVERSE; }
static inline unsigned sb_attribute_underline(void) { return A_UNDERLINE; }
static inline unsigned sb_attribute_pair(int pair) { return (unsigned)COLOR_PAIR(pair); }
// Swift 6 refuses C globals that can change.
static inline int sb_colors(void) { return has_colors() ? COLORS : 0; }
static inline int sb_color_pairs(void) { return COLOR_PAIRS; }
static inline int sb_repaint_all(void) { return clearok(curscr, TRUE); }

/// Takes the locale of the environment; 1 when its characters are UTF-8.
static inline int sb_locale_is_utf8(void) {
    setlocale(LC_ALL, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/// Columns of a scalar in a UTF-8 terminal, whatever this process's locale is; -1: not printable.
static inline int sb_display_width(unsigned scalar) {
    static locale_t utf8 = (locale_t)0;
    if (utf8 == (locale_t)0) utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (utf8 == (locale_t)0) return scalar < 0x1100 ? 1 : 2;
    locale_t before = uselocale(utf8);
    int width = wcwidth((wchar_t)scalar);
    uselocale(before);
    return width;
}

// What follows keeps its state in statics of this header, which the importer emits only when they are initialised.
// There is one copy for each object of Swift, which may be one for each file: only functions of Screen/Terminal.swift
// that are never inlined may call these.

static struct termios sb_saved_modes = {0};
static int sb_saved_modes_valid = 0;
static int sb_tty = 1;
static int sb_real_stderr = -1;
static int sb_kept_stderr = -1;
static struct sigaction sb_before_crash[6] = {{{0}}};
static const int sb_crash_signals[6] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
static char sb_crash_stack[32768] = {0};

/// Leaves the alternate screen, shows the cursor, ends colours, mouse, bracketed paste and synchronised output.
static const char sb_reset_text[] =
    "\033[?2026l\033[?2004l\033[?1006l\033[?1003l\033[?1002l\033[?1000l\033[?1l\033>\033[0m\033[?25h\033[?1049l\r";

static inline void sb_save_modes(int tty) {
    sb_tty = tty;
    sb_saved_modes_valid = tcgetattr(tty, &sb_saved_modes) == 0;
}
static inline void sb_restore_modes(void) {
    if (sb_saved_modes_valid) tcsetattr(sb_tty, TCSANOW, &sb_saved_modes);
}
static inline void sb_write_text(int fd, const char *text, size_t count) {
    while (count > 0) {
        ssize_t written = write(fd, text, count);
        if (written <= 0) return;
        text += written;
        count -= (size_t)written;
    }
}
static inline void sb_write_reset(void) { sb_write_text(sb_tty, sb_reset_text, sizeof sb_reset_text - 1); }

/// Standard error goes to memory while the screen is up, since a stray line would break the picture.
static inline void sb_keep_stderr(void) {
    if (sb_real_stderr >= 0) return;
    sb_kept_stderr = (int)syscall(SYS_memfd_create, "stderr", 1u);
    if (sb_kept_stderr < 0) return;
    sb_real_stderr = dup(2);
    dup2(sb_kept_stderr, 2);
}
/// Puts standard error back and shows the last 4 KB of what was said meanwhile.
static inline void sb_release_stderr(void) {
    if (sb_real_stderr < 0) return;
    dup2(sb_real_stderr, 2);
    close(sb_real_stderr);
    sb_real_stderr = -1;
    static char tail[4096];
    off_t end = lseek(sb_kept_stderr, 0, SEEK_END);
    lseek(sb_kept_stderr, end > (off_t)sizeof tail ? end - (off_t)sizeof tail : 0, SEEK_SET);
    ssize_t count = read(sb_kept_stderr, tail, sizeof tail);
    if (count > 0) sb_write_text(2, tail, (size_t)count);
    close(sb_kept_stderr);
    sb_kept_stderr = -1;
}

/// Async-signal-safe: restores the terminal, then lets the signal take its course.
static void sb_crashed(int signal_number) {
    sb_restore_modes();
    sb_write_reset();
    sb_release_stderr();
    static const char note[] =
        "signalbox: the console crashed; the gateway goes on. Look again with: signalbox attach\n";
    sb_write_text(2, note, sizeof note - 1);
    for (int i = 0; i < 6; i++)
        if (sb_crash_signals[i] == signal_number) sigaction(signal_number, &sb_before_crash[i], NULL);
    // A signal sent by kill() or raise() does not come back by itself as a fault does.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
}
/// - keep_previous: 0: the default action follows at once. Else the handler found here follows, which is Swift's
///   backtracer; that one may ask questions and wait 30 s, so it has to be wanted.
static inline void sb_catch_crashes(int keep_previous) {
    stack_t stack = {0};
    stack.ss_sp = sb_crash_stack;
    stack.ss_size = sizeof sb_crash_stack;
    sigaltstack(&stack, NULL);
    struct sigaction action = {0};
    action.sa_handler = sb_crashed;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < 6; i++) {
        sigaction(sb_crash_signals[i], &action, &sb_before_crash[i]);
        if (keep_previous) continue;
        memset(&sb_before_crash[i], 0, sizeof sb_before_crash[i]);
        sb_before_crash[i].sa_handler = SIG_DFL;
    }
}
static inline void sb_uncatch_crashes(void) {
    for (int i = 0; i < 6; i++) sigaction(sb_crash_signals[i], &sb_before_crash[i], NULL);
}

/// Blocks the signals that a terminal's user sends and gives a descriptor to read them from.
static inline int sb_open_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    sigaddset(&set, SIGWINCH);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
static inline int sb_next_signal(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
/// Stops the foreground group as Ctrl-Z does elsewhere; returns when it is continued.
static inline void sb_stop_here(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    signal(SIGTSTP, SIG_DFL);
    kill(0, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/// Waits for input. Bits of the answer: 1 keys, 2 signal, 4 gateway, 8 the terminal has gone.
/// A descriptor below 0 is left out.
static inline int sb_wait(int keys, int signals, int gateway, int timeout_ms) {
    struct pollfd wanted[3] = {{keys, POLLIN, 0}, {signals, POLLIN, 0}, {gateway, POLLIN, 0}};
    if (poll(wanted, 3, timeout_ms) <= 0) return 0;
    int found = 0;
    if (wanted[0].revents & POLLIN) found |= 1;
    if (wanted[1].revents & POLLIN) found |= 2;
    if (wanted[2].revents) found |= 4;
    if (wanted[0].revents & (POLLHUP | POLLERR | POLLNVAL)) found |= 8;
    return found;
}
static inline int sb_can_write(int fd) {
    struct pollfd wanted = {fd, POLLOUT, 0};
    return poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLOUT) ? 1 : 0;
}
/// Rows in the upper, columns in the lower 16 bits; 0: the terminal does not say.
static inline unsigned sb_window_size(int tty) {
    struct winsize size;
    if (ioctl(tty, TIOCGWINSZ, &size) != 0) return 0;
    return ((unsigned)size.ws_row << 16) | size.ws_col;
}
#endif
