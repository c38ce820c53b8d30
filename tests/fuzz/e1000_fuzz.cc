// A card that writes whatever it likes into its descriptors and buffers, while the driver receives and sends.
//
// Each byte of the input is an action. The driver must stay inside its buffers (AddressSanitizer watches) and
// lose none of them.
#include "tests/fuzz/use_card.hh"
#include "tests/unit/drivers/model_e1000.hh"

namespace
{
void write_receive_descriptor(model_e1000& model, fuzz_input& input)
{
    auto& d = model.receive_ring()[input.byte() % model.receive_size()];
    d.length = input.half();
    d.errors = input.byte() % 4 ? u8{0} : input.byte();
    d.status = input.byte();
}

/// A card that says it has read what it has not: the driver frees it, so this model must not read on.
void write_transmit_status(model_e1000& model, fuzz_input& input)
{
    model.reads_frames = false;
    auto* const ring =
        model.ring<e1000::transmit_descriptor>(e1000::reg::transmit_ring, e1000::reg::transmit_ring_high);
    ring[input.byte()].status = input.byte();
}

void send(e1000::card& card, fuzz_input& input)
{
    if (auto p = make_packet(input, 60 + input.byte(), 64)) {
        p->network_header = p->head().data() + 14;
        p->transport_header = p->head().data() + 34;
        p->checksum_offset = 16;
        send(card, std::move(p));
    }
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz_input input{data, size};
    model_e1000 model;
    auto made = e1000::card::create(model);
    if (!made || !(*made)->attach(model))
        return 0;
    auto& card = **made;
    while (input.left > 0) {
        switch (input.byte() % 7) {
        case 0:
            write_receive_descriptor(model, input);
            break;
        case 1:
            write_transmit_status(model, input);
            break;
        case 2:
            send(card, input);
            break;
        case 3:
            (void)model.arrive(model_e1000::bytes(1u + input.half() % 2048), input.byte(), input.byte() % 2);
            break;
        case 4:
            model.transmit(input.byte());
            model.sent.clear();
            break;
        case 5:
            model.registers[e1000::reg::interrupt_cause / 4] = input.half();
            break;
        default:
            card.interrupt();
            sched::run_deferred_work();
            for (const auto& p : model.received)
                look_at(*p);
            model.received.clear();
        }
    }
    return 0;
}
