// fts: a walk through a tree of files.
#include "../check.h"
#include "../support.h"

#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[300];
static char* const roots[] = {root, NULL};

static const char* below(const char* name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

// root: file, link -> file, dangling, sub: {a, b, deep: {c}, loop -> ..}, empty
static void make_tree(void)
{
    snprintf(root, sizeof root, "%s", scratch("walked"));
    CHECK_OK(mkdir(root, 0755));
    static const char* const folders[] = {"sub", "sub/deep", "empty"};
    static const char* const files[] = {"file", "sub/a", "sub/b", "sub/deep/c"};
    for (size_t i = 0; i < 3; i++)
        CHECK_OK(mkdir(below(folders[i]), 0755));
    for (size_t i = 0; i < 4; i++)
        close(CHECK_OK(open(below(files[i]), O_CREAT | O_WRONLY, 0644)));
    CHECK_OK(symlink("file", below("link")));
    CHECK_OK(symlink("nowhere", below("dangling")));
    CHECK_OK(symlink("..", below("sub/loop")));
}

static int by_name(const FTSENT** a, const FTSENT** b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

// Every step as a word: what it is, name, level.
static const char* walk(int options, int instruction, const char* at)
{
    static char steps[1000];
    static const char kinds[] = "?D@ANO)EFI!sLX";
    size_t length = 0;
    FTS* const fts = fts_open(roots, options, by_name);
    CHECK(fts != NULL);
    for (FTSENT* e; fts && (e = fts_read(fts));) {
        length += (size_t)snprintf(steps + length, sizeof steps - length, "%c%s%d ", kinds[e->fts_info],
                                   e->fts_level ? e->fts_name : "", e->fts_level);
        struct stat s;
        if (e->fts_info == FTS_F)
            CHECK(stat(e->fts_path, &s) == 0 && s.st_ino == e->fts_statp->st_ino);
        if (instruction && e->fts_info != FTS_DP && !strcmp(e->fts_name, at)) {
            CHECK_EQ(fts_set(fts, e, instruction), 0);
            instruction = 0;
        }
    }
    CHECK_EQ(errno, 0);
    CHECK(fts && fts_close(fts) == 0);
    return steps;
}

TEST(files, walk)
{
    make_tree();
    CHECK_STR(walk(FTS_PHYSICAL | FTS_NOCHDIR, 0, ""),
              "D0 Ldangling1 Dempty1 )empty1 Ffile1 Llink1 Dsub1 Fa2 Fb2 Ddeep2 Fc3 )deep2 Lloop2 )sub1 )0 ");
    CHECK_STR(walk(FTS_LOGICAL, 0, ""),
              "D0 Xdangling1 Dempty1 )empty1 Ffile1 Flink1 Dsub1 Fa2 Fb2 Ddeep2 Fc3 )deep2 "
              "@loop2 )sub1 )0 ");
    CHECK_STR(walk(FTS_PHYSICAL | FTS_NOCHDIR, FTS_SKIP, "sub"),
              "D0 Ldangling1 Dempty1 )empty1 Ffile1 Llink1 Dsub1 )sub1 )0 ");
    CHECK_STR(walk(FTS_PHYSICAL | FTS_NOCHDIR, FTS_FOLLOW, "link"),
              "D0 Ldangling1 Dempty1 )empty1 Ffile1 Llink1 Flink1 Dsub1 Fa2 Fb2 Ddeep2 Fc3 )deep2 Lloop2 "
              ")sub1 )0 ");
    CHECK_STR(walk(FTS_PHYSICAL | FTS_NOCHDIR, FTS_AGAIN, "file"),
              "D0 Ldangling1 Dempty1 )empty1 Ffile1 Ffile1 Llink1 Dsub1 Fa2 Fb2 Ddeep2 Fc3 )deep2 Lloop2 "
              ")sub1 )0 ");
    remove_tree(root);
}

TEST(files, walk_children)
{
    make_tree();
    FTS* const fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    REQUIRE(fts);
    FTSENT* e = fts_children(fts, 0);
    CHECK(e && e->fts_level == 0 && !e->fts_link);
    REQUIRE((e = fts_read(fts)));
    int count = 0;
    for (FTSENT* child = fts_children(fts, FTS_NAMEONLY); child; child = child->fts_link)
        count++;
    CHECK_EQ(count, 5);
    REQUIRE((e = fts_read(fts))); // not a name only
    CHECK_STR(e->fts_name, "dangling");
    CHECK_EQ(e->fts_info, FTS_SL);
    CHECK(fts_children(fts, 0) == NULL);
    CHECK_EQ(errno, 0);
    CHECK_ERR(fts_children(fts, 7) ? 0 : -1, EINVAL);
    CHECK_EQ(fts_set(fts, e, 99), 1);
    REQUIRE((e = fts_read(fts)) && e->fts_info == FTS_D);
    CHECK(fts_children(fts, 0) == NULL); // it is empty
    CHECK_EQ(errno, 0);
    while (strcmp(e->fts_name, "sub"))
        REQUIRE((e = fts_read(fts)));
    FTSENT* const first = fts_children(fts, 0);
    CHECK(first && fts_read(fts) == first);
    CHECK_EQ(fts_close(fts), 0); // in the middle
    remove_tree(root);
}

TEST(files, walk_of_nothing)
{
    static char nowhere[] = "/nowhere/at/all";
    char* const names[] = {nowhere, NULL};
    errno = 0;
    CHECK(fts_open(names, 0x100, NULL) == NULL);
    CHECK_EQ(errno, EINVAL);
    FTS* const fts = fts_open(names, FTS_PHYSICAL, NULL);
    REQUIRE(fts);
    FTSENT* const e = fts_read(fts);
    REQUIRE(e);
    CHECK_EQ(e->fts_info, FTS_NS);
    CHECK_EQ(e->fts_errno, ENOENT);
    CHECK(fts_read(fts) == NULL);
    CHECK_EQ(fts_close(fts), 0);
}
