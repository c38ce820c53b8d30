// Requests of ioctl, and the terminal's structures (asm-generic/ioctls.h, asm-generic/termbits.h,
// uapi/asm-generic/ termios.h).
#pragma once

#include "core/base/types.hh"

namespace linux
{
// clang-format off
inline constexpr u32 tcgets = 0x5401, tcsets = 0x5402, tcsetsw = 0x5403, tcsetsf = 0x5404, tcgeta = 0x5405,
    tcsbrk = 0x5409, tcxonc = 0x540a, tcflsh = 0x540b, tiocexcl = 0x540c, tiocnxcl = 0x540d, tiocsctty = 0x540e,
    tiocgpgrp = 0x540f, tiocspgrp = 0x5410, tiocoutq = 0x5411, tiocsti = 0x5412, tiocgwinsz = 0x5413,
    tiocswinsz = 0x5414, fionread = 0x541b, fionbio = 0x5421, tiocnotty = 0x5422, tcsbrkp = 0x5425,
    tiocgsid = 0x5429, fionclex = 0x5450, fioclex = 0x5451, fioasync = 0x5452;

// termios.input
inline constexpr u32 ignbrk = 01, brkint = 02, istrip = 040, inlcr = 0100, igncr = 0200, icrnl = 0400, iuclc = 01000,
    ixon = 02000, ixany = 04000, ixoff = 010000, imaxbel = 020000, iutf8 = 040000;
// termios.output
inline constexpr u32 opost = 01, onlcr = 04, ocrnl = 010, onocr = 020, onlret = 040;
// termios.local
inline constexpr u32 isig = 01, icanon = 02, echo = 010, echoe = 020, echok = 040, echonl = 0100, noflsh = 0200,
    tostop = 0400, echoctl = 01000, echoke = 04000, iexten = 0100000;
// termios.control: 38400 baud, 8 bits, receiver on
inline constexpr u32 b38400 = 017, cs8 = 060, cread = 0200, hupcl = 02000;
// indexes of termios.characters
inline constexpr unsigned vintr = 0, vquit = 1, verase = 2, vkill = 3, veof = 4, vtime = 5, vmin = 6, vstart = 8,
    vstop = 9, vsusp = 10, veol = 11, vreprint = 12, vdiscard = 13, vwerase = 14, vlnext = 15, veol2 = 16;
// clang-format on

struct termios {
    u32 input;
    u32 output;
    u32 control;
    u32 local;
    u8 line;
    u8 characters[19];
};
static_assert(sizeof(termios) == 36);

struct winsize {
    u16 rows;
    u16 columns;
    u16 width;
    u16 height;
};
static_assert(sizeof(winsize) == 8);
} // namespace linux
