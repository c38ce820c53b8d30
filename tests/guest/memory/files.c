// Mapped files: coherent with read and write, private copies, the end of the file, msync and mincore.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RW = PROT_READ | PROT_WRITE };

static char* map_file(int fd, size_t pages, int flags)
{
    void* p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

TEST(memory, file_shared_is_coherent)
{
    char text[16] = {0};
    int fd = scratch_file("coherent", "original text");
    char* p = map_file(fd, 1, MAP_SHARED);
    char* q = map_file(fd, 1, MAP_SHARED);
    REQUIRE(p && q);
    CHECK_EQ(memcmp(p, "original text", 14), 0);
    memcpy(p, "MAPPED", 6);
    CHECK_EQ(memcmp(q, "MAPPED", 6), 0);
    CHECK_EQ(pread(fd, text, 13, 0), 13);
    CHECK_STR(text, "MAPPEDal text");
    CHECK_EQ(pwrite(fd, "wrote", 5, 8), 5);
    CHECK_EQ(memcmp(p + 8, "wrote", 5), 0);
    CHECK_OK(munmap(p, PAGE));
    close(fd); // the mapping holds the file
    CHECK_EQ(memcmp(q, "MAPPEDalwrote", 13), 0);
    munmap(q, PAGE);
}

TEST(memory, file_private_is_a_copy)
{
    char text[16] = {0};
    int fd = scratch_file("private", "original");
    char* p = map_file(fd, 1, MAP_PRIVATE);
    REQUIRE(p);
    CHECK_EQ(p[0], 'o');
    p[0] = 'X';
    CHECK_EQ(pread(fd, text, 8, 0), 8);
    CHECK_STR(text, "original");
    CHECK_EQ(pwrite(fd, "new", 3, 0), 3);
    CHECK_EQ(p[0], 'X'); // copied pages stay
    munmap(p, PAGE);
    close(fd);
}

TEST(memory, file_private_untouched_follows)
{
    int fd = scratch_file("follows", "original");
    char* p = map_file(fd, 1, MAP_PRIVATE);
    REQUIRE(p);
    CHECK_EQ(*(volatile char*)p, 'o');
    CHECK_EQ(pwrite(fd, "N", 1, 0), 1);
    CHECK_EQ(*(volatile char*)p, 'N'); // not yet copied: Linux shows the change
    munmap(p, PAGE);
    close(fd);
}

TEST(memory, file_end_page)
{
    int fd = scratch_file("end", "12345");
    char* p = map_file(fd, 3, MAP_SHARED);
    REQUIRE(p);
    CHECK_EQ(p[5], 0);
    CHECK_EQ(p[PAGE - 1], 0);
    p[100] = 'x'; // beyond the end, in the last page: lost
    struct stat st;
    CHECK_OK(fstat(fd, &st));
    CHECK_EQ(st.st_size, 5);
    struct fault f = FAULT(*(volatile char*)(p + PAGE + 10));
    CHECK_EQ(f.signal, SIGBUS);
    CHECK_EQ(f.code, BUS_ADRERR);
    CHECK(f.address == p + PAGE + 10);
    f = FAULT(p[2 * PAGE] = 1);
    CHECK_EQ(f.signal, SIGBUS);
    CHECK_OK(ftruncate(fd, 2 * PAGE)); // now there is a second page
    CHECK_EQ(*(volatile char*)(p + PAGE + 10), 0);
    p[PAGE] = 'y';
    char c = 0;
    CHECK_EQ(pread(fd, &c, 1, PAGE), 1);
    CHECK_EQ(c, 'y');
    munmap(p, 3 * PAGE);
    close(fd);
}

TEST(memory, file_truncated_under_mapping)
{
    int fd = scratch_file("cut", "");
    CHECK_OK(ftruncate(fd, 3 * PAGE));
    char* p = map_file(fd, 3, MAP_SHARED);
    REQUIRE(p);
    memset(p, 'z', 3 * PAGE);
    CHECK_OK(ftruncate(fd, PAGE + 10));
    CHECK_EQ(p[PAGE + 9], 'z');
    CHECK_EQ(p[PAGE + 10], 0);
    CHECK_EQ(FAULT(*(volatile char*)(p + 2 * PAGE)).signal, SIGBUS);
    CHECK_OK(ftruncate(fd, 3 * PAGE));
    CHECK_EQ(p[2 * PAGE], 0);
    CHECK_EQ(p[PAGE + 10], 0);
    munmap(p, 3 * PAGE);
    close(fd);
}

TEST(memory, file_offset)
{
    int fd = scratch_file("offset", "");
    char block[PAGE];
    for (int i = 0; i < 4; i++) {
        memset(block, 'a' + i, PAGE);
        CHECK_EQ(write(fd, block, PAGE), PAGE);
    }
    char* p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 2 * PAGE);
    REQUIRE(p != MAP_FAILED);
    CHECK_EQ(p[0], 'c');
    CHECK_EQ(p[PAGE], 'd');
    munmap(p, 2 * PAGE);
    p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 3 * PAGE);
    REQUIRE(p != MAP_FAILED);
    CHECK_EQ(p[PAGE - 1], 'd');
    munmap(p, PAGE);
    close(fd);
}

