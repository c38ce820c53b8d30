#!/bin/sh
# What libxl runs in our first domain when a disk (block) or a card (vif-bridge) of another domain comes or goes, in
# the place of Xen's own scripts. The disk is a block device; the card goes to the bridge of its configuration.
case "$0:$1" in
*/block:add)
    file=$(xenstore-read "$XENBUS_PATH/params")
    xenstore-write "$XENBUS_PATH/physical-device" "$(stat -L -c %t:%T "$file")" \
        "$XENBUS_PATH/physical-device-path" "$file" "$XENBUS_PATH/hotplug-status" connected
    ;;
*/vif-bridge:online | */vif-bridge:add)
    # shellcheck disable=SC2154 # the card's device here, set by libxl
    ip link set dev "$vif" up
    brctl addif "$(xenstore-read "$XENBUS_PATH/bridge")" "$vif"
    xenstore-write "$XENBUS_PATH/hotplug-status" connected
    ;;
esac
exit 0
