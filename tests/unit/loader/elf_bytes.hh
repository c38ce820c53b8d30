// An ELF file in a test's memory: checked as the kernel would, laid out for the linker, with memory to
// relocate in.
#pragma once

#include <cstring>
#include <map>
#include <vector>

#include "loader/dynamic/relocate.hh"
#include "loader/elf/headers.hh"

class elf_bytes
{
  public:
    explicit elf_bytes(std::vector<std::byte> bytes) : _bytes(std::move(bytes)) {}

    /// Checks the headers and parses; false if either refuses.
    bool load(u64 bias)
    {
        elf::file_header header{};
        if (!_bytes.empty())
            std::memcpy(&header, _bytes.data(), std::min(sizeof header, _bytes.size()));
        if (elf::check(header, _bytes.size()) != elf::defect::none)
            return false;
        headers.resize(header.program_header_count);
        std::memcpy(headers.data(), _bytes.data() + header.program_headers,
                    headers.size() * sizeof headers[0]);
        if (elf::check(header, headers, _bytes.size(), &layout) != elf::defect::none)
            return false;
        for (const auto& p : headers)
            if (elf::is_loaded(p) &&
                !contents.add(p.address, std::span(_bytes).subspan(p.offset, p.file_size)))
                return false;
        linked.bias = bias;
        why = linked.parse(headers, contents);
        return why == linker::defect::none;
    }

    std::vector<elf::program_header> headers;
    elf::layout layout;
    linker::contents contents;
    linker::object linked;
    linker::defect why = linker::defect::none;

  private:
    std::vector<std::byte> _bytes;
};

/// Words that were written; other words read as what `initial` says.
struct word_memory final : linker::memory {
    std::map<u64, u64> words;
    std::map<u64, u64> indirect;
    u64 copied = 0;

    bool read(u64 address, u64& value) override
    {
        const auto w = words.find(address);
        value = w == words.end() ? 0 : w->second;
        return true;
    }
    bool write(u64 address, u64 value) override
    {
        words[address] = value;
        return true;
    }
    bool copy(u64 to, u64 from, u64 bytes) override
    {
        copied += bytes;
        return to != from;
    }
    bool add_indirect(u64 where, u64 resolver) override
    {
        indirect[where] = resolver;
        return true;
    }
};
