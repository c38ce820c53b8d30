#include "loader/start/stack_image.hh"

#include <cstring>

namespace loader
{
namespace
{
constexpr std::string_view platform = "x86_64";

/// Fills memory upwards; every address that it hands out is the application's.
class writer
{
  public:
    writer(std::byte* at, virt_addr address) : _at(at), _address(address) {}

    virt_addr address() const { return _address; }
    void word(u64 value) { bytes(&value, sizeof(value)); }
    void pair(auxv_tag tag, u64 value)
    {
        word(static_cast<u64>(tag));
        word(value);
    }
    virt_addr bytes(const void* from, size_t count)
    {
        const virt_addr start = _address;
        if (count)
            std::memcpy(_at, from, count);
        _at += count;
        _address += count;
        return start;
    }
    virt_addr string(std::string_view s)
    {
        const virt_addr start = bytes(s.data(), s.size());
        *_at++ = std::byte{0};
        _address += 1;
        return start;
    }
    void skip_to(virt_addr address)
    {
        const size_t count = address - _address;
        std::memset(_at, 0, count);
        _at += count;
        _address = address;
    }

  private:
    std::byte* _at;
    virt_addr _address;
};

/// One pointer for each string of a block that begins at `start`, then a zero.
void pointers(writer& w, const packed_strings& strings, virt_addr start)
{
    strings.for_each([&](std::string_view s) {
        w.word(start.value);
        start += s.size() + 1;
    });
    w.word(0);
}
} // namespace

result<stack_image> stack_image::create(const stack_content& content, virt_addr top, size_t limit)
{
    const auto& args = content.arguments;
    const auto& env = content.environment;
    const size_t own_entries = 4; // random, file name, platform, null
    const size_t auxv_size = (content.auxiliary.entries().size() + own_entries) * sizeof(auxv_entry);
    const size_t pointer_size = (1 + args.count + 1 + env.count + 1) * sizeof(u64);
    const size_t string_size = content.random.size() + platform.size() + 1 + args.size + env.size +
                               content.file_name.size() + 1 + sizeof(u64);
    if (pointer_size + auxv_size + string_size + 32 > limit)
        return fail(errc::e2big);

    const virt_addr strings(align_down(top.value - string_size, 16));
    const virt_addr sp(align_down(strings.value - auxv_size - pointer_size, 16));
    const virt_addr random_at = strings;
    const virt_addr platform_at = random_at + content.random.size();
    const virt_addr args_at = platform_at + (platform.size() + 1);
    const virt_addr env_at = args_at + args.size;
    const virt_addr name_at = env_at + env.size;

    stack_image image;
    image._size = top - sp;
    image._bytes = TRY(try_make_unique<std::byte[]>(image._size));
    image._stack_pointer = sp;

    writer w(image._bytes.get(), sp);
    w.word(args.count);
    pointers(w, args, args_at);
    pointers(w, env, env_at);
    image.auxv_start = w.address();
    for (const auto& entry : content.auxiliary.entries())
        w.pair(entry.tag, entry.value);
    w.pair(auxv_tag::random, random_at.value);
    w.pair(auxv_tag::file_name, name_at.value);
    w.pair(auxv_tag::platform, platform_at.value);
    w.pair(auxv_tag::null, 0);
    image.auxv_end = w.address();

    w.skip_to(strings);
    w.bytes(content.random.data(), content.random.size());
    w.string(platform);
    image.arguments_start = w.bytes(args.bytes, args.size);
    image.arguments_end = image.environment_start = w.bytes(env.bytes, env.size);
    image.environment_end = w.address();
    w.string(content.file_name);
    w.skip_to(top);
    return image;
}
} // namespace loader
