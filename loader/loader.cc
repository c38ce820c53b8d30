#include "loader/loader.hh"

#include <algorithm>

#include "arch/cpu.hh"
#include "core/mm/user_access.hh"
#include "core/random.hh"
#include "fs/vfs/lookup.hh"
#include "loader/dynamic/link.hh"
#include "loader/elf/map.hh"
#include "loader/script.hh"
#include "loader/start/machine.hh"
#include "loader/start/stack_image.hh"
#include "loader/vdso/object.hh"

namespace loader
{
namespace
{
constexpr unsigned script_depth = 5;
constexpr u64 smallest_stack = 128_KiB;
constexpr u64 largest_stack = 1_GiB; // RLIM_INFINITY does not mean all of the address space

/// The program file that a request leads to, and the arguments after scripts had their say.
struct target {
    vfs::path file;
    string_pack replaced_arguments; // only if a script changed them
    packed_strings arguments;
    std::string_view name; // as it was called: AT_EXECFN
};

result<vfs::path> find(const vfs::path& base, std::string_view name, explanation& why)
{
    auto found = vfs::resolve(base, name);
    if (!found) {
        why.set("{}: {}", name,
                found.error() == errc::enoent    ? "no such file in the image"
                : found.error() == errc::enotdir ? "a part of this path is not a directory"
                                                 : "the path cannot be followed");
        return fail(found.error());
    }
    if (found->inode().is_directory()) {
        why.set("{}: is a directory, not a program", name);
        return fail(errc::eacces);
    }
    if (found->inode().type() != vfs::file_type::regular || !vfs::check_access(*found, 1)) {
        why.set("{}: is not executable", name);
        return fail(errc::eacces);
    }
    return *found;
}

/// Puts the interpreter, its argument and the script's name in the place of argv[0].
result<void> replace_arguments(target& t, const script_line& line, std::string_view script)
{
    string_pack replaced;
    TRY(replaced.append(line.interpreter));
    if (!line.argument.empty())
        TRY(replaced.append(line.argument));
    TRY(replaced.append(script));
    bool first = true;
    errc failed{};
    t.arguments.for_each([&](std::string_view argument) {
        if (!std::exchange(first, false))
            if (const auto r = replaced.append(argument); !r)
                failed = r.error();
    });
    if (failed != errc{})
        return fail(failed);
    t.replaced_arguments = std::move(replaced);
    t.arguments = t.replaced_arguments.view();
    return {};
}

/// Follows #! lines until a file is no script. `names` holds the bytes that script_line views point to.
result<target> find_target(const request& what, explanation& why)
{
    target t;
    t.arguments = what.arguments;
    t.name = what.file;
    std::array<char, probe_size> beginning;
    std::array<char, probe_size> interpreter;
    std::string_view name = what.file;
    for (unsigned depth = 0; depth <= script_depth; depth++) {
        auto file = find(what.base, name, why);
        if (!file) {
            if (depth)
                why.set("{}: its interpreter {} is not in the image", what.file, name);
            return fail(file.error());
        }
        const size_t size =
            TRY(elf::read_fully(file->inode(), 0, std::as_writable_bytes(std::span(beginning))));
        const auto line = parse_script({beginning.data(), size});
        if (!line) {
            t.file = std::move(*file);
            return t;
        }
        TRY(replace_arguments(t, *line, name));
        name = {interpreter.data(), line->interpreter.copy(interpreter.data(), interpreter.size())};
    }
    why.set("{}: scripts that are run by scripts, too deep", what.file);
    return fail(errc::eloop);
}

result<elf::file> open_elf(vfs::path where, std::string_view name, explanation& why)
{
    elf::defect defect;
    auto file = elf::file::open(std::move(where), &defect);
    if (!file) {
        if (defect != elf::defect::none)
            why.set("{}: {}", name, elf::describe(defect));
        else
            why.set("{}: cannot be read (error {})", name, file.error());
    }
    return file;
}

result<elf::mapping> map_elf(mm::address_space& space, const elf::file& file, elf::placement where,
                             std::string_view name, explanation& why)
{
    auto mapped = elf::map(space, file, where);
    if (!mapped)
        why.set("{}: cannot be mapped (error {}): not enough memory, or addresses that are not the program's",
                name, mapped.error());
    return mapped;
}

struct started_elf {
    elf::mapping program;
    virt_addr entry;
    virt_addr interpreter_base;
    unique_ptr<linker::linked_program> linked;
};

/// LD_LIBRARY_PATH, or nothing.
std::string_view library_path(packed_strings environment)
{
    constexpr std::string_view variable = "LD_LIBRARY_PATH=";
    std::string_view value;
    environment.for_each([&](std::string_view s) {
        if (s.starts_with(variable))
            value = s.substr(variable.size());
    });
    return value;
}

/// Maps the program and either its interpreter, if it names one, or what takes the interpreter's place.
result<started_elf> map_with_interpreter(mm::address_space& space, const elf::file& program,
                                         const request& what, explanation& why)
{
    started_elf started;
    started.program = TRY(map_elf(space, program, elf::placement::program, what.file, why));
    started.entry = started.program.entry;
    if (program.layout().interpreter_size == 0)
        return started;
    if (what.builtin_library) {
        started.linked = TRY(linker::linked_program::create(space, library_path(what.environment)));
        started.entry = TRY(started.linked->link(program, started.program, what.file, what.base, why));
        return started;
    }

    auto buffer = TRY(try_make_unique<char[]>(elf::max_interpreter_name));
    const auto name = program.read_interpreter({buffer.get(), elf::max_interpreter_name});
    if (!name) {
        why.set("{}: {}", what.file, elf::describe(elf::defect::interpreter_name));
        return fail(errc::enoexec);
    }
    auto where = find(what.base, *name, why);
    if (!where) {
        why.set("{}: its interpreter {} is not in the image", what.file, *name);
        return fail(where.error());
    }
    const auto interpreter = TRY(open_elf(std::move(*where), *name, why));
    const auto mapped = TRY(map_elf(space, interpreter, elf::placement::library, *name, why));
    started.entry = mapped.entry;
    started.interpreter_base = virt_addr(mapped.bias);
    return started;
}

auxv_list auxiliary_vector(const request& what, const elf::file& program, const started_elf& started,
                           virt_addr vdso)
{
    const auto& l = program.layout();
    auxv_list list;
    list.add(auxv_tag::vdso, vdso.value);
    list.add(auxv_tag::minimum_signal_stack, minimum_signal_stack());
    list.add(auxv_tag::cpu_capabilities, cpu_capabilities());
    list.add(auxv_tag::page_size, page_size);
    list.add(auxv_tag::clock_ticks, 100);
    list.add(auxv_tag::program_headers,
             l.program_header_address ? started.program.bias + l.program_header_address : 0);
    list.add(auxv_tag::program_header_size, sizeof(elf::program_header));
    list.add(auxv_tag::program_header_count, program.program_headers().size());
    list.add(auxv_tag::interpreter_base, started.interpreter_base.value);
    list.add(auxv_tag::flags, 0);
    list.add(auxv_tag::entry, started.program.entry.value);
    list.add(auxv_tag::user, what.user);
    list.add(auxv_tag::effective_user, what.effective_user);
    list.add(auxv_tag::group, what.group);
    list.add(auxv_tag::effective_group, what.effective_group);
    list.add(auxv_tag::secure, 0);
    list.add(auxv_tag::cpu_capabilities_2, cpu_capabilities_2());
    return list;
}

/// Maps the stack and copies its first content there.
result<stack_image> make_stack(mm::address_space& space, const request& what, const stack_content& content,
                               bool executable)
{
    const u64 size = align_up(std::clamp(what.stack_limit, smallest_stack, largest_stack), page_size);
    const virt_addr top = space.stack_top();
    auto rights = mm::protection::read | mm::protection::write;
    if (executable)
        rights = rights | mm::protection::execute;
    TRY(space.map({.hint = top - size,
                   .length = size,
                   .rights = rights,
                   .fixed_noreplace = true,
                   .stack = true,
                   .noreserve = true,
                   .object = {},
                   .name = "[stack]"}));
    // Beside the area's random place the stack begins anywhere within its first two pages.
    const virt_addr start = top - align_down(random_u64() % (2 * page_size), 16);
    auto image = TRY(stack_image::create(content, start, size / 4));
    TRY(mm::copy_to_user(image.stack_pointer(), image.bytes().data(), image.bytes().size()));
    return image;
}

std::string_view last_part(std::string_view name)
{
    const size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? name : name.substr(slash + 1);
}
} // namespace

result<loaded_program> load(mm::address_space& space, const request& what, explanation& why)
{
    target t = TRY(find_target(what, why));
    const auto program = TRY(open_elf(t.file, what.file, why));
    const auto& l = program.layout();
    auto started = TRY(map_with_interpreter(space, program, what, why));
    space.set_break_start(started.program.break_start);
    const virt_addr vdso = TRY(vdso::map(space));

    stack_content content{.file_name = t.name,
                          .arguments = t.arguments,
                          .environment = what.environment,
                          .random = {},
                          .auxiliary = auxiliary_vector(what, program, started, vdso)};
    random_fill(std::as_writable_bytes(std::span(content.random)));
    auto stack = make_stack(space, what, content, l.executable_stack);
    if (!stack) {
        if (stack.error() == errc::e2big)
            why.set("{}: its arguments and environment are too long", what.file);
        return fail(stack.error());
    }

    loaded_program loaded;
    loaded.entry = started.entry;
    loaded.stack_pointer = stack->stack_pointer();
    loaded.executable = std::move(t.file);
    loaded.linked = std::move(started.linked);
    last_part(t.name).copy(loaded.name.data(), loaded.name.size() - 1);
    const u64 bias = started.program.bias;
    loaded.code_start = virt_addr(l.code_end ? bias + l.code_start : 0);
    loaded.code_end = virt_addr(l.code_end ? bias + l.code_end : 0);
    loaded.data_start = virt_addr(bias + l.data_start);
    loaded.data_end = virt_addr(bias + l.data_end);
    loaded.arguments_start = stack->arguments_start;
    loaded.arguments_end = stack->arguments_end;
    loaded.environment_start = stack->environment_start;
    loaded.environment_end = stack->environment_end;
    loaded.auxv_start = stack->auxv_start;
    loaded.auxv_end = stack->auxv_end;
    return loaded;
}

int exit_status_of(errc error)
{
    switch (error) {
    case errc::enoent:
    case errc::enotdir:
        return 127;
    case errc::enomem:
    case errc::eio:
        return 125;
    default:
        return 126;
    }
}
} // namespace loader
