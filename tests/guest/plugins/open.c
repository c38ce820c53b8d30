// dlopen, dlsym and their kin on libraries that were not there when the program started.
#include "../check.h"
#include "../support.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>

int own_or_mine(void)
{
    return 1;
}

static bool is_mapped(const char* name)
{
    char line[600];
    bool found = false;
    FILE* maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        found |= strstr(line, name) != NULL;
    if (maps)
        fclose(maps);
    return found;
}

static const char* ask_for(void* handle, const char* function)
{
    const char* (*ask)(void) = (const char* (*)(void))dlsym(handle, function);
    return ask ? ask() : "nobody";
}

static int number_from(void* handle, const char* function)
{
    int (*number)(void) = (int (*)(void))dlsym(handle, function);
    return number ? number() : -1;
}

TEST(plugins, constructors_in_order)
{
    void* handle = dlopen("libouter.so", RTLD_NOW);
    REQUIRE(handle);
    CHECK_EQ(number_from(handle, "outer_value"), 17);
    CHECK_STR((const char*)dlsym(handle, "order"), "io"); // found in what it needs
    CHECK(dlopen("libouter.so", RTLD_LAZY) == handle);
    CHECK_STR((const char*)dlsym(handle, "order"), "io");
    CHECK_EQ(dlclose(handle), 0);
}

TEST(plugins, what_is_not_there)
{
    CHECK(dlopen("libnot-there.so", RTLD_NOW) == NULL);
    const char* error = dlerror();
    REQUIRE(error);
    CHECK(strstr(error, "libnot-there.so"));
    CHECK(strstr(error, "cannot open shared object file: No such file or directory"));
    CHECK(dlerror() == NULL);
    CHECK(dlopen("libunresolved.so", RTLD_NOW | RTLD_NOLOAD) == NULL);
    CHECK(dlopen("libunresolved.so", 0) == NULL);
    CHECK(dlerror() != NULL);
    CHECK(dlsym(RTLD_DEFAULT, "unresolved_value") == NULL);
    error = dlerror();
    CHECK(error && strstr(error, "unresolved_value"));
    CHECK(dlclose(&error) != 0);
    CHECK(dlerror() != NULL);
}

TEST(plugins, failure_leaves_no_trace)
{
    for (int i = 0; i < 3; i++) {
        CHECK(dlopen("libunresolved.so", RTLD_NOW | RTLD_GLOBAL) == NULL);
        const char* error = dlerror();
        REQUIRE(error);
        CHECK(strstr(error, "nobody_has_this"));
        CHECK(strstr(error, "libunresolved.so"));
        CHECK(!is_mapped("libunresolved.so"));
        CHECK(!is_mapped("libalone.so"));
        CHECK(dlsym(RTLD_DEFAULT, "alone_value") == NULL);
        CHECK(dlopen("libalone.so", RTLD_NOW | RTLD_NOLOAD) == NULL);
        (void)dlerror();
    }
    void* alone = dlopen("libalone.so", RTLD_NOW);
    REQUIRE(alone);
    CHECK(is_mapped("libalone.so"));
    CHECK_EQ(number_from(alone, "alone_value"), 1);
}

