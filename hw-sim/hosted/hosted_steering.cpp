// Not of the API: how tests and people steer the stand-in.

#include "hw-sim/hosted/hosted_call.hpp"

namespace colony::hw_sim {

using core::Json;
using core::http::Status;

HostedReply HostedModel::simulate_order(const Call& call) {
  const auto type = core::json_text(call.body, "type", 64);
  const auto target = core::json_text(call.body, "target", 128);
  if (!type || !target) return bad_request("want type, target and body");
  const Json* const body = core::json_member(call.body, "body");
  const auto datacenter = core::json_text(call.body, "datacenter_id", 128).value_or("");
  return json_reply(Status::ok,
                    Json{{"id", order(*type, *target, body == nullptr ? Json() : *body, datacenter)}});
}

HostedReply HostedModel::simulate_fault(const Call& call) {
  const auto fault = parse_hosted_fault(core::json_text(call.body, "fault").value_or(""));
  if (!fault) return bad_request("want {\"fault\":\"AT:KIND:TIMES\"}");
  faults_.add(*fault);
  return empty_reply();
}

HostedReply HostedModel::simulate_key(const Call& call) {
  const auto key = core::json_text(call.body, "key");
  if (!key) return bad_request("want {\"key\":\"...\"}");
  if (core::json_bool(call.body, "beside").value_or(false)) {
    add_key(*key);
  } else {
    set_key(*key);
  }
  return empty_reply();
}

HostedReply HostedModel::simulate_state(const Call& /*call*/) {
  return json_reply(Status::ok, *state_);
}

}  // namespace colony::hw_sim
