// What a program finds at its start: arguments, environment, the auxiliary vector, the standard descriptors.
#include "../check.h"
#include "../support.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

static char** first_environment; // setenv moves environ

__attribute__((constructor)) static void note_start(int argc, char** argv, char** environment)
{
    (void)argc, (void)argv;
    first_environment = environment;
}

TEST(misc, auxiliary_vector)
{
    CHECK_EQ(getauxval(AT_PAGESZ), PAGE);
    CHECK_EQ(getauxval(AT_CLKTCK), 100);
    CHECK_EQ(getauxval(AT_UID), getuid());
    CHECK_EQ(getauxval(AT_EUID), geteuid());
    CHECK_EQ(getauxval(AT_GID), getgid());
    CHECK_EQ(getauxval(AT_EGID), getegid());
    CHECK_EQ(getauxval(AT_SECURE), 0);
    CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
    CHECK_RANGE(getauxval(AT_PHNUM), 3, 64);
    CHECK(getauxval(AT_ENTRY) != 0 && getauxval(AT_PHDR) != 0);
    CHECK_STR((const char*)getauxval(AT_PLATFORM), "x86_64");
    const char* name = (const char*)getauxval(AT_EXECFN);
    CHECK(name && *name);
    CHECK_RANGE(getauxval(AT_MINSIGSTKSZ), 1000, 65536);
    CHECK(sysconf(_SC_MINSIGSTKSZ) >= (long)getauxval(AT_MINSIGSTKSZ));
    const Elf64_Ehdr* vdso = (const Elf64_Ehdr*)getauxval(AT_SYSINFO_EHDR);
    CHECK(vdso != NULL);
    if (vdso)
        CHECK_EQ(memcmp(vdso->e_ident, ELFMAG, SELFMAG), 0);
    const unsigned char* random = (const unsigned char*)getauxval(AT_RANDOM);
    REQUIRE(random);
    int zeros = 0;
    for (int i = 0; i < 16; i++)
        zeros += random[i] == 0;
    CHECK_RANGE(zeros, 0, 4);
}

TEST(misc, auxiliary_vector_in_proc)
{
    Elf64_auxv_t aux[64];
    int fd = CHECK_OK(open("/proc/self/auxv", O_RDONLY));
    ssize_t n = CHECK_OK(read(fd, aux, sizeof aux));
    close(fd);
    bool ended = false;
    for (size_t i = 0; i < (size_t)n / sizeof *aux && !ended; i++) {
        ended = aux[i].a_type == AT_NULL;
        if (aux[i].a_type == AT_HWCAP)            // which the C library replaces
            CHECK(aux[i].a_un.a_val & (1 << 26)); // SSE2
        else if (!ended && aux[i].a_type < 50)
            CHECK_EQ(aux[i].a_un.a_val, getauxval(aux[i].a_type));
    }
    CHECK(ended);
}

TEST(misc, stack_layout)
{
    // argc, argv, NULL, environment, NULL, auxiliary vector: in one piece, upwards.
    char** last = first_environment;
    while (*last)
        last++;
    const Elf64_auxv_t* aux = (const Elf64_auxv_t*)(last + 1);
    bool found = false;
    for (; aux->a_type != AT_NULL; aux++)
        found = found || (aux->a_type == AT_PAGESZ && aux->a_un.a_val == PAGE);
    CHECK(found);
}

TEST(misc, environment)
{
    CHECK(environ != NULL);
    CHECK(getenv("PATH") != NULL);
    CHECK_OK(setenv("GUEST_TEST", "value", 1));
    CHECK_STR(getenv("GUEST_TEST"), "value");
    CHECK_OK(unsetenv("GUEST_TEST"));
}

TEST(misc, arguments_in_proc)
{
    char text[4096] = {0};
    int fd = CHECK_OK(open("/proc/self/cmdline", O_RDONLY));
    ssize_t n = CHECK_OK(read(fd, text, sizeof text - 1));
    close(fd);
    REQUIRE(n > 0);
    CHECK_EQ(text[n - 1], 0);
    CHECK_STR(text, program_invocation_name);
}

TEST(misc, standard_descriptors)
{
    struct stat st;
    for (int fd = 0; fd < 3; fd++) {
        CHECK_OK(fstat(fd, &st));
        CHECK(!S_ISDIR(st.st_mode));
        CHECK_EQ(fcntl(fd, F_GETFD), 0);
    }
    CHECK(fcntl(1, F_GETFL) & (O_WRONLY | O_RDWR));
}
