#include "hw-sim/firmware/dhcp_client.hpp"

#include <algorithm>
#include <cassert>

namespace colony::hw_sim {

std::string_view name(DhcpFailure failure) {
  switch (failure) {
    case DhcpFailure::no_offer: return "no_offer";
    case DhcpFailure::no_boot_file: return "no_boot_file";
    case DhcpFailure::refused: return "refused";
    case DhcpFailure::no_ack: return "no_ack";
    case DhcpFailure::proxy_silent: return "proxy_silent";
  }
  return "?";
}

std::vector<DhcpSend> DhcpClient::start(core::BootTime now) {
  started_ = now;
  attempt_ = 0;
  return discover(now);
}

std::vector<DhcpSend> DhcpClient::on_reply(const DhcpReply& reply, core::BootTime now) {
  if (reply.xid != xid_ || reply.client_mac != identity_.mac) return {};
  switch (state_) {
    case State::selecting:
      if (reply.type != DhcpMessageType::offer) return {};
      collect(reply, now);
      return now >= deadline_ ? request(now) : std::vector<DhcpSend>{};
    case State::requesting:
      assert(address_offer_);
      if (reply.type == DhcpMessageType::nak && reply.server_id == address_offer_->server_id) {
        end(DhcpFailure::refused);
        return {};
      }
      // A proxy may answer the broadcast REQUEST too; only the address server's ACK counts here.
      if (reply.type != DhcpMessageType::ack || reply.your_address != address_offer_->your_address) return {};
      return acknowledged(reply, now);
    case State::asking_proxy:
      if (reply.type != DhcpMessageType::ack && reply.type != DhcpMessageType::offer) return {};
      if (!names_boot_file(reply)) return {};
      proxy_offer_ = reply;
      assert(ack_);
      return acknowledged(DhcpReply(*ack_), now);
    case State::idle:
    case State::done: return {};
  }
  return {};
}

std::vector<DhcpSend> DhcpClient::on_deadline(core::BootTime now) {
  if (now < deadline_) return {};
  switch (state_) {
    case State::selecting:
      if (address_offer_) return request(now);
      if (++attempt_ < timings_.attempts) return discover(now);
      end(DhcpFailure::no_offer);
      return {};
    case State::requesting:
      if (++attempt_ < timings_.attempts) return request(now);
      end(DhcpFailure::no_ack);
      return {};
    case State::asking_proxy:
      if (++attempt_ < timings_.attempts) return ask_proxy(now);
      end(DhcpFailure::proxy_silent);
      return {};
    case State::idle:
    case State::done: return {};
  }
  return {};
}

std::optional<core::BootTime> DhcpClient::deadline() const {
  if (state_ == State::idle || state_ == State::done) return std::nullopt;
  return deadline_;
}

std::optional<core::Ipv4Address> DhcpClient::address() const {
  if (!ack_) return std::nullopt;
  return ack_->your_address;
}

std::vector<DhcpSend> DhcpClient::discover(core::BootTime now) {
  state_ = State::selecting;
  deadline_ = now + timeout();
  DhcpSend send;
  send.fields.type = DhcpMessageType::discover;
  send.fields.xid = xid_;
  send.fields.seconds = seconds(now);
  return {send};
}

void DhcpClient::collect(const DhcpReply& reply, core::BootTime now) {
  if (!reply.your_address.is_unspecified()) {
    // The first address wins, unless a later one also knows what to boot.
    if (!address_offer_ || (!is_boot_offer(*address_offer_) && is_boot_offer(reply))) {
      if (!address_offer_) deadline_ = std::min(deadline_, now + timings_.offer_wait);
      address_offer_ = reply;
    }
  } else if (is_boot_offer(reply) && !proxy_offer_) {
    proxy_offer_ = reply;
  }
  if (!address_offer_) return;
  if (identity_.speaker == DhcpSpeaker::os) deadline_ = now;
  // Nothing better can come: a proxy has spoken, or the address server says it is the boot server itself.
  if (proxy_offer_ || is_boot_offer(*address_offer_) || address_offer_->no_proxy_wait) deadline_ = now;
}

/// An offer that speaks as a boot server: PXE 2.1 wants option 60 "PXEClient" in it, UEFI HTTP boot
/// "HTTPClient" (UEFI 2.10 section 24.7.3.1). iPXE also takes a bare boot file of an address server.
bool DhcpClient::is_boot_offer(const DhcpReply& reply) const {
  if (identity_.speaker == DhcpSpeaker::os) return false;
  const bool rom_http =
      identity_.firmware == FirmwareKind::uefi_http && identity_.speaker == DhcpSpeaker::rom;
  if (rom_http) return reply.vendor_class.starts_with("HTTPClient") && names_boot_file(reply);
  return reply.vendor_class.starts_with("PXEClient");
}

bool DhcpClient::names_boot_file(const DhcpReply& reply) const {
  if (reply.boot_file.empty()) return false;
  const bool rom_http =
      identity_.firmware == FirmwareKind::uefi_http && identity_.speaker == DhcpSpeaker::rom;
  if (rom_http) return reply.boot_file.starts_with("http://");
  // iPXE holds a ProxyDHCP offer without siaddr to be incomplete, even when its boot file is a URL.
  const bool proxy = reply.your_address.is_unspecified();
  return !(identity_.speaker == DhcpSpeaker::ipxe && proxy && reply.next_server.is_unspecified());
}

std::vector<DhcpSend> DhcpClient::request(core::BootTime now) {
  assert(address_offer_);
  if (state_ != State::requesting) attempt_ = 0;
  state_ = State::requesting;
  deadline_ = now + timeout();
  DhcpSend send;
  send.fields.type = DhcpMessageType::request;
  send.fields.xid = xid_;
  send.fields.seconds = seconds(now);
  send.fields.server_id = address_offer_->server_id;
  send.fields.requested = address_offer_->your_address;
  return {send};
}

std::vector<DhcpSend> DhcpClient::acknowledged(const DhcpReply& reply, core::BootTime now) {
  assert(address_offer_);
  ack_ = reply;
  DhcpLease lease;
  lease.address = reply.your_address;
  lease.prefix_length = reply.prefix_length;
  lease.server_id = reply.server_id;
  if (proxy_offer_) {
    if (!names_boot_file(*proxy_offer_)) {
      attempt_ = 0;
      return ask_proxy(now);
    }
    lease.boot_from_proxy = true;
    lease.boot_file = proxy_offer_->boot_file;
    lease.boot_server =
        proxy_offer_->next_server.is_unspecified() ? proxy_offer_->server_id : proxy_offer_->next_server;
  } else {
    const DhcpReply& source = reply.boot_file.empty() ? *address_offer_ : reply;
    lease.boot_file = names_boot_file(source) ? source.boot_file : std::string();
    lease.boot_server = source.next_server.is_unspecified() ? source.server_id : source.next_server;
  }
  if (lease.boot_file.empty() && identity_.speaker != DhcpSpeaker::os) {
    end(DhcpFailure::no_boot_file);
  } else {
    end(lease);
  }
  return {};
}

std::vector<DhcpSend> DhcpClient::ask_proxy(core::BootTime now) {
  assert(proxy_offer_ && ack_);
  state_ = State::asking_proxy;
  deadline_ = now + timeout();
  DhcpSend send;
  send.proxy = proxy_offer_->server_id.is_unspecified() ? proxy_offer_->next_server : proxy_offer_->server_id;
  send.fields.type = DhcpMessageType::request;
  send.fields.xid = xid_;
  send.fields.seconds = seconds(now);
  send.fields.client = ack_->your_address;
  if (const auto& pxe = proxy_offer_->pxe) {
    // Without a person at the menu the first item is taken.
    if (pxe->menu_first) {
      send.fields.boot_server_type = pxe->menu_first;
    } else if (!pxe->boot_server_types.empty()) {
      send.fields.boot_server_type = pxe->boot_server_types.front();
    }
  }
  return {send};
}

void DhcpClient::end(Outcome outcome) {
  state_ = State::done;
  outcome_ = std::move(outcome);
}

core::Duration DhcpClient::timeout() const {
  return timings_.first_timeout * (1U << std::min(attempt_, 3U));
}

std::uint16_t DhcpClient::seconds(core::BootTime now) const {
  return static_cast<std::uint16_t>(std::chrono::duration_cast<std::chrono::seconds>(now - started_).count());
}

}  // namespace colony::hw_sim