TEST(plugins, local_and_global_names)
{
    void *left = dlopen("libleft.so", RTLD_NOW), *right = dlopen("libright.so", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(left && right && left != right);
    CHECK_STR(ask_for(left, "whose"), "left");
    CHECK_STR(ask_for(right, "whose"), "right");
    CHECK(dlsym(RTLD_DEFAULT, "whose") == NULL);
    CHECK(dlsym(dlopen(NULL, RTLD_NOW), "whose") == NULL);
    CHECK(dlopen("libasker.so", RTLD_NOW) == NULL);
    CHECK(dlopen("libright.so", RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) == right);
    CHECK_STR(ask_for(RTLD_DEFAULT, "whose"), "right");
    CHECK_STR(ask_for(dlopen(NULL, RTLD_NOW), "whose"), "right");
    void* asker = dlopen("libasker.so", RTLD_NOW);
    REQUIRE(asker);
    CHECK_STR(ask_for(asker, "ask"), "right");
    CHECK(dlsym(asker, "whose") == NULL);
}

TEST(plugins, whose_symbols_come_first)
{
    void* left = dlopen("libleft.so", RTLD_NOW);
    REQUIRE(left);
    CHECK_EQ(number_from(left, "chosen"), 1); // the program's
    CHECK_EQ(number_from(left, "own_or_mine"), 2);
    void* own = dlopen("libdeep.so", RTLD_NOW | RTLD_DEEPBIND);
    REQUIRE(own);
    CHECK_EQ(number_from(own, "chosen"), 2);
}

static int count_objects(struct dl_phdr_info* info, size_t size, void* counts)
{
    (void)size;
    int* count = counts;
    if (strstr(info->dlpi_name, "libleft.so"))
        count[0]++;
    count[1]++;
    return 0;
}

TEST(plugins, questions_about_addresses)
{
    void* left = dlopen("libleft.so", RTLD_NOW);
    REQUIRE(left);
    void* function = dlsym(left, "whose");
    Dl_info info;
    REQUIRE(dladdr(function, &info));
    CHECK(strstr(info.dli_fname, "libleft.so"));
    CHECK_STR(info.dli_sname, "whose");
    CHECK(info.dli_saddr == function);
    CHECK((char*)info.dli_fbase < (char*)function);
    int counts[2] = {0, 0};
    CHECK_EQ(dl_iterate_phdr(count_objects, counts), 0);
    CHECK_EQ(counts[0], 1);
    CHECK(counts[1] >= 3);
    struct link_map* map = left;
    CHECK(strstr(map->l_name, "libleft.so"));
}

TEST(plugins, by_path)
{
    char path[4096];
    Dl_info info;
    REQUIRE(dladdr(dlsym(dlopen("libleft.so", RTLD_NOW), "whose"), &info));
    snprintf(path, sizeof path, "%s", info.dli_fname);
    CHECK(dlopen(path, RTLD_NOW) == dlopen("libleft.so", RTLD_NOW)); // the same file
    CHECK(dlopen("/nowhere/libleft.so", RTLD_NOW) == NULL);
    CHECK(dlerror() != NULL);
}

static int go, ready;

static void* use_storage(void* unused)
{
    __atomic_add_fetch(&ready, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
        sleep_ms(1);
    void *storage = dlopen("libstorage.so", RTLD_NOW), *early = dlopen("libearly_storage.so", RTLD_NOW);
    for (int i = 1; i <= 3; i++) {
        CHECK_EQ(number_from(storage, "count"), 7 + i);
        CHECK_EQ(number_from(storage, "count_much"), 1 + i);
        CHECK_EQ(number_from(storage, "count_none"), i);
        CHECK_EQ(number_from(early, "count_early"), 5 + i);
    }
    return unused;
}

// Threads that were there before the plugin, and such as come later, each with its own.
TEST(plugins, thread_local_storage)
{
    pthread_t threads[4];
    go = ready = 0;
    for (int i = 0; i < 2; i++)
        threads[i] = start_thread(use_storage, NULL);
    while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) != 2)
        sched_yield();
    REQUIRE(dlopen("libstorage.so", RTLD_NOW));
    REQUIRE(dlopen("libearly_storage.so", RTLD_NOW));
    for (int i = 2; i < 4; i++)
        threads[i] = start_thread(use_storage, NULL);
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    use_storage(NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void* open_all(void* handles)
{
    static const char* const names[] = {"libmany0.so", "libmany1.so", "libmany2.so", "libmany3.so"};
    void** opened = handles;
    while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
        sched_yield();
    for (int i = 0; i < 4; i++) {
        opened[i] = dlopen(names[i], RTLD_NOW);
        CHECK_EQ(number_from(opened[i], "constructed_many"), 1);
    }
    return NULL;
}

TEST(plugins, opened_by_many_threads)
{
    void* handles[4][4];
    pthread_t threads[4];
    go = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = start_thread(open_all, handles[i]);
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < 4; i++)
        for (int k = 0; k < 4; k++)
            CHECK(handles[i][k] == handles[0][k] && handles[0][k]);
}

// What Kiln's own C library asks the kernel; nobody else's business, and no way to hurt it.
TEST(plugins, requests_by_hand)
{
    static const struct {
        const void *name, *caller;
        unsigned mode, message_size;
        void* message;
    } requests[] = {
        {(void*)8, NULL, RTLD_NOW, 0, NULL},
        {"libnot-there.so", (void*)-1, RTLD_NOW, 100, (void*)8},
        {"libnot-there.so", (void*)-1, ~0u & ~RTLD_NOLOAD, 1, (void*)8},
        {"/dev/null", open_all, RTLD_NOW, 0, NULL},
        {"/proc/self/maps", open_all, RTLD_NOW, 0, NULL},
        {"/", open_all, RTLD_NOW, 0, NULL},
    };
    char room[512];
    CHECK_EQ(syscall(500, (void*)8, room), -1);
    CHECK(errno == EFAULT || errno == ENOSYS);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        CHECK_EQ(syscall(500, &requests[i], room), -1);
    CHECK_EQ(syscall(501), -1); // nothing was opened last
    CHECK(errno == EINVAL || errno == ENOSYS);
}

// Reads a whole plugin; its size, or 0.
static size_t read_plugin(const char* function, char* bytes, size_t room)
{
    Dl_info info;
    void* const handle = dlopen("libleft.so", RTLD_NOW);
    if (!handle || !dladdr(dlsym(handle, function), &info))
        return 0;
    const int fd = open(info.dli_fname, O_RDONLY);
    const ssize_t size = read(fd, bytes, room);
    close(fd);
    return size > 0 ? (size_t)size : 0;
}

// Damaged files go to the kernel alone: nothing of them runs, and what was opened is taken back.
TEST(plugins, damaged_files)
{
    static char good[100000], bad[sizeof good], room[512];
    const size_t size = read_plugin("whose", good, sizeof good);
    REQUIRE(size > 4096);
    const char* const path = scratch("damaged.so");
    const struct {
        const void *name, *caller;
        unsigned mode, message_size;
        void* message;
    } request = {path, NULL, RTLD_NOW, 0, NULL};
    unsigned random = 1, opened = 0;
    for (int round = 0; round < 600; round++) {
        memcpy(bad, good, size);
        // The header, the dynamic section or a table, a byte or a word of it.
        for (unsigned i = 0; i <= random % 3; i++) {
            random = random * 1664525u + 1013904223u;
            const size_t at = (random >> 4) % (round % 3 == 0 ? 700 : round % 3 == 1 ? 4096 : size - 8);
            random = random * 1664525u + 1013904223u;
            const uint64_t word = random % 4 == 0 ? UINT64_MAX - (random >> 24) : random >> (random % 24);
            memcpy(bad + at, &word, random % 2 ? 8 : 1);
        }
        const int fd = CHECK_OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
        CHECK_EQ(write(fd, bad, size), (ssize_t)size);
        close(fd);
        if (syscall(500, &request, room) == 0) {
            opened++;
            CHECK_EQ(syscall(501), 0);
        }
    }
    CHECK(opened < 600);
    CHECK(!is_mapped("damaged.so"));
    CHECK_OK(unlink(path));
}
