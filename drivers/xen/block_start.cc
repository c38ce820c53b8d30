// Connecting a disk with its back end.
#include <atomic>

#include "core/log.hh"
#include "drivers/xen/block.hh"
#include "drivers/xen/bus.hh"
#include "drivers/xen/connection.hh"
#include "drivers/xen/front_end.hh"

namespace xen
{
namespace
{
constexpr u64 info_read_only = 4, info_cd = 1;

result<block::properties> read_properties(front_end& f)
{
    block::properties p;
    // "sectors" counts 512 bytes whatever the disk's own sectors are; those are the smallest that may be
    // asked for.
    p.sectors = f.offer("sectors");
    const u64 smallest = f.offer("sector-size", block_device::sector_size);
    if (p.sectors == 0 || smallest != block_device::sector_size) {
        klog::line("xen: a disk of {} sectors of {} bytes is not supported", p.sectors, smallest);
        return fail(errc::einval);
    }
    p.read_only = (f.offer("info") & (info_read_only | info_cd)) != 0;
    p.has_flush = f.offer("feature-flush-cache") != 0;
    p.indirect_segments = static_cast<u32>(f.offer("feature-max-indirect-segments"));
    return p;
}
} // namespace

/// What is made here lives as long as the machine, also if the back end never comes: it knows our pages.
result<void> start_disk(store& s, u64 number)
{
    static constinit std::atomic<u8> disks{0};
    auto* const front = TRY(try_make_unique<front_end>(s, "vbd", number)).release();
    TRY(front->find_back_end());
    TRY(front->wait_for(bus_state::waiting));
    auto* const line = TRY(try_make_unique<connection>(front->back_end())).release();
    const u8 index = disks.fetch_add(1, std::memory_order_relaxed);
    if (index >= 26)
        return fail(errc::enospc); // no name left
    block* const disk = TRY(block::create(*line, static_cast<char>('a' + index))).release();
    TRY(line->open([](void* self) { static_cast<block*>(self)->interrupt(); }, disk));
    front->set_end([](void* self) { static_cast<block*>(self)->back_end_gone(); }, disk);
    TRY(front->write("ring-ref", disk->ring_grant()));
    TRY(front->write("event-channel", line->port()));
    TRY(front->write("protocol", "x86_64-abi"));
    TRY(front->write("feature-persistent", 1));
    TRY(front->set_state(bus_state::initialised));
    TRY(front->wait_for(bus_state::connected));
    disk->set_properties(TRY(read_properties(*front)));
    TRY(front->set_state(bus_state::connected));
    klog::detail("{}: {} sectors{}", disk->name(), disk->sector_count(),
                 disk->read_only() ? ", read-only" : "");
    block_devices::add(*disk);
    return {};
}
} // namespace xen
