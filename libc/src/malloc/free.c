/* malloc and free with a few freed pieces of each small size kept for the thread that freed them.
 *
 * musl's allocator stands behind this: it checks each piece that is freed and takes a lock when there are threads. Pieces
 * that lie here are allocated ones to it. In their header (mallocng/meta.h) the field for the unused end says 7, which no
 * allocated piece has, so a second free or a realloc of such a piece still crashes. A thread that ends gives all back. */
#include <stdlib.h>

#include "mallocng/meta.h"
#include "pthread_impl.h"
#undef malloc
#undef free

enum { kept_classes = 24, kept_each = 12, most_units = 127, lies_here = 7 << 5, index_bits = 31 };

/* The class of so many units; 0 for all until a thread keeps something. Threads that fill it write the same. */
static unsigned char class_of[most_units + 1];

struct kept_pieces {
    unsigned char count[kept_classes];
    unsigned char *pieces[kept_classes][kept_each];
};

#define NONE_ANY_MORE ((struct kept_pieces *)-1)

void *__libc_malloc_impl(size_t);
void __libc_free(void *);

static struct kept_pieces *kept_of(pthread_t thread)
{
    struct kept_pieces *kept = thread->kept_pieces;
    return kept == NONE_ANY_MORE ? 0 : kept;
}

static struct kept_pieces *make_kept(pthread_t thread)
{
    struct kept_pieces *kept = thread->kept_pieces;
    if (kept)
        return kept_of(thread);
    kept = __libc_malloc_impl(sizeof *kept);
    if (kept) {
        for (size_t i = 1; i <= most_units; i++)
            class_of[i] = (unsigned char)size_to_class(UNIT * i - IB);
        memset(kept->count, 0, sizeof kept->count);
        thread->kept_pieces = kept;
    }
    return kept;
}

/* Where the slot of a piece ends that lies at `offset` units behind the first of its group. */
static unsigned char *end_of(unsigned char *piece, unsigned class)
{
    size_t stride = UNIT * (size_t)size_classes[class], offset = *(const uint16_t *)(piece - 2);
    return piece - UNIT * offset + stride * ((size_t)get_slot_index(piece) + 1) - IB;
}

void *malloc(size_t size)
{
    struct kept_pieces *kept = kept_of(__pthread_self());
    if (kept && size <= UNIT * (size_t)most_units - IB) {
        unsigned class = class_of[(size + IB + UNIT - 1) / UNIT];
        if (!kept->count[class] && class >= 4 && class % 2 == 0)
            class++; /* musl itself takes the next class while there are few pieces */
        if (kept->count[class]) {
            unsigned char *piece = kept->pieces[class][kept->count[class] - 1], *end = end_of(piece, class);
            if (size <= (size_t)(end - piece)) {
                kept->count[class]--;
                piece[-3] &= index_bits;
                set_size(piece, end, size);
                return piece;
            }
        }
    }
    return __libc_malloc_impl(size);
}

/* Crashes for what is no allocated piece, as musl's own free does. */
static int keep(unsigned char *piece)
{
    struct meta *group = get_meta(piece);
    unsigned class = group->sizeclass;
    if (class >= kept_classes || piece[-4] || (!group->last_idx && group->maplen))
        return 0;
    struct kept_pieces *kept = make_kept(__pthread_self());
    if (!kept || kept->count[class] == kept_each)
        return 0;
    get_nominal_size(piece, end_of(piece, class));
    piece[-3] |= lies_here;
    kept->pieces[class][kept->count[class]++] = piece;
    return 1;
}

void free(void *piece)
{
    if (piece && !keep(piece))
        __libc_free(piece);
}

/* Before a thread's end. */
hidden void __give_back_kept_pieces(void)
{
    pthread_t self = __pthread_self();
    struct kept_pieces *kept = kept_of(self);
    self->kept_pieces = NONE_ANY_MORE;
    if (!kept)
        return;
    for (unsigned class = 0; class < kept_classes; class++)
        while (kept->count[class]) {
            unsigned char *piece = kept->pieces[class][--kept->count[class]], *end = end_of(piece, class);
            piece[-3] &= index_bits;
            set_size(piece, end, (size_t)(end - piece));
            __libc_free(piece);
        }
    __libc_free(kept);
}
