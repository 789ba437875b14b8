#pragma once
// How a workflow is written down: a recipe is an ordered list of named steps. A step first observes, then
// acts, then waits for evidence, and says what comes next. It may be entered again after a crash at any of
// its awaits.

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/json.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::workflows {

class StepContext;

/// The next step of the list; after the last one the workflow is completed.
struct Next {};
struct GoTo {
  std::string_view step;
};
/// The same step again, after a pause; counts against the step's tries and its time.
struct Again {
  core::Duration after;
  core::Error because;
};
struct Failed {
  core::Error error;
};
using StepOutcome = std::variant<Next, GoTo, Again, Failed>;

enum class Destructive : std::uint8_t { no, yes };

struct Step {
  std::string_view name;
  core::Duration allowed{};  // from its journaled start
  core::Duration usual{};    // what people are told
  unsigned tries = 10;       // Again at most this often less one
  Destructive destructive = Destructive::no;
  std::string_view waits_for{};  // in words: "the machine to ask for a boot program"
  std::string_view advice{};     // what a person does when it takes too long
  core::Task<StepOutcome> (*run)(StepContext&) = nullptr;
};

enum class Ending : std::uint8_t { completed, failed };

struct Recipe {
  std::string_view type;         // WorkflowRow::type
  unsigned version = 1;          // of the list of steps; a journaled one that is unknown is held
  unsigned context_version = 1;  // of what the steps keep
  std::vector<Step> steps;
  /// Entered once after a failure, before the workflow ends; empty = none. The error is journaled by then.
  std::string_view after_failure;
  /// Nothing of it touches the machine itself: giving it up in the middle leaves no doubt about the asset.
  bool bystander = false;
  /// Asked when the workflow's turn comes: what was true when it was ordered may no longer be. With an error
  /// it ends as failed and nothing is touched.
  core::Result<> (*may_begin)(const AssetRow&) = nullptr;
  /// What the beginning and the end do to the asset: pure, part of the same transaction.
  void (*begin)(const WorkflowRow&, AssetRow&) = nullptr;
  void (*settle)(const WorkflowRow&, const core::Json& data, Ending, AssetRow&) = nullptr;

  [[nodiscard]] const Step* find(std::string_view step) const;
  [[nodiscard]] std::size_t number(const Step& step) const;  // from 1
  /// Without those that stand behind the last ordinary one, for failures only.
  [[nodiscard]] std::size_t ordinary_steps() const;
};

}  // namespace colony::workflows
