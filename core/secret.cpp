#include "core/secret.hpp"

#include <cstring>
#include <utility>

namespace colony::core {

Secret::Secret(Secret&& other) noexcept {
  *this = std::move(other);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = other.text_;  // a copy, so that a short string's bytes can be wiped at their old place
  other.wipe();
  return *this;
}

bool Secret::equals(std::string_view other) const {
  return constant_time_equal(text_, other);
}

void Secret::wipe() {
  wipe_text(text_);
}

void wipe_memory(void* data, std::size_t size) {
  explicit_bzero(data, size);
}

void wipe_text(std::string& text) {
  wipe_memory(text.data(), text.capacity());
  text.clear();
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size() && !b.empty(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i % b.size()]);
  }
  return difference == 0 && a.size() == b.size();
}

}  // namespace colony::core
