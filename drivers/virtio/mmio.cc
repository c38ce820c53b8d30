// Virtio devices in windows of memory (virtio 1.2 §4.2): microvm, Firecracker.
//
// Nothing enumerates them. The command line names the windows that hold a device; without such words on a
// machine that looks like a microvm with ACPI (hardware-reduced), where only AML could tell, the fixed window
// of QEMU is probed by its magic number. One interrupt line serves all queues of a device.
#include <cstring>

#include "core/boot/config.hh"
#include "core/device/firmware.hh"
#include "core/log.hh"
#include "core/mm/kernel_areas.hh"
#include "drivers/driver.hh"
#include "drivers/ioapic/ioapic.hh"
#include "drivers/virtio/virtqueue.hh"

namespace virtio
{
namespace
{
enum reg : size_t {
    magic = 0x000,
    version = 0x004,
    device_id = 0x008,
    device_feature_bits = 0x010,
    device_feature_select = 0x014,
    driver_feature_bits = 0x020,
    driver_feature_select = 0x024,
    queue_select = 0x030,
    queue_size_max = 0x034,
    queue_size = 0x038,
    queue_ready = 0x044,
    queue_notify = 0x050,
    interrupt_status = 0x060,
    interrupt_acknowledge = 0x064,
    device_status = 0x070,
    queue_descriptors = 0x080,
    queue_driver_area = 0x090,
    queue_device_area = 0x0a0,
    config_generation = 0x0fc,
    config_space = 0x100,
};

struct mmio_window {
    u64 size;
    phys_addr address;
    u32 interrupt; // global interrupt number
};

constexpr u32 magic_value = 0x7472'6976; // "virt"
constexpr u32 interrupt_queue = 1;
constexpr u32 interrupt_configuration = 2;

class mmio_transport final : public transport
{
  public:
    mmio_transport(const mmio_window& window, volatile std::byte* registers)
        : _registers(registers), _size(window.size), _interrupt(window.interrupt)
    {
    }

    device_type type() const override { return static_cast<device_type>(read(device_id)); }
    u8 read_status() override { return static_cast<u8>(read(device_status)); }
    void write_status(u8 value) override { write(device_status, value); }
    result<void> reset() override;
    u64 device_features() override;
    void accept_features(u64 features) override;
    void read_configuration(size_t offset, std::span<std::byte> to) override;
    void write_configuration(size_t offset, std::span<const std::byte> from) override;
    u32 configuration_generation() override { return read(config_generation); }
    result<void> connect_interrupts(interrupt_sink& sink, u16 queues) override;
    u16 queue_limit(u16 index) override;
    bool has_queue_interrupts() const override { return false; }
    result<void> enable_queue(u16 index, const virtqueue& queue, std::optional<unsigned>) override;
    void notify(u16 index) override { write(queue_notify, index); }

  private:
    u32 read(size_t offset) const { return *reinterpret_cast<volatile const u32*>(_registers + offset); }
    void write(size_t offset, u32 value) { *reinterpret_cast<volatile u32*>(_registers + offset) = value; }
    void write_address(size_t offset, phys_addr address)
    {
        write(offset, static_cast<u32>(address.value));
        write(offset + 4, static_cast<u32>(address.value >> 32));
    }
    static void interrupt(void* self);

