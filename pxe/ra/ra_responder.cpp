#include "pxe/ra/ra_responder.hpp"

#include <utility>

namespace colony::pxe::ra {

namespace {

// iPXE repeats its solicitation every half second until it is answered.
constexpr core::Duration interval = std::chrono::milliseconds(100);
constexpr std::size_t capacity = 4096;

}  // namespace

RaResponder::RaResponder(core::MacAddress own_mac, std::function<bool(core::MacAddress)> boots_through_us)
    : own_mac_(own_mac), boots_through_us_(std::move(boots_through_us)), answered_(interval, capacity) {}

std::optional<core::Bytes> RaResponder::on_frame(core::ByteView frame, core::BootTime now) {
  ++counters_.received;
  const auto solicitation = decode_solicitation(frame);
  if (!solicitation) {
    ++(solicitation.error() == FrameError::not_solicitation ? counters_.not_ours : counters_.malformed);
    return std::nullopt;
  }
  if (!boots_through_us_(solicitation->mac)) {
    ++counters_.not_ours;
    return std::nullopt;
  }
  if (!answered_.allow(solicitation->mac, now)) return std::nullopt;
  ++counters_.answered;
  return encode_advertisement(own_mac_, *solicitation);
}

}  // namespace colony::pxe::ra
