#include "fs/decompress/gzip.hh"

#include <zlib.h>

namespace decompress
{
namespace
{
constexpr int gzip_window_bits = 15 + 16; // the largest window; + 16: with gzip's header and checksum

void* allocate(void*, unsigned items, unsigned size)
{
    return ::operator new (size_t{items} * size, std::nothrow);
}
void release(void*, void* memory)
{
    ::operator delete(memory);
}
} // namespace

bool gzip::recognise(std::span<const std::byte> bytes)
{
    return bytes.size() > 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

gzip::gzip(unique_ptr<z_stream_s> stream) : _stream(std::move(stream)) {}

gzip::~gzip()
{
    inflateEnd(_stream.get());
}

result<unique_ptr<gzip>> gzip::create(std::span<const std::byte> bytes)
{
    auto stream = TRY(try_make_unique<z_stream_s>());
    stream->zalloc = allocate;
    stream->zfree = release;
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream->avail_in = static_cast<uInt>(std::min<size_t>(bytes.size(), ~uInt{0}));
    if (inflateInit2(stream.get(), gzip_window_bits) != Z_OK)
        return fail(errc::enomem);
    return try_make_unique<gzip>(std::move(stream));
}

result<size_t> gzip::read(std::span<std::byte> to)
{
    constexpr size_t piece_limit = size_t{1} << 30;
    const size_t wanted = std::min(to.size(), piece_limit);
    _stream->next_out = reinterpret_cast<Bytef*>(to.data());
    _stream->avail_out = static_cast<uInt>(wanted);
    while (_stream->avail_out > 0 && !_ended) {
        const int status = inflate(_stream.get(), Z_NO_FLUSH);
        if (status == Z_STREAM_END)
            _ended = true;
        else if (status != Z_OK) // Z_BUF_ERROR too: the input ended too early
            return fail(status == Z_MEM_ERROR ? errc::enomem : errc::eio);
    }
    return wanted - _stream->avail_out;
}
} // namespace decompress
