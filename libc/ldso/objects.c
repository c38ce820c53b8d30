/* Questions about the loaded objects: dl_iterate_phdr, dladdr, dlsym, dlclose's handles, and glibc's
 * _dl_find_object. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "dynlink.h"
#include "link.h"
#include "pthread_impl.h"

/* Objects come, at the end of the list, and never go: it can be read while another thread opens a library. */
#define OBJECTS (__kiln_link.objects)

int dl_iterate_phdr(int (*callback)(struct dl_phdr_info* info, size_t size, void* data), void* data)
{
    size_t count = 0;
    for (struct kiln_object* o = OBJECTS; o; o = o->next)
        count++;
    for (struct kiln_object* o = OBJECTS; o; o = o->next) {
        struct dl_phdr_info info = {
            .dlpi_addr = o->base,
            .dlpi_name = o->name,
            .dlpi_phdr = o->headers,
            .dlpi_phnum = (Elf64_Half)o->header_count,
            .dlpi_adds = count,
            .dlpi_tls_modid = o->tls_module,
            .dlpi_tls_data = o->tls_module ? __tls_get_addr((tls_mod_off_t[]){o->tls_module, 0}) : 0,
        };
        int result = callback(&info, sizeof info, data);
        if (result)
            return result;
    }
    return 0;
}

static int holds(const struct kiln_object* o, uintptr_t address)
{
    for (size_t i = 0; i < o->header_count; i++)
        if (o->headers[i].p_type == PT_LOAD &&
            address - o->base - o->headers[i].p_vaddr < o->headers[i].p_memsz)
            return 1;
    return 0;
}

hidden struct kiln_object* __kiln_object_at(uintptr_t address)
{
    struct kiln_object* o = OBJECTS;
    while (o && !holds(o, address))
        o = o->next;
    return o;
}

/* The table that DT_ names, in memory. */
static void* table(const struct kiln_object* o, Elf64_Sxword tag)
{
    for (Elf64_Dyn* d = o->dynamic; d->d_tag; d++)
        if (d->d_tag == tag)
            return (void*)(o->base + d->d_un.d_ptr);
    return 0;
}

static void lowest_and_end(const struct kiln_object* o, uintptr_t* lowest, uintptr_t* end)
{
    *lowest = -1UL, *end = 0;
    for (size_t i = 0; i < o->header_count; i++)
        if (o->headers[i].p_type == PT_LOAD) {
            uintptr_t start = o->base + o->headers[i].p_vaddr, stop = start + o->headers[i].p_memsz;
            if (start < *lowest)
                *lowest = start & -4096UL;
            if (stop > *end)
                *end = stop;
        }
}

struct dl_find_object {
    unsigned long long flags;
    void *start, *end;
    struct kiln_object* object;
    void* eh_frame;
    unsigned long long reserved[7];
};

int _dl_find_object(void* address, struct dl_find_object* result)
{
    struct kiln_object* o = __kiln_object_at((uintptr_t)address);
    if (!o)
        return -1;
    uintptr_t lowest, end;
    lowest_and_end(o, &lowest, &end);
    *result = (struct dl_find_object){.start = (void*)lowest, .end = (void*)end, .object = o};
    for (size_t i = 0; i < o->header_count; i++)
        if (o->headers[i].p_type == PT_GNU_EH_FRAME)
            result->eh_frame = (void*)(o->base + o->headers[i].p_vaddr);
    return 0;
}

