// Virtio devices on PCI, the modern interface (virtio 1.2 §4.1).
//
// Vendor capabilities say in which BAR the register blocks lie; each is mapped as far as it is used. With
// MSI-X the configuration has vector 0, a queue gets a vector of its own where it asked for one and the
// device has enough, and the others share one; without MSI-X the shared line and the ISR byte serve.
#include <cstring>

#include "arch/cpu.hh"
#include "core/device/dynamic_array.hh"
#include "core/mm/kernel_areas.hh"
#include "drivers/driver.hh"
#include "drivers/pci/function.hh"
#include "drivers/pci/interrupts.hh"
#include "drivers/virtio/virtqueue.hh"

namespace virtio
{
namespace
{
enum block_type : u8 { common_block = 1, notify_block = 2, isr_block = 3, device_block = 4 };

/// The common configuration's registers.
enum common : size_t {
    device_feature_select = 0,
    device_feature_bits = 4,
    driver_feature_select = 8,
    driver_feature_bits = 12,
    configuration_vector = 16,
    device_status = 20,
    generation = 21,
    queue_select = 22,
    queue_size = 24,
    queue_vector = 26,
    queue_enable = 28,
    queue_notify_offset = 30,
    queue_descriptors = 32,
    queue_driver_area = 40,
    queue_device_area = 48,
    common_size = 56,
};

constexpr u16 vendor_id = 0x1af4;
constexpr u16 first_modern_device = 0x1040;
constexpr u16 subsystem_device = 0x2e;
constexpr u64 largest_block = 16_MiB; // more would be nonsense, and costs page tables

/// Registers of one kind, mapped.
struct register_block {
    volatile std::byte* base = nullptr;
    size_t size = 0;

    template <class T>
    T read(size_t offset) const
    {
        return *reinterpret_cast<volatile T*>(base + offset);
    }
    template <class T>
    void write(size_t offset, T value) const
    {
        *reinterpret_cast<volatile T*>(base + offset) = value;
    }
};

class pci_transport final : public transport
{
  public:
    static result<unique_ptr<transport>> create(pci::function function);

    explicit pci_transport(pci::function function) : _function(function), _interrupts(_function) {}

    device_type type() const override;
    u8 read_status() override { return _common.read<u8>(device_status); }
    void write_status(u8 value) override { _common.write<u8>(device_status, value); }
    result<void> reset() override;
    u64 device_features() override;
    void accept_features(u64 features) override;
    void read_configuration(size_t offset, std::span<std::byte> to) override;
    void write_configuration(size_t offset, std::span<const std::byte> from) override;
    u32 configuration_generation() override { return _common.read<u8>(generation); }
    result<void> connect_interrupts(interrupt_sink& sink, u16 queues) override;
    u16 queue_limit(u16 index) override;
    bool has_queue_interrupts() const override { return _interrupts.kind() == pci::interrupt_kind::msi_x; }
    result<void> enable_queue(u16 index, const virtqueue& queue, std::optional<unsigned> cpu) override;
    void notify(u16 index) override;

  private:
    /// The argument of one vector's handler.
    struct vector_target {
        pci_transport* transport = nullptr;
        u16 queue = 0;
    };

    result<void> map_blocks();
    result<register_block> map_block(u16 capability);
    result<void> connect_configuration();
    result<u16> vector_for(u16 index, std::optional<unsigned> cpu);
    void write_address(size_t offset, phys_addr address)
    {
        _common.write<u32>(offset, static_cast<u32>(address.value));
        _common.write<u32>(offset + 4, static_cast<u32>(address.value >> 32));
    }
    static void queue_raised(void* target);
    static void configuration_raised(void* self);
    static void line_raised(void* self);

