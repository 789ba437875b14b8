#pragma once
// HTTPS to the hosted side: libcurl's multi interface on the logic loop. Certificates are verified (system
// authorities or `ca_file`), redirects are not followed, answers are bounded in size and time. The key stands
// in a Secret and, during a call, in curl's header list, which is wiped after it. Verbose output stays off:
// it would show the key. A proxy is taken from the environment (https_proxy, NO_PROXY); its password is never
// in an error's words.

#include <functional>
#include <memory>
#include <string>

#include "core/async/timers.hpp"
#include "core/secret.hpp"
#include "daemon/hosted/hosted_exchange.hpp"
#include "daemon/hosted/key_pair.hpp"

namespace colony::daemon::hosted {

class CurlEngine;

struct CurlOptions {
  std::string url;      // "https://host[:port][/api/v1]"
  std::string ca_file;  // PEM; empty: the system's
  std::string user_agent = "colonyd";
  /// Where the key comes from; asked at the start and by take_up_new_key().
  std::function<core::Result<core::Secret>()> read_key;
};

class CurlExchange final : public HostedExchange {
 public:
  /// Errors of read_key; hosted.ca_file when it cannot be read.
  [[nodiscard]] static core::Result<std::unique_ptr<CurlExchange>> open(core::Timers& timers,
                                                                        CurlOptions options);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;
  /// No exchange may be under way.
  ~CurlExchange() override;

  /// Errors: those of name_fault (curl_fault.hpp).
  [[nodiscard]] core::Task<core::Result<core::http::ClientResponse>> exchange(
      core::http::ClientRequest request, core::BootTime deadline) override;
  [[nodiscard]] bool take_up_new_key() override;
  void settle_key() override { keys_.settle(); }
  [[nodiscard]] bool go_back_to_old_key() override { return keys_.go_back(); }
  void ask_for_key_again() override { keys_.ask_again(); }
  [[nodiscard]] KeyIdentity key() const override { return KeyIdentity::of(keys_.current()); }
  [[nodiscard]] std::optional<core::Error> key_fault() const override { return key_fault_; }

 private:
  CurlExchange(core::Timers& timers, CurlOptions options, core::Secret key);

  core::Timers& timers_;
  CurlOptions options_;
  std::string base_;  // ends in /api/v1
  KeyPair keys_;
  std::optional<core::Error> key_fault_;
  std::shared_ptr<CurlEngine> engine_;
};

}  // namespace colony::daemon::hosted
