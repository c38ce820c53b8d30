// Finding the driver for a device in the list that the linker made; see driver.hh.
#include "drivers/driver.hh"

extern "C" {
// Bounds of the sections; set by the linker script.
extern const drivers::driver* const __drivers_start[];
extern const drivers::driver* const __drivers_end[];
extern const drivers::device_search* const __device_searches_start[];
extern const drivers::device_search* const __device_searches_end[];
}

namespace drivers
{
std::span<const driver* const> all()
{
    return {__drivers_start, __drivers_end};
}

void search_devices()
{
    for (const device_search* s : std::span(__device_searches_start, __device_searches_end))
        if (s->run())
            return;
}

result<void> probe_virtio(unique_ptr<virtio::transport> transport)
{
    for (const driver* d : all())
        if (d->bus == bus::virtio)
            if (const auto* candidate = static_cast<const virtio_driver*>(d);
                candidate->type == transport->type())
                return candidate->probe(std::move(transport));
    return fail(errc::enodev);
}

const pci_driver* find_pci(u32 vendor, u32 device, u32 class_code)
{
    const auto fits = [](u32 wanted, u32 present) { return wanted == pci_match::any || wanted == present; };
    for (const driver* d : all())
        if (d->bus == bus::pci)
            for (const auto* candidate = static_cast<const pci_driver*>(d);
                 const pci_match& m : candidate->matches)
                if (fits(m.vendor, vendor) && fits(m.device, device) && fits(m.class_code, class_code))
                    return candidate;
    return nullptr;
}
} // namespace drivers
