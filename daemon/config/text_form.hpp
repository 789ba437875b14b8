#pragma once
// Text to value and back for everything that stands behind a key, and the words for what is accepted there.

#include <array>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "daemon/config/config.hpp"

namespace colony::daemon {

template <class T>
struct Named {
  T value;
  std::string_view name;
};

/// The words of an enumeration, in the order in which people are told of them.
template <class T>
inline constexpr std::array<Named<T>, 0> words{};
template <>
inline constexpr Named<bool> words<bool>[] = {{true, "true"}, {false, "false"}};
template <>
inline constexpr Named<DhcpMode> words<DhcpMode>[] = {
    {DhcpMode::proxy, "proxy"}, {DhcpMode::server, "server"}, {DhcpMode::off, "off"}};
template <>
inline constexpr Named<DiscoverMode> words<DiscoverMode>[] = {
    {DiscoverMode::window, "window"}, {DiscoverMode::always, "always"}, {DiscoverMode::never, "never"}};
template <>
inline constexpr Named<TftpServer> words<TftpServer>[] = {{TftpServer::builtin, "builtin"},
                                                          {TftpServer::tftpd_hpa, "tftpd-hpa"}};
template <>
inline constexpr Named<TftpClients> words<TftpClients>[] = {{TftpClients::known, "known"},
                                                            {TftpClients::subnet, "subnet"}};
template <>
inline constexpr Named<BmcDriver> words<BmcDriver>[] = {{BmcDriver::native, "native"},
                                                        {BmcDriver::ipmitool, "ipmitool"}};
template <>
inline constexpr Named<BmcResetPolicy> words<BmcResetPolicy>[] = {
    {BmcResetPolicy::never, "never"}, {BmcResetPolicy::last_resort, "last-resort"}};
template <>
inline constexpr Named<CipherSuite> words<CipherSuite>[] = {{CipherSuite::hmac_sha256_aes, "17"},
                                                            {CipherSuite::hmac_sha1_aes, "3"}};
template <>
inline constexpr Named<WipeMinimum> words<WipeMinimum>[] = {{WipeMinimum::clear, "clear"},
                                                            {WipeMinimum::purge, "purge"}};
template <>
inline constexpr Named<HostedOrder> words<HostedOrder>[] = {{HostedOrder::discover, "discover"},
                                                            {HostedOrder::provision, "provision"},
                                                            {HostedOrder::wipe, "wipe"},
                                                            {HostedOrder::power, "power"}};
template <>
inline constexpr Named<core::LogLevel> words<core::LogLevel>[] = {{core::LogLevel::debug, "debug"},
                                                                  {core::LogLevel::info, "info"},
                                                                  {core::LogLevel::warn, "warn"},
                                                                  {core::LogLevel::error, "error"}};
template <>
inline constexpr Named<core::LogFormat> words<core::LogFormat>[] = {
    {core::LogFormat::text, "text"}, {core::LogFormat::json, "json"}, {core::LogFormat::journal, "journal"}};

/// What is accepted, for whoever wrote something else. Enumerations: their words, and this behind them.
template <class T>
inline constexpr std::string_view accepted_form = "";
template <>
inline constexpr std::string_view accepted_form<CipherSuite> = " (0, 1 and 2 are unsafe)";
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
inline constexpr bool has_words = std::is_enum_v<T> || std::same_as<T, bool>;

/// "proxy, server or off"; "A.B.C.D/PREFIX".
template <class T>
[[nodiscard]] std::string what_is_accepted() {
  std::string text;
  if constexpr (has_words<T>) {
    std::size_t left = std::size(words<T>);
    for (const auto& word : words<T>) {
      text += word.name;
      if (--left > 0) text += left == 1 ? " or " : ", ";
    }
  }
  return text.append(accepted_form<T>);
}

template <class T>
[[nodiscard]] std::optional<T> from_text(std::string_view text) {
  if constexpr (has_words<T>) {
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
  if constexpr (has_words<T>) {
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
