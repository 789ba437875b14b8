// What `colony init` is told: any answer of any status from the hosted side, any text as an API key. The
// first byte chooses the status.
#include <array>
#include <cstdlib>

#include "daemon/init/api_key_form.hpp"
#include "daemon/init/hosted_registration.hpp"

using namespace colony;
using namespace colony::daemon;

namespace {

/// One line that a terminal can show.
void check(const core::Error& error) {
  if (error.code.empty() || error.message.empty()) std::abort();
  for (const char c : error.message) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Word datacenter = *Word::parse("aa872c72-cbe1-498b-9b83-37a19e578d34");
  static constexpr std::array<long, 10> statuses{200, 201, 204, 301, 401, 403, 404, 409, 429, 503};
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const HostedAnswer answer{statuses[data[0] % statuses.size()], text,
                            size % 2 == 0 ? "" : text.substr(0, 40)};
  if (const auto registered = read_registration(answer, datacenter)) {
    if (registered->agent_id.empty()) std::abort();
  } else {
    check(registered.error());
  }
  if (const auto greeted = read_greeting(answer); !greeted) check(greeted.error());

  const auto form = check_api_key_form(text);
  if (!form) check(form.error());
  // The key itself is in no sentence about it. (Our sentences are words with blanks between them.)
  const bool no_words_of_ours = text.size() >= 20 && !text.contains(' ');
  if (no_words_of_ours && (form ? *form : form.error().message).contains(text)) std::abort();
  return 0;
}
