#include "workflows/recipes/bmc_password.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace colony::workflows {

namespace {

constexpr std::string_view capitals = "ABCDEFGHJKLMNPQRSTUVWXYZ";  // no I, O
constexpr std::string_view smalls = "abcdefghijkmnopqrstuvwxyz";   // no l
constexpr std::string_view digits = "23456789";                    // no 0, 1
constexpr std::size_t letters = capitals.size() + smalls.size() + digits.size();

char drawn(core::Random& random) {
  std::size_t at = random.below(letters);
  for (const auto set : {capitals, smalls, digits}) {
    if (at < set.size()) return set[at];
    at -= set.size();
  }
  return digits.front();
}

bool has_one_of(std::string_view text, std::string_view set) {
  return text.find_first_of(set) != std::string_view::npos;
}

}  // namespace

core::Secret make_bmc_password(core::Random& random) {
  std::string text(bmc_password_length, ' ');
  // One in nine has no digit and is drawn again.
  do {
    std::ranges::generate(text, [&random] { return drawn(random); });
  } while (!has_one_of(text, capitals) || !has_one_of(text, smalls) || !has_one_of(text, digits));
  core::Secret password(text);
  core::wipe_text(text);
  return password;
}

}  // namespace colony::workflows
