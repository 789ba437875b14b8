// Whatever the hosted side answers: operations, workflows, acknowledgements, agent ids, error bodies.

#include "daemon/hosted/messages.hpp"

using namespace colony::daemon::hosted;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      if (const auto list = decode_operations(body, 7)) {
        // What the link relies on: in order, each once, behind the cursor, the cursor never back.
        std::uint64_t last = 7;
        for (const auto& operation : list->operations) {
          if (operation.seq <= last || operation.id.empty() || operation.type.empty()) __builtin_trap();
          last = operation.seq;
        }
        if (list->last_seq < last) __builtin_trap();
      }
      break;
    case 1: (void)decode_pending_workflows(body); break;
    case 2: (void)decode_acknowledgement(body); break;
    case 3:
      if (const auto id = decode_agent_id(body); id && (id->empty() || id->find('/') != std::string::npos)) {
        __builtin_trap();
      }
      break;
    default:
      if (decode_error(body).text().find('\n') != std::string::npos) __builtin_trap();
      break;
  }
  return 0;
}
