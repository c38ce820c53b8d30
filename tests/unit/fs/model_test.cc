// The VFS on tmpfs against the host's own file system: the same random calls on both must return the same
// values and errors and leave the same tree. Linux is the specification.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/fs/support.hh"

using namespace test;
namespace stdfs = std::filesystem;

namespace
{
class pair_of_trees
{
  public:
    explicit pair_of_trees(unsigned seed) : _engine(seed), _ours(fresh_directory())
    {
        char name[] = "/tmp/kiln-model-XXXXXX";
        _theirs = mkdtemp(name);
    }
    ~pair_of_trees()
    {
        for (const auto& [file, host] : _open)
            close(host);
        stdfs::remove_all(_theirs);
    }

    void step();
    void compare_trees() { compare(_ours, _theirs); }

  private:
    unsigned pick(unsigned limit) { return static_cast<unsigned>(_engine() % limit); }
    std::string some_path();
    std::string host(const std::string& name) const { return _theirs + "/" + name; }
    void expect(int ours, long theirs, const std::string& what)
    {
        EXPECT_EQ(ours, theirs < 0 ? errno : 0) << what;
    }
    void open_one();
    void use_open_file();
    void change_names();
    void compare(const vfs::path& ours, const std::string& theirs);

    std::mt19937 _engine;
    vfs::path _ours;
    std::string _theirs;
    std::vector<std::pair<ref_ptr<vfs::file>, int>> _open;
};

std::string pair_of_trees::some_path()
{
    static const char* const names[] = {"a", "b", "c", "d"};
    std::string path = names[pick(4)];
    while (pick(5) < 2)
        path += "/" + std::string(names[pick(4)]);
    switch (pick(20)) {
    case 0:
        return path + "/";
    case 1:
        return path + "/.";
    case 2:
        return path + "/../" + names[pick(4)];
    default:
        return path;
    }
}

void pair_of_trees::open_one()
{
    static const int flags[] = {O_RDONLY,
                                O_RDWR,
                                O_WRONLY | O_APPEND,
                                O_RDWR | O_CREAT,
                                O_RDWR | O_CREAT | O_EXCL,
                                O_WRONLY | O_TRUNC,
                                O_RDONLY | O_DIRECTORY,
                                O_RDWR | O_CREAT | O_NOFOLLOW,
                                O_RDWR | O_CREAT | O_TRUNC,
                                O_RDONLY | O_NOFOLLOW};
    const auto name = some_path();
    const int how = flags[pick(std::size(flags))];
    auto mine = vfs::open(_ours, name, static_cast<u32>(how), 0644);
    const int fd = ::open(host(name).c_str(), how, 0644);
    expect(error_of(mine), fd, "open " + name + " flags " + std::to_string(how));
    if (!mine || fd < 0)
        return;
    _open.emplace_back(mine.take(), fd);
    if (_open.size() > 8) {
        close(_open.front().second);
        _open.erase(_open.begin());
    }
}

void pair_of_trees::use_open_file()
{
    if (_open.empty())
        return;
    auto& [mine, fd] = _open[pick(static_cast<unsigned>(_open.size()))];
    const bool directory = mine->inode().is_directory();
    const off_t offset = pick(30000);
    switch (pick(6)) {
    case 0:
    case 1: {
        const std::string bytes(pick(9000), static_cast<char>('A' + pick(26)));
        auto buffer = io_buffer::of_kernel(std::as_bytes(std::span(bytes)));
        if (!mine->may_write())
            break;
        const auto done = mine->write(buffer);
        const auto host_done = ::write(fd, bytes.data(), bytes.size());
        expect(error_of(done), host_done, "write");
        EXPECT_EQ(static_cast<long>(done ? done.value() : ~size_t{0}), host_done);
        break;
    }
    case 2: {
        std::string text(pick(9000), 0), host_text(text.size(), 0);
        auto buffer = io_buffer::of_kernel(std::as_writable_bytes(std::span(text)));
        if (!mine->may_read())
            break;
        const auto done = mine->read(buffer);
        const auto host_done = ::read(fd, host_text.data(), host_text.size());
        expect(error_of(done), host_done, "read");
        EXPECT_EQ(text, host_text);
        break;
    }
    case 3: {
        if (directory) // positions are each file system's own
            break;
        const int whence = static_cast<int>(pick(3));
        const off_t by = offset - 10000;
        const auto at = mine->seek(by, static_cast<vfs::seek_origin>(whence));
        const auto host_at = ::lseek(fd, by, whence);
        expect(error_of(at), host_at, "lseek");
        if (at)
            EXPECT_EQ(static_cast<off_t>(at.value()), host_at);
        break;
    }
    case 4:
        if (mine->may_write())
            expect(error_of(mine->truncate(static_cast<u64>(offset))), ftruncate(fd, offset), "ftruncate");
        break;
    case 5: {
        struct stat s;
        ASSERT_EQ(fstat(fd, &s), 0);
        vfs::attributes a;
        ASSERT_EQ(error_of(mine->get_attributes(a)), 0);
        EXPECT_EQ(a.mode, s.st_mode);
        EXPECT_EQ(a.links, s.st_nlink);
        if (!directory)
            EXPECT_EQ(a.size, static_cast<u64>(s.st_size));
        break;
    }
    }
}

void pair_of_trees::change_names()
{
    const auto name = some_path(), other = some_path();
    switch (pick(9)) {
    case 0:
    case 1:
        expect(error_of(vfs::make_directory(_ours, name, 0755)), mkdir(host(name).c_str(), 0755),
               "mkdir " + name);
        break;
    case 2:
        expect(error_of(vfs::remove_directory(_ours, name)), rmdir(host(name).c_str()), "rmdir " + name);
        break;
    case 3:
        expect(error_of(vfs::unlink(_ours, name)), unlink(host(name).c_str()), "unlink " + name);
        break;
    case 4:
        expect(error_of(vfs::make_symlink(other, _ours, name)), symlink(other.c_str(), host(name).c_str()),
               "symlink " + name + " -> " + other);
        break;
    case 5: {
        auto existing = vfs::resolve(_ours, name, vfs::final_link::keep);
        const int mine = existing ? error_of(vfs::link(existing.value(), _ours, other)) : error_of(existing);
        expect(mine, link(host(name).c_str(), host(other).c_str()), "link " + name + " " + other);
        break;
    }
    case 6:
    case 7: {
        const unsigned how = pick(4) == 0 ? 1 + pick(2) : 0;
        const int mine = error_of(vfs::rename(_ours, name, _ours, other, how));
        expect(mine, renameat2(AT_FDCWD, host(name).c_str(), AT_FDCWD, host(other).c_str(), how),
               "rename " + name + " " + other + " flags " + std::to_string(how));
        break;
    }
    case 8: {
        const mode_t mode = pick(07777);
        auto where = vfs::resolve(_ours, name);
        const int mine =
            where ? error_of(vfs::set_attributes(where.value(), {.permissions = mode})) : error_of(where);
        expect(mine, chmod(host(name).c_str(), mode), "chmod " + name);
        break;
    }
    }
}

void pair_of_trees::step()
{
    switch (pick(4)) {
    case 0:
        return open_one();
    case 1:
        return use_open_file();
    default:
        return change_names();
    }
}

void pair_of_trees::compare(const vfs::path& ours, const std::string& theirs)
{
    struct stat s;
    ASSERT_EQ(lstat(theirs.c_str(), &s), 0) << theirs;
    const auto a = attributes_of(ours);
    EXPECT_EQ(a.links, s.st_nlink) << theirs;
    if (theirs != _theirs)
        EXPECT_EQ(a.mode, s.st_mode) << theirs;
    if (ours.inode().is_symlink())
        EXPECT_EQ(ours.inode().read_link().take().text, stdfs::read_symlink(theirs).string());
    if (ours.inode().type() == vfs::file_type::regular)
        EXPECT_EQ(a.size, static_cast<u64>(s.st_size)) << theirs;
    if (!ours.inode().is_directory())
        return;
    std::vector<std::string> names;
    for (const auto& e : stdfs::directory_iterator(theirs))
        names.push_back(e.path().filename());
    std::sort(names.begin(), names.end());
    ASSERT_EQ(names_in(ours), names) << theirs;
    for (const auto& name : names)
        compare(vfs::resolve(ours, name, vfs::final_link::keep).take(), theirs + "/" + name);
}

TEST(model, random_calls_equal_the_host)
{
    if (getuid() != 0)
        GTEST_SKIP() << "permissions are those of root";
    umask(0);
    for (unsigned seed = 0; seed < 40 && !testing::Test::HasFailure(); seed++) {
        pair_of_trees trees(seed);
        for (int i = 0; i < 1500 && !testing::Test::HasFailure(); i++)
            trees.step();
        trees.compare_trees();
        if (testing::Test::HasFailure())
            std::fprintf(stderr, "with seed %u\n", seed);
    }
}
} // namespace
