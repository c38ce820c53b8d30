#!/bin/sh
# What libxl runs in our first domain when a disk or a card of another domain comes or goes. The disk is a
# block device, the card goes to the bridge.
case "$0:$1" in
*kiln-disk:add)
    file=$(xenstore-read "$XENBUS_PATH/params")
    xenstore-write "$XENBUS_PATH/physical-device" "$(stat -L -c %t:%T "$file")" \
        "$XENBUS_PATH/physical-device-path" "$file" "$XENBUS_PATH/hotplug-status" connected
    ;;
*kiln-card:online | *kiln-card:add)
    # shellcheck disable=SC2154 # the card's device here, set by libxl
    ip link set dev "$vif" up
    brctl addif kiln0 "$vif"
    xenstore-write "$XENBUS_PATH/hotplug-status" connected
    ;;
esac
exit 0
