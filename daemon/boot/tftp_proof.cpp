#include "daemon/boot/tftp_proof.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::daemon {

namespace {

constexpr int failures_believed = 2;

std::string cause(const core::Error& why, core::Ipv4Address address,
                  const std::optional<core::PortOwner>& owner) {
  const std::string place = fmt::format("{}:69", address.to_string());
  if (why.code == "tftp.refused" || why.code == "tftp.other_bytes") {
    return fmt::format(
        "another TFTP server answers on {} and does not serve our files{}; stop it "
        "(Debian's own: systemctl disable --now tftpd-hpa)",
        place, owner ? ": " + owner->to_string() : "");
  }
  if (why.code == "tftp.silent" && owner) {
    return fmt::format(
        "{} holds {} and does not answer; if it is not colony-tftpd's, stop it (Debian's own: "
        "systemctl disable --now tftpd-hpa), then: systemctl restart colony-tftpd",
        owner->to_string(), place);
  }
  if (why.code == "tftp.silent") {
    return fmt::format(
        "no TFTP server answers on {}; see: systemctl status colony-tftpd (it needs the package "
        "tftpd-hpa)",
        place);
  }
  return why.message;
}

}  // namespace

void TftpProof::on_read(core::BootTime now) {
  served_ = true;
  failures_ = 0;
  finding_.clear();
  retry_ = first_retry;
  next_ = now + while_served;
}

void TftpProof::on_failure(const core::Error& why, const std::optional<core::PortOwner>& owner,
                           core::BootTime now) {
  ++failures_;
  if (failures_ >= failures_believed) served_ = false;
  if (!served_) finding_ = "machines cannot boot: " + cause(why, address_, owner);
  next_ = now + retry_;
  retry_ = std::min(retry_ * 2, longest_retry);
}

}  // namespace colony::daemon
