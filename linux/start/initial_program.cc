#include "linux/start/initial_program.hh"

#include <utility>

#include "core/boot/config.hh"
#include "core/log.hh"
#include "core/sched/thread.hh"
#include "fs/devfs/devfs.hh"
#include "fs/vfs/lookup.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/files/fs_context.hh"
#include "linux/proc/mount.hh"
#include "linux/streams/control.hh"
#include "linux/streams/standard_streams.hh"
#include "linux/streams/terminal.hh"
#include "linux/task/start.hh"
#include "loader/elf/file.hh"
#include "loader/loader.hh"

namespace linux
{
namespace
{
constexpr int status_unusable = 125;
constexpr std::string_view command_file = "/.kiln/command";
constexpr size_t largest_command_file = 1_MiB;

[[noreturn]] void give_up(int status)
{
    control::finish(static_cast<u32>(status) << 8);
}

/// The image's own command, where the machine was given none.
result<void> read_command_file()
{
    const auto where = TRY(vfs::resolve(vfs::root(), command_file));
    vfs::attributes attributes;
    TRY(where.get_attributes(attributes));
    if (attributes.size > largest_command_file)
        return fail(errc::efbig);
    const size_t size = static_cast<size_t>(attributes.size);
    auto text = TRY(try_make_unique<char[]>(size + 1)); // with the zero that the parser wants
    TRY(elf::read_fully(where.inode(), 0, std::as_writable_bytes(std::span(text.get(), size))));
    boot::configuration().add({text.release(), size + 1}); // read for as long as the machine runs
    return {};
}

result<void> pack(const boot::value_range& values, loader::string_pack& into)
{
    for (const auto value : values)
        TRY(into.append(value));
    return {};
}

/// What the Linux interface adds to the tree of files.
result<void> mount_own_files()
{
    register_terminal_devices();
    TRY(devfs::add("tty", vfs::file_type::character, {5, 0}, 0666));
    TRY(devfs::add("console", vfs::file_type::character, {5, 1}, 0600));
    return proc::mount_all();
}

/// Everything about the program that can fail, in order; `why` is set where the user should hear more than a
/// number.
result<void> start(loader::explanation& why)
{
    const auto& config = boot::configuration();
    loader::string_pack arguments, environment;
    TRY(pack(config.arguments(), arguments));
    TRY(pack(config.environment(), environment));

    auto files = TRY(try_make_unique<fs_context>());
    auto folder = vfs::resolve(vfs::root(), config.working_directory);
    if (!folder || !folder->inode().is_directory()) {
        why.set("the working directory {} is not in the image", config.working_directory);
        return fail(errc::eio);
    }
    files->set_working_directory(*folder);

    auto space = TRY(mm::address_space::create());
    sched::current().set_address_space(space.get());
    auto load_result = loader::load(*space,
                                    {.base = *folder,
                                     .file = arguments.view().first(),
                                     .arguments = arguments.view(),
                                     .environment = environment.view(),
                                     .builtin_library = config.builtin_library},
                                    why);
    sched::current().set_address_space(nullptr); // on every CPU, before a failure destroys the space
    auto loaded = TRY(std::move(load_result));
    files->set_executable(loaded.executable);

    auto table = TRY(try_make_unique<descriptor_table>());
    TRY(open_standard_streams(*table));

    program_parts parts;
    parts.space = std::move(space);
    parts.descriptors = std::move(table);
    parts.fs = std::move(files);
    parts.linked = std::move(loaded.linked);
    parts.addresses = {.arguments_start = loaded.arguments_start,
                       .arguments_end = loaded.arguments_end,
                       .environment_start = loaded.environment_start,
                       .environment_end = loaded.environment_end,
                       .auxv_start = loaded.auxv_start,
                       .auxv_end = loaded.auxv_end,
                       .stack_start = loaded.stack_pointer};
    set_program_end_hook([](u32 wait_status) { control::finish(wait_status); });
    control::send_entry();
    return start_program(std::move(parts), loaded.name.data(), {loaded.entry, loaded.stack_pointer});
}
} // namespace

void start_machine_program()
{
    const auto& config = boot::configuration();
    if (const auto started = control::start(); !started)
        klog::line("no memory for the control port's threads");
    if (const auto mounted = mount_own_files(); !mounted)
        klog::line("/proc, /sys or the terminal's files are missing (error {})", mounted.error());
    if (!config.bad_word.empty())
        klog::line("the configuration has a word that cannot be understood: {}", config.bad_word);
    if (config.arguments().empty())
        (void)read_command_file(); // a missing one is told below
    if (config.arguments().empty()) {
        klog::line("no program was named, and the image has no {}", command_file);
        give_up(status_unusable);
    }

    loader::explanation why;
    const auto started = start(why);
    if (started)
        return;
    const auto program = *config.arguments().begin();
    if (why.text().empty())
        klog::line("{}: cannot be started (error {})", program, started.error());
    else
        klog::line("{}", why.text());
    give_up(loader::exit_status_of(started.error()));
}
} // namespace linux
