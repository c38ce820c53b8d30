#!/bin/sh
# Builds musl as a shared library with Kiln's files in the place of its own: libc/build.sh OUTPUT
#
# build/libc/source is musl's tree (build/third-party/musl, from scripts/setup) with the files of libc/ laid over it; a
# file of ours replaces musl's of the same name, whatever its suffix. musl's own Makefile does the rest. The dynamic
# linker of musl is left out: the kernel has one.
set -eu
output=$1
musl=build/third-party/musl
work=build/libc
source=$work/source

if [ ! -f "$musl/.sha256" ]; then
    echo "libc: the source of musl is not there: run scripts/setup" >&2
    exit 1
fi
mkdir -p "$source"
cp -Rpu "$musl/." "$source"
sed -n 's/^edit \([^ ]*\) .*/\1/p' "$0" | while read -r file; do
    cp -p "$musl/$file" "$source/$file"     # edited below
done
rm -f "$source"/ldso/*
cp -p "$musl/arch/x86_64/atomic_arch.h" "$source/arch/x86_64/musl_atomic_arch.h"
if [ -n "$(find libc \( -name '*.h' -o -name build.sh \) -newer "$source/config.mak" 2> /dev/null)" ]; then
    rm -rf "$source/obj" "$source/config.mak"    # its Makefile does not know which file includes what
fi
(cd libc && find arch ldso src -type f) | while read -r file; do
    case $file in
    *.[csS]) rm -f "$source/${file%.*}".[csS] ;;
    esac
    mkdir -p "$source/${file%/*}"
    cp -p "libc/$file" "$source/$file"
done
# Lines of musl's that must differ: edit FILE SED-SCRIPT WHAT-IS-THERE-THEN
edit() {
    sed -i "$2" "$source/$1"
    grep -q "$3" "$source/$1" || { echo "libc: musl's $1 is not as expected" >&2; exit 1; }
}
# glibc has these names in public.
edit src/include/pthread.h '/__pthread_key_create/s/hidden //' '^int __pthread_key_create'
edit src/include/time.h '/__strftime_l/s/hidden //' '^size_t __strftime_l'
# musl's returns the kernel's -EINVAL itself.
edit src/time/timer_delete.c 's/return __syscall(SYS_timer_delete/return syscall(SYS_timer_delete/' 'return syscall('
# A mutex's kind where glibc has it, for its static initialisers; musl leaves that word free.
edit src/internal/pthread_impl.h '/define _m_type/s/__i\[0\]/__i[4]/' '_m_type __u.__i\[4\]'
# As in glibc, a robust or priority-inheriting mutex that checks errors is no busy one to its owner.
edit src/thread/pthread_mutex_trylock.c 's/^\t\tif ((type&3) == PTHREAD_MUTEX_RECURSIVE) {$/\t\tif ((type \& 12) \&\& (type \& 3) == PTHREAD_MUTEX_ERRORCHECK) return EDEADLK;\n\t\tif ((type \& 3) == PTHREAD_MUTEX_RECURSIVE) {/' EDEADLK
# What a thread keeps for itself of freed memory (src/malloc/free.c).
edit src/internal/pthread_impl.h 's/^\tvoid \*stdio_locks;$/&\n\tvoid *kept_pieces;/' 'kept_pieces'
edit src/internal/pthread_impl.h 's/^hidden void __acquire_ptc(void);$/&\nhidden void __give_back_kept_pieces(void);/' 'give_back'
edit src/thread/pthread_create.c 's/^\t__pthread_tsd_run_dtors();$/&\n\t__give_back_kept_pieces();/' 'give_back'
# Stacks are kept for the next thread (src/thread/stack_cache.c).
edit src/internal/pthread_impl.h 's/^hidden void __release_ptc(void);$/&\nhidden unsigned char *__take_stack(size_t, size_t, size_t);\nhidden void __give_stack(unsigned char *, size_t, size_t);/' '__take_stack'
edit src/thread/pthread_create.c 's/map = __mmap(0, size, PROT_NONE, .*$/map = __take_stack(size, guard, libc.tls_size + __pthread_tsd_size);/' '__take_stack'
edit src/thread/pthread_create.c 's/if (__mprotect(map+guard, size-guard, PROT_READ|PROT_WRITE)$/if (0/' 'if (0$'
edit src/thread/pthread_join.c 's/__munmap(t->map_base, t->map_size);/__give_stack(t->map_base, t->map_size, t->guard_size);/' '__give_stack'
cd "$source"
if [ ! -f config.mak ]; then
    # Unwind tables: a program's exceptions pass through qsort and its like.
    ./configure --disable-static CFLAGS='-fno-stack-protector -fasynchronous-unwind-tables' > configure.log
    echo 'obj/src/thread/pthread_once.lo: CFLAGS_ALL += -fexceptions' >> config.mak
fi
make -s -j2 lib/libc.so > make.log
cd - > /dev/null
objcopy --strip-all "$source/lib/libc.so" "$output"
