#include "loader/elf/file.hh"

#include "core/mm/io_buffer.hh"

namespace elf
{
result<size_t> read_fully(vfs::inode& from, u64 offset, std::span<std::byte> to)
{
    size_t done = 0;
    while (done < to.size()) {
        auto buffer = io_buffer::of_kernel(to.subspan(done));
        const size_t bytes = TRY(from.read(offset + done, buffer));
        if (bytes == 0)
            break;
        done += bytes;
    }
    return done;
}

result<file> file::open(vfs::path where, defect* why)
{
    *why = defect::none;
    const auto reject = [&](defect d) {
        *why = d;
        return fail(error_of(d));
    };
    vfs::attributes attributes;
    TRY(where.get_attributes(attributes));

    file opened;
    file_header header{};
    const size_t got = TRY(read_fully(where.inode(), 0, std::as_writable_bytes(std::span(&header, 1))));
    const u64 size = got < sizeof(header) ? got : attributes.size;
    if (const auto d = check(header, size); d != defect::none)
        return reject(d);

    opened._header_count = header.program_header_count;
    opened._headers = TRY(try_make_unique<program_header[]>(opened._header_count));
    const std::span table(opened._headers.get(), opened._header_count);
    if (TRY(read_fully(where.inode(), header.program_headers, std::as_writable_bytes(table))) <
        table.size_bytes())
        return reject(defect::program_headers_outside_file);
    if (const auto d = check(header, table, size, &opened._layout); d != defect::none)
        return reject(d);
    opened._where = std::move(where);
    return opened;
}

result<std::string_view> file::read_interpreter(std::span<char> buffer) const
{
    const size_t size = _layout.interpreter_size;
    if (size > buffer.size())
        return fail(errc::enametoolong);
    const auto text = buffer.first(size);
    if (TRY(read_fully(_where.inode(), _layout.interpreter_offset, std::as_writable_bytes(text))) < size)
        return fail(errc::enoexec);
    const std::string_view all(text.data(), text.size());
    const size_t zero = all.find('\0');
    if (zero == 0 || zero == std::string_view::npos)
        return fail(errc::enoexec);
    return all.substr(0, zero);
}
} // namespace elf
