#include "tests/unit/mm/machine.hh"

#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "arch/x64/cpu/features.hh"
#include "core/mm/cpu_memory.hh"
#include "core/mm/kernel_page_tables.hh"
#include "core/mm/layout.hh"

namespace
{
test::cpu* running = nullptr;
phys_addr kernel_root;
const arch::cpu_features host_features;
} // namespace

namespace arch
{
const cpu_features& features = host_features;

void page_table::activate() const {}
void tlb_domain::enter(unsigned) {}
void tlb_domain::leave(unsigned) {}
bool tlb_domain::only_here() const
{
    return true;
}
void tlb_domain::flush(virt_addr start, virt_addr end)
{
    if (running)
        running->flush(start, end);
}
void flush_local_page(virt_addr page)
{
    if (running)
        running->flush(page, page + page_size);
}
} // namespace arch

namespace mm
{
phys_addr kernel_page_table_root()
{
    return kernel_root;
}
} // namespace mm

namespace test
{
void start_machine(size_t bytes)
{
    static bool started = false;
    if (started)
        return;
    started = true;
    void* ram =
        mmap(nullptr, bytes + large_page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ram == MAP_FAILED)
        std::abort();
    arch::direct_map_base = align_up(reinterpret_cast<u64>(ram), large_page_size);
    const mm::memory_range all[] = {{phys_addr(0), 640_KiB}, {phys_addr(1_MiB), bytes - 1_MiB}};
    const mm::memory_range taken[] = {{phys_addr(0), page_size}, {phys_addr(1_MiB), 700_KiB}};
    if (!mm::init_frames(all, taken))
        std::abort();
    kernel_root = *mm::allocate_frames(0, mm::zeroing::zeroed);
}

u64 free_frames()
{
    return mm::statistics().free;
}

cpu::cpu(mm::address_space& space) : _space(space)
{
    running = this;
}
cpu::~cpu()
{
    running = nullptr;
}

void cpu::flush(virt_addr start, virt_addr end)
{
    _tlb.erase(_tlb.lower_bound(start.page_number()), _tlb.lower_bound(pages_for(end.value)));
}

bool cpu::translate(virt_addr address, mm::access wanted, phys_addr* place)
{
    const auto permits = [&](arch::page_entry e) {
        return e.present() && (wanted != mm::access::write || e.writable()) &&
               (wanted != mm::access::execute || e.executable());
    };
    auto cached = _tlb.find(address.page_number());
    if (cached == _tlb.end() || !permits(cached->second)) {
        const arch::page_slot* slot = _space.tables().find(address);
        auto e = slot ? slot->load() : arch::page_entry();
        if (!permits(e))
            return false;
        if (e.large())
            e = e.piece(static_cast<unsigned>(address.page_number() % 512));
        cached = _tlb.insert_or_assign(address.page_number(), e).first;
    }
    *place = cached->second.frame() + address.page_offset();
    return true;
}

mm::fault_result cpu::reach(virt_addr address, mm::access wanted, phys_addr* place)
{
    for (int i = 0; i < 4; i++) {
        if (translate(address, wanted, place))
            return mm::fault_result::handled;
        _faults++;
        const auto result = _space.fault(address, wanted);
        if (result != mm::fault_result::handled)
            return result;
    }
    ADD_FAILURE() << "a fault is served again and again at " << address.value;
    return mm::fault_result::map_error;
}

cpu::outcome cpu::read(virt_addr address)
{
    phys_addr place;
    const auto result = reach(address, mm::access::read, &place);
    return {result, result == mm::fault_result::handled ? *mm::to_virtual<u64>(place) : 0};
}

cpu::outcome cpu::write(virt_addr address, u64 value)
{
    phys_addr place;
    const auto result = reach(address, mm::access::write, &place);
    if (result == mm::fault_result::handled)
        *mm::to_virtual<u64>(place) = value;
    return {result, value};
}

mm::fault_result cpu::execute(virt_addr address)
{
    phys_addr place;
    return reach(address, mm::access::execute, &place);
}
} // namespace test
