// ChaCha20 (RFC 8439) with fast key erasure: every block's first half replaces the key, the second half is
// output.
#include "core/random.hh"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/sync/spinlock.hh"

namespace
{
using block = std::array<u32, 16>;

constinit spinlock lock{lock_rank::log};
constinit std::array<u32, 8> key GUARDED_BY(lock){};
constinit std::array<std::byte, 32> pool GUARDED_BY(lock){};
constinit size_t pool_left GUARDED_BY(lock) = 0;

void quarter_round(u32& a, u32& b, u32& c, u32& d)
{
    a += b, d = std::rotl(d ^ a, 16);
    c += d, b = std::rotl(b ^ c, 12);
    a += b, d = std::rotl(d ^ a, 8);
    c += d, b = std::rotl(b ^ c, 7);
}

block chacha20(const std::array<u32, 8>& k, u32 counter)
{
    block input{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    std::copy(k.begin(), k.end(), input.begin() + 4);
    input[12] = counter;
    block x = input;
    for (int i = 0; i < 10; i++) {
        quarter_round(x[0], x[4], x[8], x[12]);
        quarter_round(x[1], x[5], x[9], x[13]);
        quarter_round(x[2], x[6], x[10], x[14]);
        quarter_round(x[3], x[7], x[11], x[15]);
        quarter_round(x[0], x[5], x[10], x[15]);
        quarter_round(x[1], x[6], x[11], x[12]);
        quarter_round(x[2], x[7], x[8], x[13]);
        quarter_round(x[3], x[4], x[9], x[14]);
    }
    for (size_t i = 0; i < x.size(); i++)
        x[i] += input[i];
    return x;
}

void refill_locked() REQUIRES(lock)
{
    const block b = chacha20(key, 0);
    std::copy(b.begin(), b.begin() + 8, key.begin());
    memcpy(pool.data(), b.data() + 8, pool.size());
    pool_left = pool.size();
}

void take_locked(std::span<std::byte> out) REQUIRES(lock)
{
    while (!out.empty()) {
        if (pool_left == 0)
            refill_locked();
        const size_t n = std::min(out.size(), pool_left);
        std::byte* from = pool.data() + (pool.size() - pool_left);
        memcpy(out.data(), from, n);
        memset(from, 0, n);
        pool_left -= n;
        out = out.subspan(n);
    }
}
} // namespace

void random_add_entropy(std::span<const std::byte> bytes)
{
    lock_guard guard{lock};
    while (!bytes.empty()) {
        const size_t n = std::min(bytes.size(), sizeof key);
        auto* k = reinterpret_cast<std::byte*>(key.data());
        for (size_t i = 0; i < n; i++)
            k[i] ^= bytes[i];
        refill_locked(); // mixes, so that the next bytes do not cancel these
        bytes = bytes.subspan(n);
    }
    pool_left = 0;
}

void random_fill(std::span<std::byte> bytes)
{
    // Long requests go in pieces: interrupts stay off for a few blocks only.
    constexpr size_t piece = 256;
    while (!bytes.empty()) {
        const size_t n = std::min(bytes.size(), piece);
        WITH_LOCK(lock)
        take_locked(bytes.first(n));
        bytes = bytes.subspan(n);
    }
}

u64 random_u64()
{
    u64 v;
    lock_guard guard{lock};
    take_locked(std::as_writable_bytes(std::span(&v, 1)));
    return v;
}
