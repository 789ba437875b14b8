// Any datagram on port 69, and any during a transfer.
#include <cstdlib>

#include "pxe/tftp/negotiation.hpp"

using namespace colony;
using namespace colony::pxe::tftp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView datagram(data, size);
  if (const auto packet = parse_peer_packet(datagram)) {
    if (const auto* error = std::get_if<PeerError>(&*packet); error != nullptr && error->text.size() > size) {
      std::abort();
    }
  }
  const auto request = parse_request(datagram);
  if (!request) {
    if (name(request.error()) == "?") std::abort();
    (void)encode_error(ErrorCode::undefined, name(request.error()));
    return 0;
  }
  // What is accepted is harmless wherever it is printed or looked up.
  if (request->file.empty() || request->file.size() > file_name_limit ||
      request->file.find("..") != std::string::npos || request->file.find('\\') != std::string::npos) {
    std::abort();
  }
  const TransferLimits limits;
  const auto agreed = negotiate(request->options, limits, size);
  if (agreed.block_size < 8 || agreed.block_size > limits.block_size || agreed.window_size < 1 ||
      agreed.window_size > limits.window_size) {
    std::abort();
  }
  (void)encode_oack(agreed.oack);
  (void)data_header(BlockNumber{static_cast<std::uint16_t>(size)});
  return 0;
}
