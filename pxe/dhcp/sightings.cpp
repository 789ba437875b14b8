#include "pxe/dhcp/sightings.hpp"

#include <utility>

#include <fmt/format.h>

namespace colony::pxe::dhcp {

namespace {

using namespace std::chrono_literals;

// A client repeats its DISCOVER within a second; a stranger may go on for ever.
constexpr core::Duration seen_interval = 1s;
constexpr core::Duration unanswered_interval = 60s;
constexpr core::Duration malformed_interval = 10s;
constexpr std::size_t seen_capacity = 4096;
constexpr std::size_t answer_lines_capacity = 512;
constexpr std::size_t unanswered_capacity = 512;

constexpr std::uint64_t system_stage = 0xff;  // none of core::BootStage: an operating system speaks

std::uint64_t key(std::uint64_t stage, core::MacAddress mac) {
  std::uint64_t value = stage;
  for (const auto octet : mac.octets()) value = value << 8 | octet;
  return value;
}

std::uint64_t key(const BootRequest& request) {
  return key(static_cast<std::uint64_t>(request.stage), request.mac);
}

}  // namespace

Sightings::Sightings(core::EvidenceSink& evidence, core::Log& log)
    : evidence_(evidence),
      log_(log),
      seen_(seen_interval, seen_capacity),
      answer_lines_(seen_interval, answer_lines_capacity),
      unanswered_(unanswered_interval, unanswered_capacity),
      malformed_lines_(malformed_interval, decode_error_count) {}

void Sightings::malformed(const Arrival& arrival, DecodeError error) {
  auto& count = malformed_[static_cast<std::size_t>(error)];
  ++count;
  if (!malformed_lines_.allow(static_cast<std::uint8_t>(error), arrival.now)) return;
  log_.warn("dhcp.malformed", "dropped a datagram that is not DHCP as RFC 2131 has it",
            {{"reason", name(error)},
             {"from", arrival.source},
             {"bytes", arrival.datagram.size()},
             {"count", count}});
}

void Sightings::answered(const Arrival& arrival, const BootRequest& request, const Message& reply) {
  if (seen_.allow(key(request), arrival.now)) {
    emit(arrival, request, core::DhcpSeen{request.arch, request.stage, true});
  }
  // The ACK of this exchange has a line of its own, and no evidence: the same machine at the same stage.
  const bool final = reply.type == MessageType::ack;
  if (!answer_lines_.allow(final ? ~key(request) : key(request), arrival.now)) return;
  log_.info(
      "dhcp.offer", "answered a network boot",
      {{"type", name(reply.type)},
       {"mac", request.mac},
       {"arch", core::name(request.arch)},
       {"stage", core::name(request.stage)},
       {"file", core::printable(reply.options.find_text(OptionCode::bootfile_name).value_or(""), 200)}});
}

void Sightings::unanswered(const Arrival& arrival, const BootRequest& request) {
  if (!unanswered_.allow(key(request), arrival.now)) return;
  emit(arrival, request, core::DhcpSeen{request.arch, request.stage, false});
  log_.info("dhcp.silent", "a network boot asked and is not ours to answer",
            {{"mac", request.mac}, {"arch", core::name(request.arch)}, {"stage", core::name(request.stage)}});
}

void Sightings::refused(const Arrival& arrival, const BootRequest& request, Refusal refusal) {
  unanswered(arrival, request);
  if (!unanswered_.allow(~key(request), arrival.now)) return;
  const std::string text =
      refusal == Refusal::no_boot_program
          ? fmt::format("no boot program for {}: name one in colony.yaml under pxe.nbp",
                        core::name(request.arch))
          : "the machine names no architecture that we know; x86 BIOS, x64 and arm64 UEFI boot";
  emit(arrival, request, core::Note{fmt::format("dhcp.{}", name(refusal)), text});
  log_.warn("dhcp.refused", text, {{"mac", request.mac}, {"reason", name(refusal)}});
}

void Sightings::system_asked(const Arrival& arrival, const BootRequest& request) {
  if (!seen_.allow(key(system_stage, request.mac), arrival.now)) return;
  emit(arrival, request, core::SystemAsked{});
}

void Sightings::emit(const Arrival& arrival, const BootRequest& request, core::Fact fact) const {
  core::Evidence evidence;
  evidence.mac = request.mac;
  evidence.address = request.address;
  evidence.smbios_uuid = request.uuid;
  evidence.at = arrival.utc_now;
  evidence.source = "pxe.dhcp";
  evidence.fact = std::move(fact);
  evidence_.emit(std::move(evidence));
}

}  // namespace colony::pxe::dhcp
