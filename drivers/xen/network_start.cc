// Connecting a card with its back end.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/log.hh"
#include "drivers/xen/bus.hh"
#include "drivers/xen/connection.hh"
#include "drivers/xen/front_end.hh"
#include "drivers/xen/network.hh"

namespace xen
{
namespace
{
constexpr u32 usual_mtu = 1500, least_mtu = 68;
constexpr u32 most_mtu_of_one_page = page_size - 18; // without a frame's other headers

/// "00:16:3e:01:02:03".
std::optional<mac_address> parse_address(std::string_view text)
{
    mac_address address{};
    if (text.size() != address.size() * 3 - 1)
        return std::nullopt;
    for (size_t i = 0; i < address.size(); i++) {
        const char* const at = text.data() + 3 * i;
        const auto [end, wrong] = std::from_chars(at, at + 2, address[i], 16);
        if (wrong != std::errc{} || end != at + 2 || (i + 1 < address.size() && *end != ':'))
            return std::nullopt;
    }
    return address;
}

result<mac_address> read_address(front_end& f)
{
    std::array<char, 24> text;
    if (const auto address = parse_address(TRY(f.read("mac", text))))
        return *address;
    return fail(errc::einval);
}

/// Where the tool stack says one, it lies in our own part.
u32 read_mtu(front_end& f)
{
    std::array<char, 12> text;
    u32 mtu = usual_mtu;
    if (const auto said = f.read("mtu", text))
        std::from_chars(said->data(), said->data() + said->size(), mtu);
    return std::clamp(mtu, least_mtu, most_mtu_of_one_page);
}

network::properties read_properties(front_end& f)
{
    const auto offers = [&](std::string_view feature) { return f.offer(feature) != 0; };
    return {.scatter_gather = offers("feature-sg"),
            .checksum = !offers("feature-no-csum-offload") && offers("feature-ipv6-csum-offload"),
            .segmentation4 = offers("feature-gso-tcpv4"),
            .segmentation6 = offers("feature-gso-tcpv6")};
}

/// Where the rings are, and what may come in.
result<void> describe(front_end& f, const network& card, const connection& line)
{
    TRY(f.write("tx-ring-ref", card.transmit_grant()));
    TRY(f.write("rx-ring-ref", card.receive_grant()));
    TRY(f.write("event-channel", line.port()));
    for (const char* const feature : {"request-rx-copy", "feature-rx-notify", "feature-sg",
                                      "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload"})
        TRY(f.write(feature, 1));
    return {};
}
} // namespace

/// What is made here lives as long as the machine, also if the back end never comes: it knows our pages.
result<void> start_card(store& s, u64 number)
{
    auto* const front = TRY(try_make_unique<front_end>(s, "vif", number)).release();
    TRY(front->find_back_end());
    TRY(front->wait_for(bus_state::waiting));
    const mac_address address = TRY(read_address(*front));
    auto* const line = TRY(try_make_unique<connection>(front->back_end())).release();
    network* const card = TRY(network::create(*line, address, read_mtu(*front))).release();
    card->set_properties(read_properties(*front));
    TRY(line->open([](void* self) { static_cast<network*>(self)->interrupt(); }, card));
    front->set_end([](void* self) { static_cast<network*>(self)->back_end_gone(); }, card);
    TRY(describe(*front, *card, *line));
    TRY(front->set_state(bus_state::connected));
    TRY(front->wait_for(bus_state::connected));
    network_devices::add(*card);
    klog::detail("{}: xen vif {}", card->name(), number);
    return {};
}
} // namespace xen
