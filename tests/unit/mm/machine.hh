// A machine for memory tests: RAM that is a block of this process, and a CPU that walks the page tables,
// keeps a TLB and takes faults. The TLB forgets only what is flushed, so a missing flush shows as a wrong
// read.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "core/mm/address_space.hh"
#include "core/mm/frames.hh"

namespace test
{
/// Starts the frame allocator on `bytes` of RAM; once per process.
void start_machine(size_t bytes);

/// Frames that are free now.
u64 free_frames();

/// Plays the program: reads and writes 8 bytes, faulting as a CPU would.
class cpu
{
  public:
    explicit cpu(mm::address_space& space);
    ~cpu();

    struct outcome {
        mm::fault_result result;
        u64 value = 0;
    };
    outcome read(virt_addr address);
    outcome write(virt_addr address, u64 value);
    /// Whether an instruction may be fetched.
    mm::fault_result execute(virt_addr address);
    u64 faults() const { return _faults; }

    void flush(virt_addr start, virt_addr end);

  private:
    bool translate(virt_addr address, mm::access wanted, phys_addr* place);
    mm::fault_result reach(virt_addr address, mm::access wanted, phys_addr* place);

    mm::address_space& _space;
    std::map<u64, arch::page_entry> _tlb; // by page number
    u64 _faults = 0;
};
} // namespace test
