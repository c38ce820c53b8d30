// Pipes and FIFOs between threads of the host.
#include <atomic>
#include <random>
#include <thread>

#include "fs/pipe/pipe_file.hh"
#include "tests/unit/fs/support.hh"

using namespace test;
namespace flag = vfs::open_flag;
using namespace vfs::poll_event;

namespace
{
result<size_t> try_write(vfs::file& to, std::string_view bytes)
{
    auto buffer = io_buffer::of_kernel(std::as_bytes(std::span(bytes)));
    return to.write(buffer);
}

result<size_t> try_read(vfs::file& from, size_t bytes)
{
    std::string text(bytes, 0);
    auto buffer = io_buffer::of_kernel(std::as_writable_bytes(std::span(text)));
    return from.read(buffer);
}

TEST(pipe, bytes_come_out_as_they_went_in)
{
    auto p = fs::create_pipe(0).take();
    EXPECT_EQ(write_to(*p.write_end, "hello "), 6u);
    EXPECT_EQ(write_to(*p.write_end, "world"), 5u);
    EXPECT_EQ(read_from(*p.read_end, 8), "hello wo");
    EXPECT_EQ(read_from(*p.read_end, 100), "rld");
    p.write_end = nullptr;
    EXPECT_EQ(read_from(*p.read_end, 100), "");
    EXPECT_EQ(error_of(p.read_end->seek(0, vfs::seek_origin::start)), ESPIPE);
    char text[40];
    const auto length = p.read_end->describe(text).take();
    EXPECT_EQ(std::string(text, length).substr(0, 6), "pipe:[");
}

TEST(pipe, nonblocking)
{
    auto p = fs::create_pipe(flag::nonblock).take();
    EXPECT_EQ(error_of(try_read(*p.read_end, 1)), EAGAIN);
    EXPECT_EQ(p.read_end->poll(in | out, nullptr), 0u);
    EXPECT_EQ(p.write_end->poll(in | out, nullptr), out);
    EXPECT_EQ(write_to(*p.write_end, std::string(70000, 'x')), 65536u);
    EXPECT_EQ(error_of(try_write(*p.write_end, "y")), EAGAIN);
    EXPECT_EQ(p.write_end->poll(out, nullptr), 0u);
    EXPECT_EQ(read_from(*p.read_end, 4095).size(), 4095u);
    EXPECT_EQ(p.write_end->poll(out, nullptr), 0u); // not room for an atomic write
    EXPECT_EQ(error_of(try_write(*p.write_end, std::string(4096, 'y'))), EAGAIN);
    EXPECT_EQ(read_from(*p.read_end, 1), "x");
    EXPECT_EQ(p.write_end->poll(out, nullptr), out);
    EXPECT_EQ(write_to(*p.write_end, std::string(4096, 'y')), 4096u);
    EXPECT_EQ(read_from(*p.read_end, 100000).substr(61440, 2), "yy");
    p.read_end = nullptr;
    EXPECT_EQ(error_of(try_write(*p.write_end, "z")), EPIPE);
    EXPECT_EQ(p.write_end->poll(0, nullptr), vfs::poll_event::error);
}

// What tee(2) does, among writes and reads, against two strings.
TEST(pipe, copies_without_taking)
{
    auto from = fs::create_pipe(flag::nonblock).take();
    auto to = fs::create_pipe(flag::nonblock).take();
    auto& source = fs::pipe_file::of(*from.read_end)->ring();
    auto& target = fs::pipe_file::of(*to.write_end)->ring();
    std::string here, there;
    std::mt19937 random(7);
    for (int step = 0; step < 3000; step++) {
        const size_t size = random() % (step % 3 ? 300 : 20000);
        switch (random() % 4) {
        case 0:
        case 1: {
            if (!(from.write_end->poll(writable, nullptr) & writable))
                break; // full
            const std::string bytes(size, static_cast<char>('a' + step % 26));
            here += bytes.substr(0, write_to(*from.write_end, bytes));
            break;
        }
        case 2: {
            const auto copied = source.copy_to(target, size + 1, fs::pipe::blocking::no);
            if (copied)
                there += here.substr(0, *copied);
            else
                EXPECT_EQ(error_of(copied), EAGAIN);

            break;
        }
        case 3: {
            auto& side = random() % 2 ? here : there;
            auto& file = &side == &here ? *from.read_end : *to.read_end;
            if (side.empty() || size == 0)
                break;
            const auto got = read_from(file, size);
            EXPECT_EQ(got, side.substr(0, size));
            side.erase(0, size);
            break;
        }
        }
    }
    EXPECT_EQ(read_from(*from.read_end, 100000), here);
    EXPECT_EQ(read_from(*to.read_end, 100000), there);
    from.write_end = nullptr;
    EXPECT_EQ(source.copy_to(target, 1, fs::pipe::blocking::yes).take(), 0u);
    to.read_end = nullptr;
    EXPECT_EQ(error_of(source.copy_to(target, 1, fs::pipe::blocking::yes)), EPIPE);
}

TEST(pipe, capacity)
{
    auto p = fs::create_pipe(flag::nonblock).take();
    EXPECT_EQ(p.read_end->pipe_size().take(), 65536u);
    write_to(*p.write_end, std::string(10000, 'a'));
    EXPECT_EQ(error_of(p.write_end->set_pipe_size(4096)), EBUSY);
    EXPECT_EQ(p.write_end->set_pipe_size(100000).take(), 131072u);
    EXPECT_EQ(write_to(*p.write_end, std::string(200000, 'b')), 131072u - 10000);
    EXPECT_EQ(read_from(*p.read_end, 200000), std::string(10000, 'a') + std::string(121072, 'b'));
    EXPECT_EQ(p.write_end->set_pipe_size(1).take(), 4096u);
    EXPECT_EQ(error_of(p.write_end->set_pipe_size(2 << 20)), EPERM);
    EXPECT_EQ(write_to(*p.write_end, std::string(5000, 'c')), 4096u);
}

TEST(pipe, threads)
{
    auto p = fs::create_pipe(0).take();
    constexpr int writers = 3, rounds = 3000;
    std::vector<std::thread> threads;
    for (int t = 0; t < writers; t++)
        threads.emplace_back([&, t] {
            for (int i = 0; i < rounds; i++)
                write_to(*p.write_end,
                         std::string(1000 + static_cast<size_t>(i % 3), static_cast<char>('a' + t)) + '\n');
        });
    std::string all;
    size_t lines = 0;
    while (lines < writers * rounds) {
        const auto piece = read_from(*p.read_end, 7777);
        lines += static_cast<size_t>(std::count(piece.begin(), piece.end(), '\n'));
        all += piece;
    }
    for (auto& t : threads)
        t.join();
    for (size_t at = 0; at < all.size();) { // writes up to PIPE_BUF are never mixed
        const size_t end = all.find('\n', at);
        ASSERT_EQ(all.find_first_not_of(all[at], at), end);
        at = end + 1;
    }
}

TEST(pipe, two_readers_share_the_wake_ups)
{
    auto p = fs::create_pipe(0).take();
    std::atomic<int> got{0};
    std::vector<std::thread> readers;
    for (int t = 0; t < 4; t++)
        readers.emplace_back([&] {
            while (!read_from(*p.read_end, 1).empty())
                got++;
        });
    for (int i = 0; i < 500; i++)
        write_to(*p.write_end, "abcd");
    while (got < 2000)
        std::this_thread::yield();
    p.write_end = nullptr;
    for (auto& r : readers)
        r.join();
    EXPECT_EQ(got, 2000);
}

TEST(fifo, opening_waits_for_the_other_side)
{
    const auto d = fresh_directory();
    ASSERT_EQ(error_of(vfs::make_node(d, "fifo", static_cast<u32>(vfs::file_type::fifo) | 0600, {})), 0);
    EXPECT_EQ(error_of(vfs::open(d, "fifo", flag::write_only | flag::nonblock)), ENXIO);
    std::thread writer([&] {
        auto f = open_file(d, "fifo", flag::write_only);
        write_to(*f, "through the fifo");
    });
    auto f = open_file(d, "fifo", flag::read_only);
    writer.join();
    EXPECT_EQ(read_from(*f, 100), "through the fifo");
    EXPECT_EQ(read_from(*f, 100), "");
    EXPECT_EQ(f->poll(in, nullptr), hang_up);
    auto both = open_file(d, "fifo", flag::read_write);
    EXPECT_EQ(write_to(*both, "x"), 1u);
    EXPECT_EQ(read_from(*f, 100), "x");
}
} // namespace
