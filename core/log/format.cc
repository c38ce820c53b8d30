// The formatter behind klog::format and klog::line.
#include <algorithm>
#include <cstring>

#include "core/log.hh"

namespace klog
{
namespace
{
/// Appends to a fixed buffer and drops what does not fit.
class writer
{
  public:
    writer(char* buffer, size_t length) : _buffer(buffer), _length(length) {}

    void put(char c)
    {
        if (_used < _length)
            _buffer[_used++] = c;
    }
    void put(std::string_view s)
    {
        for (char c : s)
            put(c);
    }
    void put_number(u64 value, unsigned base)
    {
        char digits[20];
        size_t n = 0;
        do {
            digits[n++] = "0123456789abcdef"[value % base];
            value /= base;
        } while (value);
        while (n)
            put(digits[--n]);
    }
    size_t used() const { return _used; }

  private:
    char* _buffer;
    size_t _length;
    size_t _used = 0;
};

void put_hex(writer& out, u64 value)
{
    out.put("0x");
    out.put_number(value, 16);
}

void put_argument(writer& out, const argument& a, bool hex)
{
    using kind = argument::kind;
    switch (a.type) {
    case kind::text:
        return out.put(a.string);
    case kind::character:
        return out.put(static_cast<char>(a.value));
    case kind::truth:
        return out.put(a.value ? "true" : "false");
    case kind::address:
        return put_hex(out, a.value);
    case kind::signed_integer:
        if (!hex && static_cast<s64>(a.value) < 0) {
            out.put('-');
            return out.put_number(0 - a.value, 10);
        }
        [[fallthrough]];
    case kind::unsigned_integer:
        return hex ? put_hex(out, a.value) : out.put_number(a.value, 10);
    }
}
} // namespace

size_t format_arguments(char* buffer, size_t length, std::string_view text, const argument* arguments,
                        size_t count)
{
    writer out(buffer, length);
    size_t next = 0;
    for (size_t i = 0; i < text.size(); i++) {
        const bool plain = text.substr(i, 2) == "{}";
        const bool hex = text.substr(i, 3) == "{x}";
        if (!plain && !hex) {
            out.put(text[i]);
            continue;
        }
        if (next < count)
            put_argument(out, arguments[next++], hex);
        i += hex ? 2 : 1;
    }
    return out.used();
}
} // namespace klog
