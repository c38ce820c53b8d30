// Texts from outside: configuration words, script lines, control lines.
#include <cstdlib>
#include <vector>

#include "core/boot/config.hh"
#include "linux/streams/control_lines.hh"
#include "loader/script.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    std::vector<char> text(data, data + size);
    const std::string_view all(text.data(), text.size());
    if (const auto line = loader::parse_script(all.substr(0, loader::probe_size)))
        if (line->interpreter.empty())
            std::abort();
    linux::line_assembler lines;
    lines.add(all, [](std::string_view line) { (void)linux::parse_control_line(line); });

    boot::config config;
    config.add(text);
    for (const auto value : config.arguments())
        if (value.data()[value.size()] != '\0' || value.find('\0') != std::string_view::npos)
            std::abort();
    for (const auto value : config.mmio_devices())
        (void)boot::parse_mmio_device(value);
    return 0;
}
