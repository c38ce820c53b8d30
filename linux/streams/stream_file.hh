// Standard streams that are pipes, as open files: bytes go between the application and a port through one
// buffer.
#pragma once

#include "linux/streams/standard_streams.hh"

namespace linux
{
result<ref_ptr<vfs::file>> open_input(input_stream& from);
result<ref_ptr<vfs::file>> open_output(output_stream& to);
} // namespace linux