TEST(memory, file_mapping_larger_than_file)
{
    int fd = scratch_file("small", "tiny");
    char* p = mmap(NULL, UINT64_C(10) << 30, PROT_READ, MAP_SHARED, fd, 0); // etcd does
    REQUIRE(p != MAP_FAILED);
    CHECK_EQ(memcmp(p, "tiny", 4), 0);
    munmap(p, UINT64_C(10) << 30);
    close(fd);
}

TEST(memory, file_msync)
{
    int fd = scratch_file("msync", "text");
    char* p = map_file(fd, 2, MAP_SHARED);
    REQUIRE(p);
    p[0] = 'T';
    CHECK_OK(msync(p, PAGE, MS_SYNC));
    CHECK_OK(msync(p, PAGE, MS_ASYNC));
    CHECK_ERR(msync(p, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
    CHECK_ERR(msync(p + 1, PAGE, MS_SYNC), EINVAL);
    CHECK_OK(munmap(p + PAGE, PAGE));
    CHECK_ERR(msync(p, 2 * PAGE, MS_SYNC), ENOMEM);
    munmap(p, PAGE);
    close(fd);
}

TEST(memory, file_written_from_its_own_mapping)
{
    int fd = scratch_file("self", "");
    CHECK_OK(ftruncate(fd, 2 * PAGE));
    char* p = map_file(fd, 2, MAP_SHARED);
    REQUIRE(p);
    memset(p, 'q', PAGE);
    CHECK_EQ(pwrite(fd, p, PAGE, 0), PAGE); // a page onto itself
    CHECK_EQ(pwrite(fd, p, PAGE, PAGE), PAGE);
    CHECK_EQ(p[2 * PAGE - 1], 'q');
    CHECK_EQ(pread(fd, p + 1, PAGE, 0), PAGE); // and read into itself
    munmap(p, 2 * PAGE);
    p = map_file(fd, 2, MAP_SHARED); // not yet faulted in
    REQUIRE(p);
    CHECK_EQ(pwrite(fd, p + PAGE, PAGE, 0), PAGE);
    CHECK_EQ(p[0], 'q');
    munmap(p, 2 * PAGE);
    close(fd);
}

TEST(memory, file_unlinked_while_mapped)
{
    int fd = scratch_file("unlinked", "alive");
    char* p = map_file(fd, 1, MAP_SHARED);
    REQUIRE(p);
    close(fd);
    CHECK_OK(unlink(scratch("unlinked")));
    CHECK_EQ(memcmp(p, "alive", 5), 0);
    p[0] = 'A';
    munmap(p, PAGE);
}

TEST(memory, file_protect_of_read_only_descriptor)
{
    close(scratch_file("readonly", "text"));
    int fd = CHECK_OK(open(scratch("readonly"), O_RDONLY));
    char* p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK_ERR(mprotect(p, PAGE, RW), EACCES);
    munmap(p, PAGE);
    p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    REQUIRE(p != MAP_FAILED);
    CHECK_OK(mprotect(p, PAGE, RW));
    p[0] = 'T';
    munmap(p, PAGE);
    close(fd);
}

TEST(memory, device_zero)
{
    int fd = CHECK_OK(open("/dev/zero", O_RDWR));
    char* p = map_file(fd, 2, MAP_PRIVATE);
    REQUIRE(p);
    CHECK_EQ(p[PAGE], 0);
    p[PAGE] = 1;
    munmap(p, 2 * PAGE);
    close(fd);
}

TEST(memory, memfd)
{
    int fd = memfd_create("name", MFD_CLOEXEC);
    REQUIRE(CHECK_OK(fd) >= 0);
    CHECK_OK(ftruncate(fd, 2 * PAGE));
    char* p = map_file(fd, 2, MAP_SHARED);
    char* q = map_file(fd, 2, MAP_SHARED);
    REQUIRE(p && q && p != q);
    p[PAGE] = 'm';
    CHECK_EQ(q[PAGE], 'm');
    munmap(p, 2 * PAGE);
    munmap(q, 2 * PAGE);
    close(fd);
}