    pci::function _function;
    pci::interrupts _interrupts;
    register_block _common;
    register_block _notify;
    register_block _isr;
    register_block _device;
    u32 _notify_multiplier = 0;
    unique_ptr<u16[]> _notify_offsets; // by queue, read once: notify() must be fast
    u16 _queues = 0;
    u16 _vectors = 0;       // connected so far
    u16 _shared_vector = 0; // 0: not yet
    dynamic_array<unique_ptr<vector_target>> _targets;
    interrupt_sink* _sink = nullptr;
};

result<unique_ptr<transport>> pci_transport::create(pci::function function)
{
    auto made = TRY(try_make_unique<pci_transport>(function));
    made->_function.enable();
    TRY(made->map_blocks());
    return unique_ptr<transport>(made.release());
}

device_type pci_transport::type() const
{
    const u16 id = _function.device();
    return static_cast<device_type>(id >= first_modern_device ? id - first_modern_device
                                                              : _function.read16(subsystem_device));
}

/// Finds the first usable block of each kind. Errors: enodev (a device with the legacy interface only),
/// enomem.
result<void> pci_transport::map_blocks()
{
    result<void> outcome;
    _function.find_capability(pci::capability_id::vendor, [&](u16 at) {
        register_block* blocks[] = {nullptr, &_common, &_notify, &_isr, &_device};
        const u8 kind = _function.read8(static_cast<u16>(at + 3));
        if (kind == 0 || kind >= std::size(blocks) || blocks[kind]->base)
            return false;
        const auto mapped = map_block(at);
        if (mapped)
            *blocks[kind] = *mapped;
        else if (mapped.error() == errc::enomem)
            outcome = fail(errc::enomem);
        if (kind == notify_block)
            _notify_multiplier = _function.read32(static_cast<u16>(at + 16));
        return false;
    });
    TRY(outcome);
    if (_common.size < common_size || _notify.size < 2 || _isr.size < 1)
        return fail(errc::enodev);
    return {};
}

result<register_block> pci_transport::map_block(u16 capability)
{
    const u64 offset = _function.read32(static_cast<u16>(capability + 8));
    const u64 length = _function.read32(static_cast<u16>(capability + 12));
    const auto bar = _function.bar(_function.read8(static_cast<u16>(capability + 4)));
    if (bar.where != pci::base_address::space::memory || length == 0 || length > largest_block)
        return fail(errc::eio);
    void* const mapped = TRY(mm::map_device(phys_addr{bar.address + offset}, length));
    return register_block{static_cast<volatile std::byte*>(mapped), length};
}

result<void> pci_transport::reset()
{
    write_status(0);
    for (int attempt = 0; attempt < 100'000; attempt++) {
        if (read_status() == 0)
            return {};
        arch::cpu_relax();
    }
    return fail(errc::eio);
}

u64 pci_transport::device_features()
{
    _common.write<u32>(device_feature_select, 1);
    const u64 high = _common.read<u32>(device_feature_bits);
    _common.write<u32>(device_feature_select, 0);
    return high << 32 | _common.read<u32>(device_feature_bits);
}

void pci_transport::accept_features(u64 features)
{
    _common.write<u32>(driver_feature_select, 1);
    _common.write<u32>(driver_feature_bits, static_cast<u32>(features >> 32));
    _common.write<u32>(driver_feature_select, 0);
    _common.write<u32>(driver_feature_bits, static_cast<u32>(features));
}

void pci_transport::read_configuration(size_t offset, std::span<std::byte> to)
{
    for (size_t i = 0; i < to.size();) {
        const size_t at = offset + i;
        if (at % 4 == 0 && to.size() - i >= 4 && at + 4 <= _device.size) {
            const u32 word = _device.read<u32>(at);
            std::memcpy(&to[i], &word, 4);
            i += 4;
        } else {
            to[i++] = std::byte{at < _device.size ? _device.read<u8>(at) : u8{0}};
        }
    }
}

void pci_transport::write_configuration(size_t offset, std::span<const std::byte> from)
{
    for (size_t i = 0; i < from.size() && offset + i < _device.size; i++)
        _device.write<u8>(offset + i, static_cast<u8>(from[i]));
}

result<void> pci_transport::connect_interrupts(interrupt_sink& sink, u16 queues)
{
    _sink = &sink;
    _queues = queues;
    _notify_offsets = TRY(try_make_unique<u16[]>(queues));
    TRY(_interrupts.enable());
    if (_interrupts.kind() != pci::interrupt_kind::msi_x)
        return _interrupts.connect(0, 0, line_raised, this);
    return connect_configuration();
}

result<void> pci_transport::connect_configuration()
{
    if (_interrupts.count() < 2)
        return fail(errc::enodev);
    TRY(_interrupts.connect(0, 0, configuration_raised, this));
    _vectors = 1;
    _common.write<u16>(configuration_vector, 0);
    if (_common.read<u16>(configuration_vector) != 0)
        return fail(errc::eio);
    return {};
}

/// A vector of the queue's own, or the one that queues share, made at first need.
result<u16> pci_transport::vector_for(u16 index, std::optional<unsigned> cpu)
{
    const u16 kept_for_sharing = _shared_vector ? 0 : 1;
    const bool own = cpu && _vectors + kept_for_sharing < _interrupts.count();
    if (!own && _shared_vector)
        return _shared_vector;
    auto target = TRY(try_make_unique<vector_target>());
    *target = {this, own ? index : interrupt_sink::any_queue};
    TRY(_interrupts.connect(_vectors, own ? *cpu : 0, queue_raised, target.get()));
    TRY(_targets.push_back(std::move(target)));
    if (!own)
        _shared_vector = _vectors;
    return _vectors++;
}

u16 pci_transport::queue_limit(u16 index)
{
    _common.write<u16>(queue_select, index);
    return _common.read<u16>(queue_size);
}

result<void> pci_transport::enable_queue(u16 index, const virtqueue& queue, std::optional<unsigned> cpu)
{
    if (index >= _queues)
        return fail(errc::einval);
    _common.write<u16>(queue_select, index);
    _common.write<u16>(queue_size, queue.size());
    const u16 offset = _common.read<u16>(queue_notify_offset);
    if (u64{offset} * _notify_multiplier + 2 > _notify.size)
        return fail(errc::eio);
    _notify_offsets[index] = offset;
    if (_interrupts.kind() == pci::interrupt_kind::msi_x) {
        const u16 vector = TRY(vector_for(index, cpu));
        _common.write<u16>(queue_vector, vector);
        if (_common.read<u16>(queue_vector) != vector)
            return fail(errc::eio);
    }
    write_address(queue_descriptors, queue.descriptor_area());
    write_address(queue_driver_area, queue.driver_area());
    write_address(queue_device_area, queue.device_area());
    _common.write<u16>(queue_enable, 1);
    return {};
}

void pci_transport::notify(u16 index)
{
    _notify.write<u16>(size_t{_notify_offsets[index]} * _notify_multiplier, index);
}

void pci_transport::queue_raised(void* target)
{
    const auto& t = *static_cast<vector_target*>(target);
    t.transport->_sink->queue_interrupt(t.queue);
}

void pci_transport::configuration_raised(void* self)
{
    static_cast<pci_transport*>(self)->_sink->configuration_interrupt();
}

void pci_transport::line_raised(void* self)
{
    auto& t = *static_cast<pci_transport*>(self);
    const u8 why = t._isr.read<u8>(0); // reading it lowers the line
    if (why & 1)
        t._sink->queue_interrupt(interrupt_sink::any_queue);
    if (why & 2)
        t._sink->configuration_interrupt();
}

result<void> probe(pci::function& function)
{
    return drivers::probe_virtio(TRY(pci_transport::create(function)));
}

constexpr drivers::pci_match matches[] = {{.vendor = vendor_id}};
constinit const drivers::pci_driver virtio_pci{{"virtio-pci", drivers::bus::pci}, matches, probe};
KILN_DRIVER(virtio_pci);
} // namespace
} // namespace virtio
