/* fts_open and its kin (fts(3)), which musl leaves out: a walk through trees of files, each folder before and after what is in
 * it. The structures are glibc's.
 *
 *     roots -> entry -> entry      fts_link: what is left of this folder
 *                |
 *             parent               fts_parent: folders above
 *
 * The working directory is never changed, so fts_accpath is fts_path whatever the options say. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { comfollow = 1, logical = 2, nostat = 8, seedot = 0x20, xdev = 0x40, all_options = 0xff, name_only = 0x100, stop = 0x200 };
enum { is_folder = 1, is_cycle, is_other, is_unreadable, is_dot, is_folder_after, is_error, is_file, is_beginning, has_no_stat,
       no_stat_wanted, is_link, is_dangling_link };
enum { again = 1, follow, no_instruction, skip };

typedef struct entry {
    struct entry *fts_cycle, *fts_parent, *fts_link;
    long fts_number;
    void *fts_pointer;
    char *fts_accpath, *fts_path;
    int fts_errno, fts_symfd;
    unsigned short fts_pathlen, fts_namelen;
    ino_t fts_ino;
    dev_t fts_dev;
    nlink_t fts_nlink;
    short fts_level;
    unsigned short fts_info, fts_flags, fts_instr;
    struct stat *fts_statp;
    char fts_name[];
} FTSENT;

typedef int comparison(const FTSENT **, const FTSENT **);

typedef struct {
    FTSENT *fts_cur, *fts_child, **fts_array;
    dev_t fts_dev;
    char *fts_path;
    int fts_rfd, fts_pathlen, fts_nitems;
    comparison *fts_compar;
    int fts_options;
} FTS;

/* With room for the name, what stat says, and the path. */
static FTSENT *make_entry(const char *folder, const char *name, FTSENT *parent, int level)
{
    size_t before = folder ? strlen(folder) : 0, length = strlen(name);
    int slash = before && folder[before - 1] != '/';
    size_t stat_at = (sizeof(FTSENT) + length + 1 + 15) & -16UL;
    FTSENT *e = calloc(1, stat_at + sizeof(struct stat) + before + 1 + length + 1);
    if (!e)
        return 0;
    e->fts_statp = (struct stat *)((char *)e + stat_at);
    e->fts_path = e->fts_accpath = (char *)(e->fts_statp + 1);
    if (before)
        memcpy(e->fts_path, folder, before);
    if (slash)
        e->fts_path[before] = '/';
    memcpy(e->fts_path + before + slash, name, length + 1);
    memcpy(e->fts_name, name, length + 1);
    e->fts_namelen = (unsigned short)length;
    e->fts_pathlen = (unsigned short)(before + slash + length);
    e->fts_parent = parent;
    e->fts_level = (short)level;
    e->fts_instr = no_instruction;
    return e;
}

static void free_list(FTSENT *e)
{
    while (e) {
        FTSENT *next = e->fts_link;
        free(e);
        e = next;
    }
}

