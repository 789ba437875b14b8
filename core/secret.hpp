#pragma once
// A secret is held here and nowhere else: no operator<<, no formatter, not copyable by accident, wiped when
// it goes. reveal() is the one way out, so that `grep reveal` lists every place that sees a secret.

#include <string>
#include <string_view>

namespace colony::core {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  [[nodiscard]] Secret clone() const { return Secret(text_); }
  [[nodiscard]] std::string_view reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  /// Constant time in the length of the longer one.
  [[nodiscard]] bool equals(std::string_view other) const;

 private:
  void wipe();
  std::string text_;
};

/// Overwrites memory in a way the compiler keeps (explicit_bzero).
void wipe_memory(void* data, std::size_t size);

/// The same for a string that held a secret for a moment (argv, a form field).
void wipe_text(std::string& text);

/// True when the two have equal length and content; time depends on the lengths only.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace colony::core
