#pragma once
// Reading the members of one JSON object by contract: the first fault is kept with its path, later reads go
// on with zero values, so that a decoder reads everything and checks once (as core::ByteReader does for
// bytes).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"
#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"

namespace colony::drivers::scout {

/// The first fault of one message; every Members of that message shares it.
struct Fault {
  std::optional<std::string> text;
  [[nodiscard]] bool none() const { return !text; }
};

enum class Presence : std::uint8_t { required, optional };

class Members {
 public:
  /// `path` is what a person needs to find the member: "disks[3].id". A value that is no object is a fault.
  Members(const core::Json& object, std::string path, Fault& fault);

  /// Text without control characters, at most `limit` bytes. Optional and absent: "".
  [[nodiscard]] std::string text(std::string_view key, Presence presence, std::size_t limit);
  [[nodiscard]] std::uint64_t number(std::string_view key, std::uint64_t least, std::uint64_t most);
  [[nodiscard]] std::optional<std::uint64_t> number_if_there(std::string_view key, std::uint64_t least,
                                                             std::uint64_t most);
  [[nodiscard]] bool flag(std::string_view key);
  /// An address of one machine: neither zero nor a group.
  [[nodiscard]] core::MacAddress mac(std::string_view key);
  [[nodiscard]] core::Uuid uuid(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const;
  /// The array under `key`, or null after a fault; between `least` and `most` elements.
  [[nodiscard]] const core::Json* list(std::string_view key, std::size_t least, std::size_t most);
  /// The object under `key`; after a fault an empty one.
  [[nodiscard]] Members object(std::string_view key);
  [[nodiscard]] Members element(std::string_view key, const core::Json& value, std::size_t index);

  /// "KEY REASON", kept if it is the message's first fault.
  void reject(std::string_view key, std::string_view reason);

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const;

  const core::Json& object_;
  std::string path_;
  Fault& fault_;
};

}  // namespace colony::drivers::scout
