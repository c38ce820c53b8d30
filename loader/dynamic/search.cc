#include "loader/dynamic/search.hh"

#include "fs/vfs/lookup.hh"

namespace linker
{
namespace
{
constexpr std::string_view system_folders =
    "/usr/local/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu:"
    "/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/usr/local/lib:/lib:/usr/lib";

/// A name that is put together in a fixed space; too long is remembered.
class assembled_name
{
  public:
    explicit assembled_name(found_library& into) : _into(into) { _into.name_size = 0; }
    void add(std::string_view text)
    {
        if (text.size() > _into.name.size() - _into.name_size)
            _fits = false;
        else
            _into.name_size += text.copy(_into.name.data() + _into.name_size, text.size());
    }
    bool fits() const { return _fits; }

  private:
    found_library& _into;
    bool _fits = true;
};

std::string_view folder_of(std::string_view path)
{
    const size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? "." : path.substr(0, slash ? slash : 1);
}

/// One folder of a search path with $ORIGIN, $LIB and $PLATFORM filled in.
void add_folder(assembled_name& name, std::string_view folder, std::string_view origin)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> variables = {{
        {"$ORIGIN", {}},
        {"${ORIGIN}", {}},
        {"$LIB", "lib/x86_64-linux-gnu"},
        {"${LIB}", "lib/x86_64-linux-gnu"},
        {"$PLATFORM", "x86_64"},
        {"${PLATFORM}", "x86_64"},
    }};
    while (!folder.empty()) {
        const size_t dollar = folder.find('$');
        name.add(folder.substr(0, dollar));
        if (dollar == std::string_view::npos)
            return;
        folder.remove_prefix(dollar);
        std::string_view used = "$", value = "$";
        for (const auto& [variable, text] : variables)
            if (folder.starts_with(variable))
                used = variable, value = text.empty() ? folder_of(origin) : text;
        name.add(value);
        folder.remove_prefix(used.size());
    }
}

bool usable(const vfs::path& where)
{
    std::array<std::byte, 20> header;
    if (where.inode().type() != vfs::file_type::regular)
        return false;
    const auto size = elf::read_fully(where.inode(), 0, header);
    return size && *size == header.size() && header[4] == std::byte{elf::class_64} &&
           header[18] == std::byte{elf::machine_x86_64};
}

bool try_folders(found_library& found, std::string_view folders, std::string_view file,
                 std::string_view origin, const vfs::path& base)
{
    while (!folders.empty()) {
        const size_t colon = folders.find(':');
        const std::string_view folder = folders.substr(0, colon);
        folders = colon == std::string_view::npos ? std::string_view{} : folders.substr(colon + 1);
        assembled_name name(found);
        add_folder(name, folder.empty() ? "." : folder, origin);
        name.add("/");
        name.add(file);
        if (!name.fits())
            continue;
        if (auto where = vfs::resolve(base, {found.name.data(), found.name_size}); where && usable(*where)) {
            found.where = std::move(*where);
            return true;
        }
    }
    return false;
}
} // namespace

result<unique_ptr<found_library>> find_library(std::string_view name, const library& user,
                                               const vfs::path& base, std::string_view library_path)
{
    auto found = TRY(try_make_unique<found_library>());
    if (name.find('/') != std::string_view::npos) {
        assembled_name direct(*found);
        add_folder(direct, name, user.name());
        if (!direct.fits())
            return fail(errc::enametoolong);
        found->where = TRY(vfs::resolve(base, {found->name.data(), found->name_size}));
        return found;
    }
    if (user.linked.runpath().empty())
        for (const library* l = &user; l; l = l->loaded_by)
            if (l->linked.runpath().empty() && try_folders(*found, l->linked.rpath(), name, l->name(), base))
                return found;
    if (try_folders(*found, library_path, name, user.name(), base) ||
        try_folders(*found, user.linked.runpath(), name, user.name(), base) ||
        try_folders(*found, system_folders, name, user.name(), base))
        return found;
    return fail(errc::enoent);
}
} // namespace linker
