#include "core/boot/config.hh"

#include <charconv>

namespace boot
{
namespace
{
constinit config the_configuration;

constexpr bool is_separator(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\0';
}

constexpr int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/// Decodes the percent escapes of [from, end) to `to`, which is at or before `from`. An escape that is
/// broken, or that stands for a zero byte, stays as it is: a string of the program cannot hold a zero.
char* decode(const char* from, const char* end, char* to)
{
    while (from < end) {
        if (*from == '%' && end - from >= 3) {
            const int high = hex_digit(from[1]);
            const int low = hex_digit(from[2]);
            if (high >= 0 && low >= 0 && (high | low) != 0) {
                *to++ = static_cast<char>(high << 4 | low);
                from += 3;
                continue;
            }
        }
        *to++ = *from++;
    }
    return to;
}

/// Words that may come more than once and are read by those who need them.
bool is_list(std::string_view key)
{
    return key == "kiln.arg" || key == "kiln.env" || key == "kiln.writable" || key == "kiln.ip" ||
           key == "kiln.nameserver";
}

std::optional<u64> parse_number(std::string_view text)
{
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    }
    u64 value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// A size with Linux's suffixes K, M, G.
std::optional<u64> parse_size(std::string_view text)
{
    unsigned shift = 0;
    if (!text.empty()) {
        switch (text.back()) {
        case 'k':
        case 'K':
            shift = 10;
            break;
        case 'm':
        case 'M':
            shift = 20;
            break;
        case 'g':
        case 'G':
            shift = 30;
            break;
        }
        if (shift)
            text.remove_suffix(1);
    }
    const auto value = parse_number(text);
    if (!value || *value > (~u64{0} >> shift))
        return std::nullopt;
    return *value << shift;
}

std::optional<stream_kind> parse_stream(std::string_view value)
{
    if (value == "pipe")
        return stream_kind::pipe;
    if (value == "tty")
        return stream_kind::tty;
    if (value == "null")
        return stream_kind::null;
    return std::nullopt;
}

std::optional<window_size> parse_window(std::string_view value)
{
    const size_t cross = value.find('x');
    if (cross == std::string_view::npos)
        return std::nullopt;
    const auto rows = parse_number(value.substr(0, cross));
    const auto columns = parse_number(value.substr(cross + 1));
    if (!rows || !columns || *rows > 0xffff || *columns > 0xffff)
        return std::nullopt;
    return window_size{static_cast<u16>(*rows), static_cast<u16>(*columns)};
}
} // namespace

config& configuration()
{
    return the_configuration;
}

value_range::iterator::iterator(const value_range& range, size_t source, size_t offset)
    : _range(range), _source(source), _offset(offset)
{
    find();
}

value_range::iterator& value_range::iterator::operator++()
{
    find();
    return *this;
}

void value_range::iterator::find()
{
    for (; _source < max_sources; _source++, _offset = 0) {
        const word_list words = _range._sources[_source];
        while (_offset < words.size()) {
            const std::string_view word = words.substr(_offset, words.find('\0', _offset) - _offset);
            _offset += word.size() + 1;
            const size_t equals = word.find('=');
            if (equals != std::string_view::npos && word.substr(0, equals) == _range._key) {
                _value = word.substr(equals + 1);
                return;
            }
        }
    }
}

size_t value_range::count() const
{
    size_t n = 0;
    for ([[maybe_unused]] auto value : *this)
        n++;
    return n;
}

std::optional<mmio_device_hint> parse_mmio_device(std::string_view value)
{
    const size_t at = value.find('@');
    if (at == std::string_view::npos)
        return std::nullopt;
    const size_t colon = value.find(':', at);
    if (colon == std::string_view::npos)
        return std::nullopt;
    const size_t second_colon = value.find(':', colon + 1); // Linux allows :ID behind the interrupt
    const auto size = parse_size(value.substr(0, at));
    const auto address = parse_number(value.substr(at + 1, colon - at - 1));
    const auto interrupt = parse_number(value.substr(colon + 1, second_colon - colon - 1));
    if (!size || !address || !interrupt || *interrupt > 0xffff'ffff)
        return std::nullopt;
    return mmio_device_hint{*size, phys_addr(*address), static_cast<u32>(*interrupt)};
}

bool config::add(std::span<char> text)
{
    if (_source_count == max_sources)
        return false;

    // A decoded word and its zero need no more room than the word and the separator behind it.
    const char* from = text.data();
    const char* const end = text.data() + text.size();
    char* to = text.data();
    while (from < end) {
        const char* word_end = from;
        while (word_end < end && !is_separator(*word_end))
            word_end++;
        if (word_end == end) {
            if (word_end > from)
                reject(std::string_view(from, static_cast<size_t>(word_end - from)));
            break;
        }
        if (word_end > from) {
            char* const word = to;
            to = decode(from, word_end, to);
            const std::string_view decoded(word, static_cast<size_t>(to - word));
            *to++ = '\0';
            apply(decoded);
        }
        from = word_end + 1;
    }
    _sources[_source_count++] = word_list(text.data(), static_cast<size_t>(to - text.data()));
    return true;
}

void config::apply(std::string_view word)
{
    const size_t equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : word.substr(equals + 1);

    const auto set = [&](auto& field, auto parsed) {
        if (parsed)
            field = *parsed;
        else
            reject(word);
    };
    if (key == "kiln.root") {
        if (value == "ram")
            root = root_kind::ram;
        else if (value == "disk")
            root = root_kind::disk;
        else
            reject(word);
    } else if (key == "kiln.stdin") {
        set(standard_input, parse_stream(value));
    } else if (key == "kiln.stdout") {
        set(standard_output, parse_stream(value));
    } else if (key == "kiln.stderr") {
        set(standard_error, parse_stream(value));
    } else if (key == "kiln.winsize") {
        set(window, parse_window(value));
    } else if (key == "kiln.verbose") {
        verbose = true;
    } else if (key == "kiln.cwd") {
        if (value.starts_with('/'))
            working_directory = value;
        else
            reject(word);
    } else if (key == "kiln.config") {
        if (value == "fw_cfg")
            continued_in_fw_cfg = true;
        else
            reject(word);
    } else if (key == "kiln.libc") {
        if (value == "builtin" || value == "own")
            builtin_library = value == "builtin";
        else
            reject(word);
    } else if (key == "kiln.serial") {
        if (value == "framed")
            framed_serial = true;
        else
            reject(word);
    } else if (key == "virtio_mmio.device") {
        if (!parse_mmio_device(value))
            reject(word);
    } else if (key.starts_with("kiln.") && !is_list(key)) {
        reject(word);
    }
}

void config::reject(std::string_view word)
{
    if (bad_word.empty())
        bad_word = word;
}
} // namespace boot
