#pragma once
// What the hosted side and we say to each other, as values: docs/wire/hosted.md. Everything received is
// bounded and lenient in what it ignores, strict in what it acts on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "daemon/store/operation_row.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::daemon::hosted {

/// Something the hosted side wants done.
struct Operation {
  std::string id;  // 1..128 visible ASCII characters
  core::Generation generation{1};
  std::uint64_t seq = 0;  // at most 2^53 - 1: the greatest number that every JSON reader keeps exact
  std::string type;
  std::string target;
  std::string body_json;  // an object, at most 1 MiB
};

struct OperationList {
  std::vector<Operation> operations;    // by seq, each seq once
  std::uint64_t last_seq = 0;           // the highest one of a usable entry, or the one asked with
  unsigned unusable = 0;                // entries without id, seq or type
  std::optional<std::uint64_t> newest;  // the highest seq that exists over there, if it says so
};

/// Errors: hosted.answer (kind corrupt).
[[nodiscard]] core::Result<OperationList> decode_operations(std::string_view body, std::uint64_t after);
/// The documented list of workflows, for a hosted side without our agent part: pending ones that name an
/// asset.
[[nodiscard]] core::Result<std::vector<Operation>> decode_pending_workflows(std::string_view body);
/// `{"acked_seq":N}`. Errors: hosted.answer.
[[nodiscard]] core::Result<core::EventSeq> decode_acknowledgement(std::string_view body);
/// The agent's id in `{"data":{"id"}}`, `{"id"}` or `{"agent_id"}`: of a 201 or a 409.
[[nodiscard]] std::optional<std::string> decode_agent_id(std::string_view body);

/// `{"error","code","details"}`; whatever is missing stays empty. Texts are printable and short.
struct ApiError {
  std::string code, error, details;
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] ApiError decode_error(std::string_view body);

[[nodiscard]] std::string encode_registration(std::string_view datacenter_id);
[[nodiscard]] std::string encode_heartbeat(const core::Json& state);
/// Where a post of events stands.
struct OutboxPlace {
  std::string history;  // names the database: what another one numbered means something else
  core::Epoch epoch;
  core::EventSeq epoch_first;  // the epoch's first number; those before it are of the database it began with
  core::EventSeq oldest;       // the oldest number that can still be sent
  core::EventSeq sent;         // everything up to here was sent
};
struct EventsPost {
  std::string idempotency_key;  // the same for the same events, whoever sends them again
  std::string body;
  core::EventSeq last;
};
/// `events` are consecutive, and begin behind `place.sent`; none: a post that only asks how far the other
/// side is.
[[nodiscard]] EventsPost encode_events(std::string_view agent_id, const OutboxPlace& place,
                                       const std::vector<workflows::StoredEvent>& events,
                                       const std::vector<workflows::WorkflowRow>& snapshot);
[[nodiscard]] std::string encode_assets(const std::vector<store::StoredAsset>& assets);

/// What became of an operation, as an event for the outbox.
[[nodiscard]] workflows::Event operation_event(const store::OperationRow& row, core::UtcTime at);

}  // namespace colony::daemon::hosted
