// See pcap.hh; the format: draft-ietf-opsawg-pcap.
#include "net/testing/pcap.hh"

namespace net::testing
{
pcap_writer::~pcap_writer()
{
    if (_file)
        std::fclose(_file);
}

void pcap_writer::open(const char* path)
{
    _file = std::fopen(path, "wb");
    if (!_file)
        return;
    constexpr u32 ethernet = 1;
    const u32 header[] = {0xa1b2'3c4d, 2 | 4 << 16, 0, 0, 0x4'0000, ethernet};
    std::fwrite(header, sizeof header, 1, _file);
}

void pcap_writer::write(instant at, std::span<const std::byte> frame)
{
    if (!_file)
        return;
    const auto time = static_cast<u64>(at.time_since_epoch().count());
    const auto length = static_cast<u32>(frame.size());
    const u32 header[] = {static_cast<u32>(time / 1'000'000'000), static_cast<u32>(time % 1'000'000'000),
                          length, length};
    std::fwrite(header, sizeof header, 1, _file);
    std::fwrite(frame.data(), 1, frame.size(), _file);
}
} // namespace net::testing
