// Any JSON as a timeline row: read back to the same row, described in words, or refused by name.
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "core/evidence/evidence.hpp"

using namespace colony::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto evidence = evidence_from_json(*json);
  if (!evidence) {
    if (evidence.error().code != "evidence.unreadable") std::abort();
    return 0;
  }
  const Json written = to_json(*evidence);
  const auto again = evidence_from_json(written);
  if (!again || to_json(*again) != written) std::abort();
  (void)describe(evidence->fact);
  return 0;
}
