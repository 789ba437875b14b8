#pragma once
// Text to value and back for everything that stands behind a key, and the words for what is accepted there.

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "daemon/config/config.hpp"

namespace colony::daemon {

/// What to tell an operator who wrote something else.
template <class T>
inline constexpr std::string_view accepted_form = "";

/// The words of an enumeration.
template <class T>
inline constexpr std::array<std::pair<T, std::string_view>, 0> words{};

template <>
inline constexpr auto words<bool> = std::to_array<std::pair<bool, std::string_view>>({
    {true, "true"},
    {false, "false"},
});
template <>
inline constexpr std::string_view accepted_form<bool> = "true or false";

template <>
inline constexpr auto words<DhcpMode> = std::to_array<std::pair<DhcpMode, std::string_view>>({
    {DhcpMode::proxy, "proxy"},
    {DhcpMode::server, "server"},
    {DhcpMode::off, "off"},
});
template <>
inline constexpr std::string_view accepted_form<DhcpMode> = "proxy, server or off";

template <>
inline constexpr auto words<DiscoverMode> = std::to_array<std::pair<DiscoverMode, std::string_view>>({
    {DiscoverMode::window, "window"},
    {DiscoverMode::always, "always"},
    {DiscoverMode::never, "never"},
});
template <>
inline constexpr std::string_view accepted_form<DiscoverMode> = "window, always or never";

template <>
inline constexpr auto words<TftpServer> = std::to_array<std::pair<TftpServer, std::string_view>>({
    {TftpServer::builtin, "builtin"},
    {TftpServer::tftpd_hpa, "tftpd-hpa"},
});
template <>
inline constexpr std::string_view accepted_form<TftpServer> = "builtin or tftpd-hpa";

template <>
inline constexpr auto words<TftpClients> = std::to_array<std::pair<TftpClients, std::string_view>>({
    {TftpClients::known, "known"},
    {TftpClients::subnet, "subnet"},
});
template <>
inline constexpr std::string_view accepted_form<TftpClients> = "known or subnet";

template <>
inline constexpr auto words<BmcDriver> = std::to_array<std::pair<BmcDriver, std::string_view>>({
    {BmcDriver::native, "native"},
    {BmcDriver::ipmitool, "ipmitool"},
});
template <>
inline constexpr std::string_view accepted_form<BmcDriver> = "native or ipmitool";

template <>
inline constexpr auto words<CipherSuite> = std::to_array<std::pair<CipherSuite, std::string_view>>({
    {CipherSuite::hmac_sha256_aes, "17"},
    {CipherSuite::hmac_sha1_aes, "3"},
});
template <>
inline constexpr std::string_view accepted_form<CipherSuite> = "17 or 3 (0, 1 and 2 are unsafe)";

template <>
inline constexpr auto words<WipeMinimum> = std::to_array<std::pair<WipeMinimum, std::string_view>>({
    {WipeMinimum::clear, "clear"},
    {WipeMinimum::purge, "purge"},
});
template <>
inline constexpr std::string_view accepted_form<WipeMinimum> = "clear or purge";

template <>
inline constexpr auto words<core::LogLevel> = std::to_array<std::pair<core::LogLevel, std::string_view>>({
    {core::LogLevel::debug, "debug"},
    {core::LogLevel::info, "info"},
    {core::LogLevel::warn, "warn"},
    {core::LogLevel::error, "error"},
});
template <>
inline constexpr std::string_view accepted_form<core::LogLevel> = "debug, info, warn or error";

template <>
inline constexpr auto words<core::LogFormat> = std::to_array<std::pair<core::LogFormat, std::string_view>>({
    {core::LogFormat::text, "text"},
    {core::LogFormat::json, "json"},
    {core::LogFormat::journal, "journal"},
});
template <>
inline constexpr std::string_view accepted_form<core::LogFormat> = "text, json or journal";

template <>
inline constexpr std::string_view accepted_form<InterfaceName> =
    "an interface name as in `ip link`, at most 15 characters";
template <>
inline constexpr std::string_view accepted_form<AddressSpec> = "A.B.C.D/PREFIX, or A.B.C.D";
template <>
inline constexpr std::string_view accepted_form<ListenAddress> = "ADDRESS:PORT, or empty";
template <>
inline constexpr std::string_view accepted_form<AddressRange> = "FIRST-LAST, first not above last";
template <>
inline constexpr std::string_view accepted_form<FilePath> = "an absolute path without '..', or empty";
template <>
inline constexpr std::string_view accepted_form<ArtifactSource> =
    "an absolute path, or an http(s) URL followed by #sha256= and 64 hex digits, or empty";
template <>
inline constexpr std::string_view accepted_form<ApiUrl> =
    "https://HOST[:PORT][/PATH] (http only to localhost or a private address)";
template <>
inline constexpr std::string_view accepted_form<Percent> = "1% to 100%";
template <>
inline constexpr std::string_view accepted_form<Word> = "one word without blanks or quotes, at most 255 long";
template <>
inline constexpr std::string_view accepted_form<HostName> = "a host name: lower case, digits, hyphens, dots";
template <>
inline constexpr std::string_view accepted_form<TalosVersion> = "a release such as v1.13.9";
template <>
inline constexpr std::string_view accepted_form<core::Ipv4Address> = "A.B.C.D";
template <>
inline constexpr std::string_view accepted_form<core::Ipv4Network> = "A.B.C.D/PREFIX";
template <>
inline constexpr std::string_view accepted_form<core::MacAddress> = "aa:bb:cc:dd:ee:ff";

template <class T>
[[nodiscard]] std::optional<T> from_text(std::string_view text) {
  if constexpr (std::is_enum_v<T> || std::same_as<T, bool>) {
    for (const auto& [value, name] : words<T>) {
      if (name == text) return value;
    }
    return std::nullopt;
  } else if constexpr (std::same_as<T, core::Ipv4Address>) {
    if (text.empty()) return T{};  // none
    const auto address = T::parse(text);
    return address && !address->is_unspecified() ? address : std::nullopt;
  } else {
    return T::parse(text);
  }
}

template <class T>
[[nodiscard]] std::string to_text(const T& value) {
  if constexpr (std::is_enum_v<T> || std::same_as<T, bool>) {
    for (const auto& [known, name] : words<T>) {
      if (known == value) return std::string(name);
    }
    return "";
  } else if constexpr (std::same_as<T, core::Ipv4Address>) {
    return value.is_unspecified() ? "" : value.to_string();
  } else {
    return value.to_string();
  }
}

/// "90s", "200ms", "1h": the largest unit that divides it, so that parse_duration reads it back exactly.
[[nodiscard]] std::string duration_text(core::Duration duration);

}  // namespace colony::daemon
