#pragma once
// The small types that colony.yaml is made of: parsed at the edge, trusted inside. Each knows its text form;
// decode.cpp knows what to say when the text is something else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/sha256.hpp"

namespace colony::daemon {

/// A Linux interface name: 1 to 15 characters, no blank, no '/' (dev_valid_name in the kernel).
class InterfaceName {
 public:
  InterfaceName() = default;
  [[nodiscard]] static std::optional<InterfaceName> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& to_string() const { return text_; }
  friend bool operator==(const InterfaceName&, const InterfaceName&) = default;

 private:
  std::string text_;
};

/// "10.1.1.5" or "10.1.1.5/24". Without a prefix the interface must already be in the address's network.
struct AddressSpec {
  core::Ipv4Address address;
  std::optional<std::uint8_t> prefix_length;

  [[nodiscard]] static std::optional<AddressSpec> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const AddressSpec&, const AddressSpec&) = default;
};

/// "ADDRESS:PORT" or "PORT" (all addresses).
struct ListenAddress {
  core::Ipv4Address address;
  std::uint16_t port = 0;

  [[nodiscard]] static std::optional<ListenAddress> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// "10.1.1.100-10.1.1.199", first not above last.
struct AddressRange {
  core::Ipv4Address first, last;

  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool contains(core::Ipv4Address address) const { return first <= address && address <= last; }
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// An absolute path; empty means "not given". No ".." so that what is written is what is opened.
class FilePath {
 public:
  FilePath() = default;
  [[nodiscard]] static std::optional<FilePath> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& to_string() const { return text_; }
  friend bool operator==(const FilePath&, const FilePath&) = default;

 private:
  std::string text_;
};

/// Where an artifact comes from: an absolute path, optionally with "#sha256=HEX", or an http(s) URL, which
/// needs it: what comes over a network is known by its digest or not used.
struct ArtifactSource {
  std::string location;  // empty: not given
  std::optional<core::Sha256Digest> digest;

  [[nodiscard]] static std::optional<ArtifactSource> parse(std::string_view text);
  [[nodiscard]] bool empty() const { return location.empty(); }
  [[nodiscard]] bool is_url() const { return location.starts_with("http"); }
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const ArtifactSource&, const ArtifactSource&) = default;
};

/// The hosted side's base URL: https, or http to a private or loopback address (a key never crosses the
/// internet in clear). No user, query or fragment; kept without a trailing '/'.
class ApiUrl {
 public:
  ApiUrl() = default;
  [[nodiscard]] static std::optional<ApiUrl> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& to_string() const { return text_; }
  friend bool operator==(const ApiUrl&, const ApiUrl&) = default;

 private:
  std::string text_;
};

/// "10%".
struct Percent {
  std::uint8_t value = 0;  // 1..100

  [[nodiscard]] static std::optional<Percent> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const Percent&, const Percent&) = default;
};

/// Ids, versions, image references: printable ASCII without blanks, quotes or control bytes, at most 255.
class Word {
 public:
  Word() = default;
  [[nodiscard]] static std::optional<Word> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& to_string() const { return text_; }
  friend bool operator==(const Word&, const Word&) = default;

 private:
  std::string text_;
};

/// RFC 1123 label or dotted name, lower case.
class HostName {
 public:
  HostName() = default;
  [[nodiscard]] static std::optional<HostName> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& to_string() const { return text_; }
  friend bool operator==(const HostName&, const HostName&) = default;

 private:
  std::string text_;
};

/// A Talos release, "v1.13.9".
class TalosVersion {
 public:
  TalosVersion() = default;
  [[nodiscard]] static std::optional<TalosVersion> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& to_string() const { return text_; }
  friend bool operator==(const TalosVersion&, const TalosVersion&) = default;

 private:
  std::string text_ = "v1.13.9";
};

}  // namespace colony::daemon
