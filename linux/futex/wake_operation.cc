// See wake_operation.hh.
#include "linux/futex/wake_operation.hh"

namespace linux
{
namespace
{
// FUTEX_WAKE_OP's encoding: operation, comparison, two signed 12-bit arguments.
constexpr u32 operation_shift_flag = 8;
constexpr s32 sign_extend_12(u32 value)
{
    return static_cast<s32>(value << 20) >> 20;
}

bool compare(u32 comparison, s32 value, s32 argument, bool& known)
{
    known = true;
    switch (comparison) {
    case 0:
        return value == argument;
    case 1:
        return value != argument;
    case 2:
        return value < argument;
    case 3:
        return value <= argument;
    case 4:
        return value > argument;
    case 5:
        return value >= argument;
    default:
        known = false;
        return false;
    }
}
} // namespace

result<wake_operation> apply_wake_operation(u32 encoded, u32 old_value)
{
    u32 argument = static_cast<u32>(sign_extend_12((encoded >> 12) & 0xfff));
    const u32 operation = (encoded >> 28) & 0xf;
    if (operation & operation_shift_flag)
        argument = u32{1} << (argument & 31);
    wake_operation answer{};
    switch (operation & 7) {
    case 0:
        answer.new_value = argument;
        break;
    case 1:
        answer.new_value = old_value + argument;
        break;
    case 2:
        answer.new_value = old_value | argument;
        break;
    case 3:
        answer.new_value = old_value & ~argument;
        break;
    case 4:
        answer.new_value = old_value ^ argument;
        break;
    default:
        return fail(errc::enosys);
    }
    bool known;
    answer.wake_second =
        compare((encoded >> 24) & 0xf, static_cast<s32>(old_value), sign_extend_12(encoded & 0xfff), known);
    if (!known)
        return fail(errc::enosys);
    return answer;
}
} // namespace linux
