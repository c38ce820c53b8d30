// The machine's configuration: the words of docs/boot-protocol.md, from up to three places.
//
// The command line comes first; it may name a continuation (fw_cfg, or the configuration sector); an image's
// own
// /.kiln/command is read later, when the root is mounted, if nothing configured a program. Each text is
// decoded in place into words that end with a zero, so nothing is allocated and nothing limits their number;
// the texts must live as long as the configuration. Used by one CPU during start-up, constant afterwards: no
// lock.
//
// What cannot be understood is skipped and the first such word remembered (`bad_word`), so that start-up can
// name it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/types.hh"

namespace boot
{
/// Words of one text, decoded: each ends with a zero byte.
using word_list = std::string_view;

inline constexpr size_t max_sources = 3;

/// The values of all words with one key, in order.
class value_range
{
  public:
    class iterator
    {
      public:
        iterator(const value_range& range, size_t source, size_t offset);
        /// The value; a zero byte follows it.
        std::string_view operator*() const { return _value; }
        iterator& operator++();
        bool operator==(const iterator& other) const
        {
            return _source == other._source && _offset == other._offset;
        }

      private:
        void find();
        const value_range& _range;
        size_t _source;
        size_t _offset; // behind the word that _value is from
        std::string_view _value;
    };

    value_range(const std::array<word_list, max_sources>& sources, std::string_view key)
        : _sources(sources), _key(key)
    {
    }
    iterator begin() const { return {*this, 0, 0}; }
    iterator end() const { return {*this, max_sources, 0}; }
    bool empty() const { return begin() == end(); }
    size_t count() const;

  private:
    const std::array<word_list, max_sources>& _sources;
    std::string_view _key;
};

enum class root_kind : u8 { unspecified, ram, disk };
enum class stream_kind : u8 { pipe, tty, null };

struct window_size {
    u16 rows = 0;
    u16 columns = 0;
};

/// `virtio_mmio.device=SIZE@ADDRESS:IRQ`
struct mmio_device_hint {
    u64 size;
    phys_addr address;
    u32 interrupt;
};
std::optional<mmio_device_hint> parse_mmio_device(std::string_view value);

class config
{
  public:
    /// Decodes `text`, whose last byte is a zero or a separator, in place and adds its words. Later words win
    /// where only one makes sense. False: no room for a further text.
    bool add(std::span<char> text);

    root_kind root = root_kind::unspecified;
    stream_kind standard_input = stream_kind::pipe;
    stream_kind standard_output = stream_kind::pipe;
    stream_kind standard_error = stream_kind::pipe;
    window_size window;
    bool verbose = false;
    bool continued_in_fw_cfg = false;
    bool builtin_library = false;             // dynamic programs are bound to the built-in C library
    bool framed_serial = false;               // the streams are frames on the first serial port
    std::string_view working_directory = "/"; // a zero byte follows it
    std::string_view bad_word;

    value_range arguments() const { return {_sources, "kiln.arg"}; }
    value_range environment() const { return {_sources, "kiln.env"}; }
    value_range writable_folders() const { return {_sources, "kiln.writable"}; }
    /// "dhcp" or net::parse_static_address(); none: a card stays without an address.
    value_range addresses() const { return {_sources, "kiln.ip"}; }
    value_range name_servers() const { return {_sources, "kiln.nameserver"}; }
    /// For parse_mmio_device().
    value_range mmio_devices() const { return {_sources, "virtio_mmio.device"}; }

  private:
    void apply(std::string_view word);
    void reject(std::string_view word);

    std::array<word_list, max_sources> _sources{};
    size_t _source_count = 0;
};

/// The configuration of this machine.
config& configuration();
} // namespace boot
