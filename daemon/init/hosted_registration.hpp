#pragma once
// The two calls that `colony init` makes to the hosted API: register the datacenter's agent, or show that a
// known one is accepted with this key. Everything else is daemon/hosted's.

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "daemon/config/values.hpp"

namespace colony::daemon {

struct HostedAccess {
  ApiUrl url;
  FilePath ca_file;  // empty: the system's authorities
  const core::Secret& key;
};

struct Registered {
  Word agent_id;
  bool created = false;  // false: the datacenter had this agent already (409)
};

class HostedRegistration {
 public:
  virtual ~HostedRegistration() = default;
  // Errors: those of hosted/curl_fault.hpp on the way there; hosted.unauthorized (kind unauthorized),
  // hosted.rate_limited (exhausted), hosted.refused, hosted.server, hosted.answer (refused),
  // hosted.agent_exists (conflict: 409 without an id in its body).

  /// POST /api/v1/agents.
  [[nodiscard]] virtual core::Result<Registered> register_agent(const HostedAccess& access,
                                                                const Word& datacenter) = 0;
  /// PATCH /api/v1/agents/{id}/heartbeat; false when the hosted side does not know this agent (404).
  [[nodiscard]] virtual core::Result<bool> greet(const HostedAccess& access, const Word& agent) = 0;
  /// The same for an agent at work: its state over there stays "running". Without an agent GET
  /// /api/v1/assets, which any good key may.
  [[nodiscard]] virtual core::Result<bool> prove(const HostedAccess& access, const Word& agent) = 0;
};

/// One HTTP answer as far as it matters here.
struct HostedAnswer {
  long status = 0;
  std::string body;         // at most 64 KiB
  std::string retry_after;  // the header's value
};

// Pure: answer to meaning.
[[nodiscard]] core::Result<Registered> read_registration(const HostedAnswer& answer, const Word& datacenter);
[[nodiscard]] core::Result<bool> read_greeting(const HostedAnswer& answer);

/// libcurl, blocking, TLS verified, no redirects, at most 30 s a call.
class CurlRegistration final : public HostedRegistration {
 public:
  [[nodiscard]] core::Result<Registered> register_agent(const HostedAccess& access,
                                                        const Word& datacenter) override;
  [[nodiscard]] core::Result<bool> greet(const HostedAccess& access, const Word& agent) override;
  [[nodiscard]] core::Result<bool> prove(const HostedAccess& access, const Word& agent) override;
};

}  // namespace colony::daemon
