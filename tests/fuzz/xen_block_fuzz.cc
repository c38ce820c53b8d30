// A back end of a disk that writes what it likes into the ring, while one thread reads and writes.
//
// It acts whenever that thread sleeps. The driver must come back from every call and never use what it reads
// as an index or a length.
#include <cstring>
#include <vector>

#include "core/mm/frames.hh"
#include "core/mm/layout.hh"
#include "drivers/xen/block.hh"
#include "tests/fuzz/fuzz_input.hh"
#include "tests/fuzz/one_thread.hh"
#include "tests/fuzz/use_disk.hh"

namespace
{
class hostile_back_end final : public xen::back_end
{
  public:
    explicit hostile_back_end(fuzz_input& i) : _input(i) {}

    result<u32> share(phys_addr page) override
    {
        if (_pages.size() > 3 && _input.byte() == 0xff)
            return fail(errc::enospc);
        _pages.push_back(mm::to_virtual<std::byte>(page));
        return static_cast<u32>(_pages.size());
    }
    void notify() override {}

    /// What happens while the driver sleeps. At the input's end the back end goes away, so that it wakes up.
    void act()
    {
        if (_input.left == 0)
            return driver->back_end_gone();
        auto& ring = *reinterpret_cast<xen::ring_header*>(_pages[0]);
        switch (_input.byte() % 5) {
        case 0: // an honest answer
        case 1:
            answer(_input.byte() % 8, 0);
            break;
        case 2:
            answer(_input.word(), static_cast<s16>(_input.half()));
            break;
        case 3:
            ring.answer_producer = _input.word();
            break;
        default:
            reinterpret_cast<u8*>(&ring)[_input.half() % page_size] = _input.byte();
        }
        driver->interrupt();
    }
    void free_pages()
    {
        for (std::byte* p : _pages)
            mm::free_frames(mm::to_physical(p));
    }

    xen::block* driver = nullptr;

  private:
    void answer(u64 id, s16 status)
    {
        auto& ring = *reinterpret_cast<xen::ring_header*>(_pages[0]);
        const xen::disk_answer a{.id = id, .status = status};
        memcpy(_pages[0] + sizeof ring + (ring.answer_producer % 32) * sizeof(xen::disk_request), &a,
               sizeof a);
        ring.answer_producer++;
    }

    fuzz_input& _input;
    std::vector<std::byte*> _pages;
};

hostile_back_end* other_side;
} // namespace

void device_acts()
{
    other_side->act();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz_input input{data, size};
    hostile_back_end device(input);
    other_side = &device;
    auto made = xen::block::create(device, 'a');
    if (!made)
        return 0;
    device.driver = made.value().get();
    device.driver->set_properties({.sectors = 4096, .has_flush = true, .indirect_segments = input.byte()});
    while (input.left > 0)
        use_disk(*device.driver, input);
    made.value().reset();
    device.free_pages();
    return 0;
}