static int is_dots(const char *name)
{
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static int classify_folder(FTSENT *e)
{
    const struct stat *s = e->fts_statp;
    e->fts_dev = s->st_dev, e->fts_ino = s->st_ino, e->fts_nlink = s->st_nlink;
    if (is_dots(e->fts_name))
        return is_dot;
    for (FTSENT *above = e->fts_parent; above && above->fts_level >= 0; above = above->fts_parent)
        if (above->fts_ino == s->st_ino && above->fts_dev == s->st_dev) {
            e->fts_cycle = above;
            return is_cycle;
        }
    return is_folder;
}

/* What the entry is; fts_statp and fts_errno say more. */
static int classify(const FTS *walk, FTSENT *e, int follow_link)
{
    struct stat *s = e->fts_statp;
    if ((walk->fts_options & logical) || follow_link) {
        if (stat(e->fts_accpath, s)) {
            int error = errno;
            if (!lstat(e->fts_accpath, s)) {
                errno = 0;
                return is_dangling_link;
            }
            e->fts_errno = error;
            memset(s, 0, sizeof *s);
            return has_no_stat;
        }
    } else if (lstat(e->fts_accpath, s)) {
        e->fts_errno = errno;
        memset(s, 0, sizeof *s);
        return has_no_stat;
    }
    return S_ISDIR(s->st_mode) ? classify_folder(e) : S_ISLNK(s->st_mode) ? is_link : S_ISREG(s->st_mode) ? is_file : is_other;
}

static int by_callers_order(const void *a, const void *b, void *walk)
{
    return ((FTS *)walk)->fts_compar((const FTSENT **)a, (const FTSENT **)b);
}

/* Unsorted where there is no memory for it, as in glibc. */
static FTSENT *sort(FTS *walk, FTSENT *first, size_t count)
{
    FTSENT **all = walk->fts_compar && count > 1 ? malloc(count * sizeof *all) : 0;
    if (!all)
        return first;
    for (size_t i = 0; i < count; i++, first = first->fts_link)
        all[i] = first;
    qsort_r(all, count, sizeof *all, by_callers_order, walk);
    for (size_t i = 0; i < count; i++)
        all[i]->fts_link = i + 1 < count ? all[i + 1] : 0;
    first = all[0];
    free(all);
    return first;
}

static int is_stat_needed(const FTS *walk, int type)
{
    return !(walk->fts_options & nostat) || type == DT_DIR || type == DT_UNKNOWN ||
           (type == DT_LNK && (walk->fts_options & logical));
}

/* What is in the folder; null: nothing, or it cannot be read, and fts_info says which if it is what fts_read does next. */
static FTSENT *read_folder(FTS *walk, FTSENT *folder, int names_only, int is_next)
{
    DIR *stream = opendir(folder->fts_accpath);
    if (!stream) {
        if (is_next) {
            folder->fts_info = is_unreadable;
            folder->fts_errno = errno;
        }
        return 0;
    }
    FTSENT *first = 0, **end = &first;
    size_t count = 0;
    for (struct dirent *d; (d = readdir(stream));) {
        if (is_dots(d->d_name) && !(walk->fts_options & seedot))
            continue;
        FTSENT *e = make_entry(folder->fts_path, d->d_name, folder, folder->fts_level + 1);
        if (!e) {
            closedir(stream);
            free_list(first);
            folder->fts_info = is_error;
            walk->fts_options |= stop;
            errno = ENOMEM;
            return 0;
        }
        e->fts_info = (unsigned short)(names_only || !is_stat_needed(walk, d->d_type) ? no_stat_wanted : classify(walk, e, 0));
        *end = e;
        end = &e->fts_link;
        count++;
    }
    closedir(stream);
    if (!first && is_next)
        folder->fts_info = is_folder_after;
    return sort(walk, first, count);
}

static void close_walk(FTS *walk)
{
    free_list(walk->fts_child);
    for (FTSENT *e = walk->fts_cur; e;) {
        FTSENT *above = e->fts_parent;
        free_list(e);
        e = above;
    }
    free(walk);
}

int fts_close(FTS *walk)
{
    close_walk(walk);
    return 0;
}

FTS *fts_open(char *const *roots, int options, comparison *order)
{
    if (options & ~all_options) {
        errno = EINVAL;
        return 0;
    }
    FTS *walk = calloc(1, sizeof *walk);
    FTSENT *top = make_entry(0, "", 0, -1), *begin = make_entry(0, "", top, 0), **end = begin ? &begin->fts_link : 0;
    size_t count = 0;
    if (!walk || !top || !begin)
        goto no_memory;
    walk->fts_compar = order;
    walk->fts_options = options;
    begin->fts_info = is_beginning;
    for (; *roots; roots++, count++) {
        FTSENT *e = make_entry(0, *roots, top, 0);
        if (!e)
            goto no_memory;
        *end = e;
        end = &e->fts_link;
        if (!**roots) {
            e->fts_info = has_no_stat;
            e->fts_errno = ENOENT;
            continue;
        }
        e->fts_info = (unsigned short)classify(walk, e, options & comfollow);
        if (e->fts_info == is_dot) /* a folder like others, where the caller names it */
            e->fts_info = is_folder;
    }
    begin->fts_link = sort(walk, begin->fts_link, count);
    walk->fts_cur = begin;
    return walk;
no_memory:
    free_list(begin);
    free(top);
    free(walk);
    errno = ENOMEM;
    return 0;
}

/* A root's name is the last part of its path. */
static void enter_root(FTS *walk, FTSENT *e)
{
    char *slash = strrchr(e->fts_name, '/');
    if (slash && (slash != e->fts_name || slash[1])) {
        e->fts_namelen = (unsigned short)strlen(slash + 1);
        memmove(e->fts_name, slash + 1, e->fts_namelen + 1U);
    }
    walk->fts_dev = e->fts_dev;
}

static FTSENT *arrive(FTS *walk, FTSENT *e)
{
    walk->fts_cur = e;
    walk->fts_path = e->fts_path;
    walk->fts_pathlen = e->fts_pathlen;
    return e;
}

static FTSENT *follow_link_at(FTS *walk, FTSENT *e)
{
    e->fts_info = (unsigned short)classify(walk, e, 1);
    return e;
}

/* Behind this entry: the next of its folder, or the folder for the second time. */
static FTSENT *go_on(FTS *walk, FTSENT *e)
{
    for (;;) {
        FTSENT *next = e->fts_link, *above = e->fts_parent;
        free(e);
        if (!next) {
            if (above->fts_level < 0) {
                free(above);
                walk->fts_cur = 0;
                errno = 0;
                return 0;
            }
            above->fts_info = above->fts_errno ? is_error : is_folder_after;
            return arrive(walk, above);
        }
        if (next->fts_level == 0)
            enter_root(walk, next);
        if (next->fts_instr != skip) {
            if (next->fts_instr == follow) {
                next->fts_instr = no_instruction;
                follow_link_at(walk, next);
            }
            return arrive(walk, next);
        }
        e = next;
    }
}

FTSENT *fts_read(FTS *walk)
{
    FTSENT *e = walk->fts_cur;
    if (!e || (walk->fts_options & stop))
        return 0;
    int instruction = e->fts_instr;
    e->fts_instr = no_instruction;
    if (instruction == again) {
        e->fts_info = (unsigned short)classify(walk, e, 0);
        return e;
    }
    if (instruction == follow && (e->fts_info == is_link || e->fts_info == is_dangling_link))
        return follow_link_at(walk, e);
    if (e->fts_info != is_folder)
        return go_on(walk, e);
    if (instruction == skip || ((walk->fts_options & xdev) && e->fts_dev != walk->fts_dev)) {
        free_list(walk->fts_child);
        walk->fts_child = 0;
        e->fts_info = is_folder_after;
        return e;
    }
    if (walk->fts_options & name_only) {
        free_list(walk->fts_child);
        walk->fts_child = 0;
        walk->fts_options &= ~name_only;
    }
    FTSENT *first = walk->fts_child ? walk->fts_child : read_folder(walk, e, 0, 1);
    walk->fts_child = 0;
    if (first)
        return arrive(walk, first);
    return walk->fts_options & stop ? 0 : e;
}

FTSENT *fts_children(FTS *walk, int options)
{
    FTSENT *e = walk->fts_cur;
    if (options && options != name_only) {
        errno = EINVAL;
        return 0;
    }
    errno = 0;
    if (!e || (walk->fts_options & stop))
        return 0;
    if (e->fts_info == is_beginning)
        return e->fts_link;
    if (e->fts_info != is_folder)
        return 0;
    free_list(walk->fts_child);
    walk->fts_options = (walk->fts_options & ~name_only) | options;
    return walk->fts_child = read_folder(walk, e, options, 0);
}

int fts_set(FTS *walk, FTSENT *e, int instruction)
{
    (void)walk;
    if (instruction < 0 || instruction > skip) {
        errno = EINVAL;
        return 1;
    }
    e->fts_instr = (unsigned short)instruction;
    return 0;
}

#define ALIAS(name) extern __typeof__(fts_##name) fts64_##name __attribute__((alias("fts_" #name)))
ALIAS(open);
ALIAS(read);
ALIAS(children);
ALIAS(set);
ALIAS(close);
