#include "pxe/dhcp/rival_search.hpp"

namespace colony::pxe::dhcp {

std::optional<RivalServer> RivalSearch::on_frame(core::ByteView frame) const {
  const auto answer = read_server_answer(frame);
  if (!answer || answer->type != MessageType::offer || answer->xid != xid_ || answer->client != mac_ ||
      answer->offered.is_unspecified() || answer->server == own_address_) {
    return std::nullopt;
  }
  return RivalServer{answer->server, answer->mac};
}

}  // namespace colony::pxe::dhcp
