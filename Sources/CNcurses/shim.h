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
#include <term.h>
#endif
