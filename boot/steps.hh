// The steps of start-up that are more than one call; each fails only where the machine cannot go on.
#pragma once

#include "core/base/result.hh"
#include "core/boot/boot_info.hh"

namespace boot
{
const info& loader_info();

result<void> read_configuration();
result<void> start_frames();
result<void> start_random();
result<void> discover_firmware();
result<void> build_page_tables();
result<void> start_clocks();
result<void> start_devices();
result<void> mount_root();
result<void> start_network();
result<void> start_program();
} // namespace boot
