// What the loader gets from the BIOS: sectors, the memory map, a way to say something and to turn off.
//
// This code runs in 32-bit protected mode without any library, in the 64 KiB from 0x7c00 on; it shares no
// header with the kernel, whose headers need the 64-bit C++ library.
#pragma once

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;

inline constexpr u32 sector_size = 512;

/// Text for the user, on the screen and on the first serial port.
void print(const char* text);
void print_number(u32 value);

/// Turns the machine off, or halts it where the BIOS cannot.
[[noreturn]] void stop();
/// Says why the machine cannot start, and stops.
[[noreturn]] void give_up(const char* why);

/// Reads bytes of the disk that we were started from, anywhere in it to anywhere below 4 GiB; gives up on an
/// error.
void read_disk(u64 offset, void* to, u32 length);
void set_boot_drive(u8 drive);

/// Switches address line 20 on, which not every BIOS does; gives up if it stays off.
void reach_all_memory();

/// One range of the memory map, as the PVH start info has it.
struct memory_range {
    u64 address;
    u64 size;
    u32 type; // 1: RAM
    u32 reserved;
};
inline constexpr u32 type_ram = 1;
inline constexpr u32 most_ranges = 128;

/// Fills `ranges`; returns how many.
u32 read_memory_map(memory_range* ranges);

/// ACPI's root pointer in the BIOS area, or 0.
u32 find_acpi_root();
