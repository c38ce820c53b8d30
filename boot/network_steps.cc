// Start-up of the network: the kernel's stack with its loopback, the cards that there are, and what the
// configuration says about the first of them. Nothing here waits for anybody.
#include "boot/resolver_file.hh"
#include "boot/steps.hh"
#include "core/boot/config.hh"
#include "core/log.hh"
#include "core/mm/frames.hh"
#include "net/dhcp/client.hh"
#include "net/interface/interface.hh"
#include "net/route/routes.hh"
#include "net/settings.hh"
#include "net/stack.hh"
#include "net/start/address_text.hh"
#include "net/tcp/protocol.hh"

namespace boot
{
namespace
{
/// A card that cannot be used is no reason not to start.
net::interface* start_card(net::stack& stack, network_device& card)
{
    const auto made = stack.interfaces().add(card);
    if (!made) {
        klog::line("{}: not usable, error {}", card.name(), made.error());
        return nullptr;
    }
    (*made)->set_up(true);
    return *made;
}

result<void> set_address(net::stack& stack, net::interface& card, const net::static_address& wanted)
{
    TRY(card.add_address({.address = wanted.address, .prefix_length = wanted.prefix_length}));
    if (!wanted.gateway)
        return {};
    return stack.routes().add({.destination = net::ip_address::any(wanted.address.family()),
                               .prefix_length = 0,
                               .gateway = *wanted.gateway,
                               .out = &card});
}

void add_name_server(net::stack& stack, std::string_view word)
{
    if (const auto address = net::parse_address(word))
        stack.settings().add_name_server(*address);
    else
        klog::line("kiln.nameserver={} is not an address", word);
}

/// The client lives as long as the machine.
result<void> ask_by_dhcp(net::interface& card)
{
    TRY(net::dhcp::client::create(card)).release();
    return {};
}

void configure(net::stack& stack, net::interface& card, std::string_view word)
{
    if (word == "dhcp") {
        if (const auto asked = ask_by_dhcp(card); !asked)
            klog::line("{}: no DHCP, error {}", card.name(), asked.error());
        return;
    }
    const auto wanted = net::parse_static_address(word);
    if (!wanted)
        klog::line("kiln.ip={} is not ADDRESS/LENGTH[,GATEWAY]", word);
    else if (const auto done = set_address(stack, card, *wanted); !done)
        klog::line("the address {} cannot be set, error {}", word, done.error());
}
} // namespace

result<void> start_network()
{
    net::set_the_stack(TRY(net::stack::create()));
    net::stack& stack = net::the_stack();
    stack.tcp().memory().set_limits(net::tcp::memory::share_of(mm::total_frames() * page_size));
    net::interface* first = nullptr;
    for (size_t n = 0; network_device* card = network_devices::nth(n); n++)
        if (auto* const started = start_card(stack, *card); started && !first)
            first = started;
    if (!first)
        return {};
    for (const auto server : configuration().name_servers())
        add_name_server(stack, server);
    for (const auto word : configuration().addresses())
        configure(stack, *first, word);
    write_resolver_file(stack.settings());
    return keep_resolver_file(stack.settings());
}
} // namespace boot
