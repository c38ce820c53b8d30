#include "tests/unit/fs/support.hh"

#include <algorithm>

#include "fs/tmpfs/tmpfs.hh"

namespace flag = vfs::open_flag;

namespace test
{
namespace
{
class vector_sink final : public vfs::directory_sink
{
  public:
    vector_sink(std::vector<listed>& to, size_t limit) : _to(to), _limit(limit) {}
    bool add(const vfs::directory_entry& e) override
    {
        if (_to.size() >= _limit)
            return false;
        _to.push_back({std::string(e.name), e.inode_number, e.type, e.next});
        return true;
    }

  private:
    std::vector<listed>& _to;
    size_t _limit;
};
} // namespace

vfs::path root()
{
    static const bool mounted = [] {
        auto fs = tmpfs::file_system::create({.page_limit = 1 << 18, .root_permissions = 0755});
        return vfs::mount::create_root(fs.take(), {.source = "test"}).has_value();
    }();
    EXPECT_TRUE(mounted);
    return vfs::root();
}

vfs::path fresh_directory()
{
    static int last = 0;
    const std::string name = "test" + std::to_string(last++);
    EXPECT_EQ(error_of(vfs::make_directory(root(), name, 0755)), 0);
    return vfs::resolve(root(), name).take();
}

ref_ptr<vfs::file> open_file(const vfs::path& base, std::string_view name, u32 flags, u32 permissions)
{
    auto f = vfs::open(base, name, flags, permissions);
    EXPECT_EQ(error_of(f), 0) << name;
    return f ? f.take() : nullptr;
}

std::string read_from(vfs::file& from, size_t bytes)
{
    std::string text(bytes, '?');
    auto buffer = io_buffer::of_kernel(std::as_writable_bytes(std::span(text)));
    const auto done = from.read(buffer);
    EXPECT_EQ(error_of(done), 0);
    text.resize(done ? done.value() : 0);
    return text;
}

std::string read_at(vfs::file& from, u64 offset, size_t bytes)
{
    std::string text(bytes, '?');
    auto buffer = io_buffer::of_kernel(std::as_writable_bytes(std::span(text)));
    const auto done = from.read_at(offset, buffer);
    EXPECT_EQ(error_of(done), 0);
    text.resize(done ? done.value() : 0);
    return text;
}

size_t write_to(vfs::file& to, std::string_view bytes)
{
    auto buffer = io_buffer::of_kernel(std::as_bytes(std::span(bytes)));
    const auto done = to.write(buffer);
    EXPECT_EQ(error_of(done), 0);
    return done ? done.value() : 0;
}

void write_file(const vfs::path& base, std::string_view name, std::string_view bytes)
{
    auto f = open_file(base, name, flag::write_only | flag::create | flag::truncate);
    EXPECT_EQ(write_to(*f, bytes), bytes.size());
}

std::string read_file(const vfs::path& base, std::string_view name)
{
    auto f = open_file(base, name, flag::read_only);
    std::string all;
    for (;;) {
        const auto piece = read_from(*f, 10000);
        if (piece.empty())
            return all;
        all += piece;
    }
}

vfs::attributes attributes_of(const vfs::path& where)
{
    vfs::attributes out;
    EXPECT_EQ(error_of(where.get_attributes(out)), 0);
    return out;
}

std::string path_of(const vfs::path& where)
{
    char text[5000];
    const auto length = where.describe(text, vfs::path::deleted_mark::yes);
    return length ? std::string(text, length.value()) : "error";
}

std::vector<listed> list(vfs::file& directory, size_t limit)
{
    std::vector<listed> all;
    vector_sink sink(all, limit);
    EXPECT_EQ(error_of(directory.list(sink)), 0);
    return all;
}

std::vector<std::string> names_in(const vfs::path& directory)
{
    auto f = open_file(directory, ".", flag::read_only | flag::directory);
    std::vector<std::string> names;
    for (const auto& e : list(*f))
        if (e.name != "." && e.name != "..")
            names.push_back(e.name);
    std::sort(names.begin(), names.end());
    return names;
}
} // namespace test