    volatile std::byte* const _registers;
    const size_t _size;
    const u32 _interrupt;
    interrupt_sink* _sink = nullptr;
};

result<void> mmio_transport::reset()
{
    write(device_status, 0);
    return {};
}

u64 mmio_transport::device_features()
{
    write(device_feature_select, 1);
    const u64 high = read(device_feature_bits);
    write(device_feature_select, 0);
    return high << 32 | read(device_feature_bits);
}

void mmio_transport::accept_features(u64 features)
{
    write(driver_feature_select, 1);
    write(driver_feature_bits, static_cast<u32>(features >> 32));
    write(driver_feature_select, 0);
    write(driver_feature_bits, static_cast<u32>(features));
}

/// Word by word where alignment allows: fields must be read in their own width.
void mmio_transport::read_configuration(size_t offset, std::span<std::byte> to)
{
    for (size_t i = 0; i < to.size();) {
        const size_t at = config_space + offset + i;
        const size_t left = to.size() - i;
        if (at + 4 > _size) {
            to[i++] = std::byte{0};
        } else if (at % 4 == 0 && left >= 4) {
            const u32 word = read(at);
            std::memcpy(&to[i], &word, 4);
            i += 4;
        } else if (at % 2 == 0 && left >= 2) {
            const u16 half = *reinterpret_cast<volatile const u16*>(_registers + at);
            std::memcpy(&to[i], &half, 2);
            i += 2;
        } else {
            to[i++] = std::byte{*reinterpret_cast<volatile const u8*>(_registers + at)};
        }
    }
}

void mmio_transport::write_configuration(size_t offset, std::span<const std::byte> from)
{
    for (size_t i = 0; i < from.size() && config_space + offset + i < _size; i++)
        *reinterpret_cast<volatile u8*>(_registers + config_space + offset + i) = static_cast<u8>(from[i]);
}

result<void> mmio_transport::connect_interrupts(interrupt_sink& sink, u16)
{
    _sink = &sink;
    return ioapic::connect(_interrupt, firmware::trigger::level, firmware::polarity::high, interrupt, this);
}

u16 mmio_transport::queue_limit(u16 index)
{
    write(queue_select, index);
    return static_cast<u16>(read(queue_size_max));
}

result<void> mmio_transport::enable_queue(u16 index, const virtqueue& queue, std::optional<unsigned>)
{
    write(queue_select, index);
    if (read(queue_ready) != 0)
        return fail(errc::eio); // it was reset just now
    write(queue_size, queue.size());
    write_address(queue_descriptors, queue.descriptor_area());
    write_address(queue_driver_area, queue.driver_area());
    write_address(queue_device_area, queue.device_area());
    write(queue_ready, 1);
    return {};
}

void mmio_transport::interrupt(void* self)
{
    auto& t = *static_cast<mmio_transport*>(self);
    const u32 why = t.read(interrupt_status);
    if (why == 0)
        return;                          // another device of this line
    t.write(interrupt_acknowledge, why); // before looking: what comes later raises the line anew
    if (why & interrupt_queue)
        t._sink->queue_interrupt(interrupt_sink::any_queue);
    if (why & interrupt_configuration)
        t._sink->configuration_interrupt();
}

/// Looks into a window and hands its device to a driver. Errors: enodev (empty), or the driver's.
result<void> probe(const mmio_window& window)
{
    if (window.size < config_space || window.address.value % 4 != 0)
        return fail(errc::einval);
    void* const mapped = TRY(mm::map_device(window.address, window.size));
    auto* registers = static_cast<volatile std::byte*>(mapped);
    const auto word = [&](size_t offset) { return *reinterpret_cast<volatile u32*>(registers + offset); };
    if (word(magic) != magic_value || word(device_id) == 0) {
        mm::unmap_device(mapped, window.size);
        return fail(errc::enodev);
    }
    if (word(version) != 2) {
        klog::line(
            "virtio-mmio at {}: only the legacy interface (QEMU: -global virtio-mmio.force-legacy=false)",
            window.address);
        mm::unmap_device(mapped, window.size);
        return fail(errc::enodev);
    }
    return drivers::probe_virtio(TRY(try_make_unique<mmio_transport>(window, registers)));
}

void probe_window(const mmio_window& window)
{
    const auto probed = probe(window);
    if (!probed && probed.error() != errc::enodev)
        klog::line("virtio-mmio at {}: not usable, error {}", window.address, probed.error());
}

/// The windows that QEMU's microvm has where nothing on the command line says so.
void probe_microvm_windows()
{
    constexpr u64 first_window = 0xfeb0'0000;
    constexpr u64 window_size = 512;
    const bool second_io_apic = firmware::this_machine().io_apics.size() > 1;
    const u32 count = second_io_apic ? 24 : 8;
    const u32 first_interrupt = second_io_apic ? 24 : 5;
    for (u32 i = 0; i < count; i++)
        probe_window({window_size, phys_addr{first_window + i * window_size}, first_interrupt + i});
}

bool probe_all()
{
    const auto hints = boot::configuration().mmio_devices();
    for (const auto value : hints)
        if (const auto hint = boot::parse_mmio_device(value))
            probe_window({hint->size, hint->address, hint->interrupt});
    if (hints.empty() && firmware::this_machine().hardware_reduced)
        probe_microvm_windows();
    return !hints.empty(); // a machine with such words has no other bus
}

constinit const drivers::device_search windows{"virtio-mmio", probe_all};
KILN_DEVICE_SEARCH(windows, 1);
} // namespace
} // namespace virtio
