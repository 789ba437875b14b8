// Request targets, URLs, Range values: what is accepted is safe to use.
#include <cstdlib>

#include "core/http/client.hpp"
#include "core/http/range.hpp"
#include "core/http/target.hpp"

using namespace colony::core::http;

namespace {

void check_target(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) {
    if (name(target.error()).empty()) std::abort();
    return;
  }
  const std::string& path = target->path;
  if (!path.starts_with('/') || path.find("/../") != std::string::npos || path.ends_with("/..")) std::abort();
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') std::abort();
  }
  if (target->query.size() > max_query_pairs) std::abort();
  for (const auto& [key, value] : target->query) {
    const auto again = parse_target("/?" + percent_encode(key) + "=" + percent_encode(value));
    const bool fits = key.size() + value.size() < max_target_length / 4;
    if (fits && (!again || again->query.at(key) != value)) std::abort();
  }
}

void check_range(std::string_view text) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, UINT64_MAX}) {
    const auto decision = decide_range(text, size);
    const auto* part = std::get_if<ByteRange>(&decision);
    if (part != nullptr && (part->length == 0 || part->first >= size || part->length > size - part->first)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_target(text);
  check_range(text);
  const auto url = parse_url(text);
  if (url && !url->target.starts_with('/')) std::abort();
  return 0;
}
