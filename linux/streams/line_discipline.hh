// What stands between a keyboard and a program: line editing, echo, signals from keys, and output's newlines.
//
// A pure state machine: bytes go in by receive() and come out by take(); what it wants done meanwhile (echo,
// signals) goes to a `peer`. It has no lock and waits for nothing: the terminal (linux/streams/terminal.hh)
// does both.
//
//     receive() --> [ complete lines | the line being edited ] --> take()
//                                                        ^ erase, kill, word erase work here
//
// In canonical mode a program reads whole lines only; otherwise everything received. Source: termios(3),
// POSIX.1-2017 chapter 11, and Linux's n_tty for what those leave open.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/base/types.hh"
#include "linux/abi/ioctl.hh"

namespace linux
{
class line_discipline
{
  public:
    class peer
    {
      public:
        virtual void echo(std::string_view bytes) = 0;
        virtual void raise(int signal) = 0;
        /// IXON: output stops and goes on.
        virtual void set_stopped(bool stopped) = 0;

      protected:
        ~peer() = default;
    };

    static constexpr size_t capacity = 4096;

    explicit line_discipline(peer& p);

    const termios& settings() const { return _settings; }
    /// What has been received stays; when canonical mode is switched on or off it becomes one readable piece.
    void set(const termios& settings);

    /// One byte from the keyboard. A full buffer swallows it, with a bell if IMAXBEL.
    void receive(u8 byte);
    /// Bytes that receive() will take for sure; 0 means that the source should wait.
    size_t room() const { return capacity - _count; }

    /// No more bytes will come: what there is becomes readable, then take() returns nothing for ever.
    void close();

    bool canonical() const { return _settings.local & icanon; }
    /// Whether a read returns at once: a line (or its end mark), or in raw mode `minimum` bytes.
    bool readable(size_t minimum) const;
    /// Bytes that a read could return now.
    size_t available() const;
    /// Moves bytes to the reader: at most one line in canonical mode. 0 with readable() true: the end of
    /// file.
    size_t take(std::span<u8> to);
    /// Forgets input that was not read (TCIFLUSH).
    void flush_input();

    /// Writes `bytes` as the screen wants them (ONLCR and its like) through `put(std::string_view)`.
    template <class Put>
    void format_output(std::string_view bytes, Put put)
    {
        while (!bytes.empty()) {
            const size_t plain = length_of_plain_output(bytes);
            if (plain)
                put(bytes.substr(0, plain));
            if (plain < bytes.size())
                put(replace_output(bytes[plain]));
            bytes.remove_prefix(plain < bytes.size() ? plain + 1 : plain);
        }
    }

  private:
    bool has(u32 flag) const { return _settings.local & flag; }
    bool is_character(u8 byte, unsigned index) const
    {
        return byte != disabled && byte == _settings.characters[index];
    }
    bool receive_signal(u8 byte);
    bool receive_flow_control(u8 byte);
    bool receive_editing(u8 byte);
    void receive_plain(u8 byte, bool ends_line);
    void append(u8 byte, bool ends_line, bool end_of_file);
    void echo_byte(u8 byte);
    void erase_last();
    void erase_word();
    void erase_line();
    u8 last_byte() const { return _bytes[index(_count - 1)]; }
    size_t index(size_t position) const { return (_start + position) % capacity; }
    size_t length_of_plain_output(std::string_view bytes);
    std::string_view replace_output(char byte);

    static constexpr u8 disabled = 0;

    peer& _peer;
    termios _settings;
    std::array<u8, capacity> _bytes;
    std::array<u8, capacity> _marks; // of each byte: 0, or mark_ bits
    size_t _start = 0;
    size_t _count = 0;    // bytes in the ring
    size_t _complete = 0; // of these, in complete lines
    size_t _column = 0;   // of the cursor, for ONOCR
    bool _literal_next = false;
    bool _stopped = false;
    bool _closed = false;
};

/// How Linux sets up a new terminal: cooked, echoing, 38400 baud.
termios default_termios();
} // namespace linux
