// gzip (RFC 1952), by zlib's inflate.
#pragma once

#include "core/base/make_unique.hh"
#include "fs/decompress/byte_source.hh"

struct z_stream_s;

namespace decompress
{
class gzip final : public byte_source
{
  public:
    static bool recognise(std::span<const std::byte> bytes);

    /// Decompresses `bytes`, which must live as long as this. Errors: enomem.
    static result<unique_ptr<gzip>> create(std::span<const std::byte> bytes);
    explicit gzip(unique_ptr<z_stream_s> stream);
    ~gzip();

    result<size_t> read(std::span<std::byte> to) override;

  private:
    unique_ptr<z_stream_s> _stream;
    bool _ended = false;
};
} // namespace decompress
