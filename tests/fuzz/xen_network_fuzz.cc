// A back end of a Xen network card that writes whatever it likes onto the shared pages, while the driver
// receives and sends.
//
// Each byte of the input is an action. The driver must stay inside its pages (AddressSanitizer watches), lose
// no memory, and give up no byte that was not in a frame.
#include "tests/fuzz/use_card.hh"
#include "tests/unit/drivers/model_netback.hh"

namespace
{
void send(xen::network& card, fuzz_input& input)
{
    if (auto p = make_packet(input, input.byte(), packet_buffer::page_capacity))
        send(card, std::move(p));
}

/// An answer of the right number, as often as not, and of any content.
void answer(model_netback& back, fuzz_input& input)
{
    const u16 right = back.receive_request_at(back.receive_header().answer_producer).id;
    const u16 id = input.byte() % 8 ? right : input.half();
    const u16 offset = input.byte() % 2 ? u16{0} : input.half();
    const u16 flags = input.half();
    back.answer_receive(xen::receive_answer{id, offset, flags, static_cast<s16>(input.half())});
}

/// A word of a ring's header, or of a shared page.
void scribble(model_netback& back, fuzz_input& input)
{
    auto& header = input.byte() % 2 ? back.receive_header() : back.transmit_header();
    u32* const words[] = {&header.request_producer, &header.request_event, &header.answer_producer,
                          &header.answer_event};
    u32& word = *words[input.byte() % 4];
    word = input.byte() % 2 ? word + input.byte() : input.word();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz_input input{data, size};
    model_netback back;
    const u8 offers = input.byte();
    auto& card = back.make({static_cast<bool>(offers & 1), static_cast<bool>(offers & 2),
                            static_cast<bool>(offers & 4), static_cast<bool>(offers & 8)});
    while (input.left > 0) {
        switch (input.byte() % 7) {
        case 0:
            answer(back, input);
            break;
        case 1:
            back.answer_receive(
                xen::extra_info{input.byte(), input.byte(), input.half(), input.byte(), 0, 0});
            break;
        case 2:
            send(card, input);
            break;
        case 3:
            back.answer_transmit(input.byte() % 4 ? u16{input.byte()} : input.half(),
                                 static_cast<s16>(input.half()));
            break;
        case 4:
            scribble(back, input);
            break;
        case 5:
            (void)back.arrive(model_netback::bytes(1u + input.half()), input.byte() & 3);
            break;
        default:
            back.raise();
            for (const auto& p : back.received)
                look_at(*p);
            back.received.clear();
        }
    }
    return 0;
}
