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
# glibc has these names in public.
sed -i '/__pthread_key_create/s/hidden //' "$source/src/include/pthread.h"
sed -i '/__strftime_l/s/hidden //' "$source/src/include/time.h"
# musl's returns the kernel's -EINVAL itself.
sed -i 's/return __syscall(SYS_timer_delete/return syscall(SYS_timer_delete/' "$source/src/time/timer_delete.c"
# A mutex's kind where glibc has it, for its static initialisers; musl leaves that word free.
sed -i '/define _m_type/s/__i\[0\]/__i[4]/' "$source/src/internal/pthread_impl.h"
# As in glibc, a robust or priority-inheriting mutex that checks errors is no busy one to its owner.
sed -i 's/^\t\tif ((type&3) == PTHREAD_MUTEX_RECURSIVE) {$/\t\tif ((type \& 12) \&\& (type \& 3) == PTHREAD_MUTEX_ERRORCHECK) return EDEADLK; else if ((type \& 3) == PTHREAD_MUTEX_RECURSIVE) {/' \
    "$source/src/thread/pthread_mutex_trylock.c"
cd "$source"
if [ ! -f config.mak ]; then
    # Unwind tables: a program's exceptions pass through qsort and its like.
    ./configure --disable-static CFLAGS='-fno-stack-protector -fasynchronous-unwind-tables' > configure.log
    echo 'obj/src/thread/pthread_once.lo: CFLAGS_ALL += -fexceptions' >> config.mak
fi
make -s -j2 lib/libc.so > make.log
cd - > /dev/null
objcopy --strip-all "$source/lib/libc.so" "$output"