static uint32_t hash_of(const char* name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static int defines(const Elf64_Sym* s)
{
    return s->st_shndx && (s->st_value || ELF64_ST_TYPE(s->st_info) == STT_TLS) &&
           (ELF64_ST_BIND(s->st_info) == STB_GLOBAL || ELF64_ST_BIND(s->st_info) == STB_WEAK ||
            ELF64_ST_BIND(s->st_info) == STB_GNU_UNIQUE);
}

/* A hidden version is not what a name without version means. */
static int is_default(const struct kiln_object* o, size_t index)
{
    uint16_t* versions = table(o, DT_VERSYM);
    return !versions || !(versions[index] & 0x8000);
}

static Elf64_Sym* find(const struct kiln_object* o, const char* name)
{
    Elf64_Sym* symbols = table(o, DT_SYMTAB);
    const char* strings = table(o, DT_STRTAB);
    uint32_t *gnu = table(o, DT_GNU_HASH), *sysv = table(o, DT_HASH);
    if (gnu) {
        uint32_t hash = hash_of(name);
        uint32_t *buckets = gnu + 4 + 2 * gnu[2], *chains = buckets + gnu[0];
        uint32_t i = buckets[hash % gnu[0]];
        if (i < gnu[1])
            return 0;
        for (;; i++) {
            uint32_t other = chains[i - gnu[1]];
            if ((other | 1) == (hash | 1) && defines(symbols + i) &&
                !strcmp(strings + symbols[i].st_name, name) && is_default(o, i))
                return symbols + i;
            if (other & 1)
                return 0;
        }
    }
    if (sysv)
        for (uint32_t i = 1; i < sysv[1]; i++)
            if (defines(symbols + i) && !strcmp(strings + symbols[i].st_name, name) && is_default(o, i))
                return symbols + i;
    return 0;
}

static void* address_of(const struct kiln_object* o, const Elf64_Sym* s)
{
    if (ELF64_ST_TYPE(s->st_info) == STT_TLS)
        return __tls_get_addr((tls_mod_off_t[]){o->tls_module, s->st_value});
    uintptr_t address = (s->st_shndx == SHN_ABS ? 0 : o->base) + s->st_value;
    if (ELF64_ST_TYPE(s->st_info) == 10) /* STT_GNU_IFUNC */
        address = ((uintptr_t(*)(void))address)();
    return (void*)address;
}

static void* look_in_globals(struct kiln_object* first, const char* name)
{
    for (struct kiln_object* o = first; o; o = o->next_global) {
        Elf64_Sym* s = find(o, name);
        if (s)
            return address_of(o, s);
    }
    return 0;
}

static void* look_in_group(struct kiln_object** group, const char* name)
{
    for (; *group; group++) {
        Elf64_Sym* s = find(*group, name);
        if (s)
            return address_of(*group, s);
    }
    return 0;
}

/* RTLD_DEFAULT: as the caller's own references are bound. */
static void* look_as(const struct kiln_object* caller, const char* name)
{
    void* found = look_in_globals(OBJECTS, name);
    return found || !caller || !caller->opened_by ? found : look_in_group(caller->opened_by->group, name);
}

/* RTLD_NEXT: behind the caller, among those that came with it. */
static void* look_behind(struct kiln_object* caller, const char* name)
{
    if (!caller || !caller->opened_by) {
        for (struct kiln_object* o = caller ? caller->next : OBJECTS; o && !o->opened_by; o = o->next) {
            Elf64_Sym* s = find(o, name);
            if (s)
                return address_of(o, s);
        }
        return 0;
    }
    struct kiln_object** group = caller->opened_by->group;
    while (*group && *group != caller)
        group++;
    return *group ? look_in_group(group + 1, name) : 0;
}

hidden void* __dlsym(void* restrict handle, const char* restrict name, void* restrict caller)
{
    struct kiln_object *opened = handle, *user = __kiln_object_at((uintptr_t)caller);
    void* found;
    if (handle == RTLD_DEFAULT)
        found = look_as(user, name);
    else if (handle == RTLD_NEXT)
        found = look_behind(user, name);
    else if (__dl_invalid_handle(handle))
        return 0;
    else if (handle == OBJECTS || !opened->group)
        found = look_in_globals(handle, name);
    else
        found = look_in_group(opened->group, name);
    if (!found)
        __dl_seterr("Symbol not found: %s", name);
    return found;
}

hidden int __dl_invalid_handle(void* handle)
{
    for (struct kiln_object* o = OBJECTS; o; o = o->next)
        if (o == handle)
            return 0;
    __dl_seterr("Invalid library handle %p", handle);
    return 1;
}

int dladdr(const void* address, Dl_info* info)
{
    struct kiln_object* o = __kiln_object_at((uintptr_t)address);
    if (!o)
        return 0;
    uintptr_t lowest, end, best = 0;
    lowest_and_end(o, &lowest, &end);
    *info = (Dl_info){.dli_fname = o->name, .dli_fbase = (void*)lowest};
    uint32_t *sysv = table(o, DT_HASH), *gnu = table(o, DT_GNU_HASH), count = 0;
    if (sysv) {
        count = sysv[1];
    } else if (gnu) {
        uint32_t *buckets = gnu + 4 + 2 * gnu[2], *chains = buckets + gnu[0];
        for (uint32_t i = 0; i < gnu[0]; i++)
            if (buckets[i] > count)
                count = buckets[i];
        if (count >= gnu[1])
            while (!(chains[count++ - gnu[1]] & 1))
                ;
    }
    Elf64_Sym* symbols = table(o, DT_SYMTAB);
    const char* strings = table(o, DT_STRTAB);
    for (uint32_t i = 1; i < count; i++) {
        uintptr_t at = o->base + symbols[i].st_value;
        if (!defines(symbols + i) || ELF64_ST_TYPE(symbols[i].st_info) == STT_TLS ||
            at > (uintptr_t)address || at < best)
            continue;
        if (symbols[i].st_size && (uintptr_t)address - at >= symbols[i].st_size)
            continue;
        best = at;
        info->dli_sname = strings + symbols[i].st_name;
        info->dli_saddr = (void*)at;
    }
    return 1;
}
