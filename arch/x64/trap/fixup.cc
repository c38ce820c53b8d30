// Look-up of fix-ups: a dozen entries, so a linear search is the shortest.
#include "arch/x64/trap/fixup.hh"

namespace arch
{
namespace
{
struct fixup {
    u64 faulting, handler;
};
} // namespace

extern "C" const fixup __fixups_start[];
extern "C" const fixup __fixups_end[];

u64 find_fixup(u64 rip)
{
    for (const fixup* f = __fixups_start; f != __fixups_end; f++)
        if (f->faulting == rip)
            return f->handler;
    return 0;
}
} // namespace arch
