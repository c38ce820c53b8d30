// One file system as a whole, such as the tmpfs on /tmp: where its tree begins, how full it is, how to write
// it out.
#pragma once

#include <string_view>

#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/attributes.hh"

namespace vfs
{
class inode;

class file_system : public ref_counted<file_system>
{
  public:
    virtual ~file_system() = default;

    /// Linux's name of the type, as in /proc/filesystems: "tmpfs".
    virtual std::string_view type_name() const = 0;
    /// The root directory; lives as long as the file system.
    virtual inode& root() = 0;
    virtual result<void> usage(file_system_usage& out) = 0;
    /// Everything that was written is on the medium afterwards.
    virtual result<void> synchronize() { return {}; }
    virtual bool read_only() const { return false; }

    /// What st_dev shows; anonymous numbers (major 0) unless a block device is below.
    device_number number() const { return _number; }

  protected:
    file_system();
    explicit file_system(device_number number) : _number(number) {}

  private:
    device_number _number;
};
} // namespace vfs
