// Frames into a file that tcpdump and Wireshark read (pcap, nanosecond variant); for host programs only.
#pragma once

#include <cstdio>
#include <span>

#include "core/time/clock.hh"

namespace net::testing
{
class pcap_writer
{
  public:
    pcap_writer() = default;
    pcap_writer(const pcap_writer&) = delete;
    pcap_writer& operator=(const pcap_writer&) = delete;
    ~pcap_writer();

    void open(const char* path);
    bool is_open() const { return _file; }
    void write(instant at, std::span<const std::byte> frame);

  private:
    std::FILE* _file = nullptr;
};
} // namespace net::testing
