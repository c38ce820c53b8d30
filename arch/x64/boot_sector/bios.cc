// BIOS calls; see bios.hh. Sources: IBM PC/AT BIOS (INT 10h), Enhanced Disk Drive 3.0 (INT 13h), ACPI 6.4
// §15.1 (INT 15h E820h), APM 1.2 (INT 15h 53h), IBM PS/2 BIOS (INT 15h 24h, port 92h).
#include "arch/x64/boot_sector/bios.hh"

struct register_set {
    u32 eax, ebx, ecx, edx, esi, edi;
    u32 es;
    u32 flags;
};

extern "C" {
extern volatile register_set bios_registers;
void bios_call(u32 vector);
void* memcpy(void* to, const void* from, u32 length);
void* memset(void* to, int value, u32 length);
}

namespace
{
constexpr u32 carry = 1;
constexpr u16 serial_port = 0x3f8;
constexpr u32 disk_buffer = 0x10000; // 32 KiB that do not cross a segment's border
constexpr u32 sectors_at_once = 64;

u8 boot_drive;

void out8(u16 port, u8 value)
{
    asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
u8 in8(u16 port)
{
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void put_on_serial(char c)
{
    for (u32 i = 0; i < 100'000 && !(in8(serial_port + 5) & 0x20); i++)
        ;
    out8(serial_port, static_cast<u8>(c));
}

void put(char c)
{
    if (c == '\n')
        put('\r');
    put_on_serial(c);
    bios_registers.eax = 0x0e00 | static_cast<u8>(c);
    bios_registers.ebx = 7;
    bios_call(0x10);
}

void turn_off()
{
    const struct {
        u32 function, object, state;
    } steps[] = {{0x5301, 0, 0}, {0x530e, 0, 0x0102}, {0x5307, 1, 3}}; // connect, version, off
    for (const auto& s : steps) {
        bios_registers.eax = s.function;
        bios_registers.ebx = s.object;
        bios_registers.ecx = s.state;
        bios_call(0x15);
    }
}

void read_sectors(u64 first, u32 count)
{
    static struct {
        u8 size, zero;
        u16 count, offset, segment;
        u64 first;
    } packet;
    packet = {16, 0, static_cast<u16>(count), 0, disk_buffer >> 4, first};
    bios_registers.eax = 0x4200;
    bios_registers.edx = boot_drive;
    bios_registers.esi = reinterpret_cast<u32>(&packet);
    bios_call(0x13);
    if (bios_registers.flags & carry)
        give_up("the disk cannot be read");
}
} // namespace

void* memcpy(void* to, const void* from, u32 length)
{
    void* destination = to; // by words: an emulator takes its time for each step
    u32 words = length / 4;
    u32 rest = length % 4;
    asm volatile("rep movsl" : "+D"(destination), "+S"(from), "+c"(words)::"memory");
    asm volatile("rep movsb" : "+D"(destination), "+S"(from), "+c"(rest)::"memory");
    return to;
}

void* memset(void* to, int value, u32 length)
{
    void* destination = to;
    u32 words = length / 4;
    u32 rest = length % 4;
    const u32 pattern = static_cast<u8>(value) * 0x01010101u;
    asm volatile("rep stosl" : "+D"(destination), "+c"(words) : "a"(pattern) : "memory");
    asm volatile("rep stosb" : "+D"(destination), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

void set_boot_drive(u8 drive)
{
    boot_drive = drive;
}

void print(const char* text)
{
    while (*text)
        put(*text++);
}

namespace
{
/// Whether addresses of an odd MiB are themselves, and not those of the MiB below (the PC's address line 20).
bool reaches_odd_megabytes()
{
    static volatile u32 low;
    const auto* const high = reinterpret_cast<volatile u32*>(reinterpret_cast<u32>(&low) + 0x100000);
    low = ~*high;
    return *high != low;
}
} // namespace

void reach_all_memory()
{
    constexpr u16 system_control = 0x92;
    constexpr u8 line_20 = 2, reset = 1;
    if (reaches_odd_megabytes())
        return;
    bios_registers.eax = 0x2401;
    bios_call(0x15);
    if (reaches_odd_megabytes())
        return;
    out8(system_control, static_cast<u8>((in8(system_control) | line_20) & ~reset));
    if (!reaches_odd_megabytes())
        give_up("address line 20 cannot be switched on");
}

void print_number(u32 value)
{
    char digits[11];
    u32 at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value);
    print(digits + at);
}

void stop()
{
    turn_off();
    for (;;)
        asm volatile("cli; hlt");
}

void give_up(const char* why)
{
    print("kiln: ");
    print(why);
    print("\n");
    stop();
}

void read_disk(u64 offset, void* to, u32 length)
{
    u8* destination = static_cast<u8*>(to);
    while (length > 0) {
        const u32 skip = static_cast<u32>(offset) % sector_size;
        u32 sectors = (skip + length + sector_size - 1) / sector_size;
        if (sectors > sectors_at_once)
            sectors = sectors_at_once;
        read_sectors(offset / sector_size, sectors);
        u32 part = sectors * sector_size - skip;
        if (part > length)
            part = length;
        memcpy(destination, reinterpret_cast<const void*>(disk_buffer + skip), part);
        destination += part;
        offset += part;
        length -= part;
    }
}

u32 read_memory_map(memory_range* ranges)
{
    constexpr u32 signature = 0x534d4150; // "SMAP"
    constexpr u32 entry_size = 20;
    u32 count = 0;
    u32 next = 0;
    do {
        ranges[count] = {};
        bios_registers.eax = 0xe820;
        bios_registers.ebx = next;
        bios_registers.ecx = entry_size;
        bios_registers.edx = signature;
        bios_registers.edi = reinterpret_cast<u32>(&ranges[count]);
        bios_registers.es = 0;
        bios_call(0x15);
        if ((bios_registers.flags & carry) || bios_registers.eax != signature)
            break;
        next = bios_registers.ebx;
        if (ranges[count].size != 0)
            count++;
    } while (next != 0 && count < most_ranges);
    return count;
}

namespace
{
u32 find_acpi_root_in(u32 from, u32 length)
{
    constexpr u64 signature = 0x2052'5450'2044'5352; // "RSD PTR "
    for (u32 at = from; at < from + length; at += 16) {
        if (*reinterpret_cast<const u64*>(at) != signature)
            continue;
        u8 sum = 0;
        for (u32 i = 0; i < 20; i++)
            sum = static_cast<u8>(sum + reinterpret_cast<const u8*>(at)[i]);
        if (sum == 0)
            return at;
    }
    return 0;
}
} // namespace

u32 find_acpi_root()
{
    u32 extended_data; // its segment stands in the BIOS data area
    asm volatile("movzwl 0x40e, %0" : "=r"(extended_data));
    if (extended_data)
        if (const u32 found = find_acpi_root_in(extended_data << 4, 1024))
            return found;
    return find_acpi_root_in(0xe0000, 0x20000);
}
